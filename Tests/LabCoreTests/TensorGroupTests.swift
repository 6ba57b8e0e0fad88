import LabCore
import Testing

@Suite struct TensorGroupTests {
    private func tensor(_ name: String, _ type: String = "Q4_K") -> TensorGroup.Tensor {
        .init(name: name, type: type, elements: 256, bytes: type == "Q4_K" ? 144 : 210)
    }

    @Test func partsOfBlocksAreOneGroupForEachType() {
        let groups = TensorGroup.groups(of: [
            tensor("token_embd.weight", "Q6_K"), tensor("blk.1.attn_v.weight", "Q6_K"), tensor("blk.0.attn_v.weight"),
            tensor("blk.10.attn_v.weight", "Q6_K"), tensor("blk.2.attn_v.weight"),
        ])
        #expect(groups.map(\.name) == ["token_embd.weight", "attn_v.weight", "attn_v.weight"])
        #expect(groups.map(\.type) == ["Q6_K", "Q6_K", "Q4_K"])
        #expect(groups.map(\.blocks) == [[], [1, 10], [0, 2]])
        // By hand: 8 x 144 / 256 and 8 x 210 / 256.
        #expect(groups.map(\.bitsPerWeight) == [6.5625, 6.5625, 4.5])
        #expect(groups.map(\.count) == [1, 2, 2])
    }

    @Test(arguments: [
        ("model.layers.3.self_attn.q_proj.weight", "self_attn.q_proj.weight", [3]),
        ("enc.blk.0.attn_q.weight", "enc.blk.*.attn_q.weight", [0]),
        ("output.weight", "output.weight", []), ("7.weight", "7.weight", []), ("rope.0", "rope.0", []),
        ("a.-1.weight", "a.-1.weight", []), ("", "", []), ("..", "..", []),
    ])
    func namesAreSplitAtTheBlock(name: String, part: String, blocks: [Int]) {
        let groups = TensorGroup.groups(of: [tensor(name)])
        #expect(groups.map(\.name) == [part])
        #expect(groups.map(\.blocks) == [blocks])
    }

    @Test func twoTensorsOfOneNameOutsideOfBlocksStayTwo() {
        #expect(TensorGroup.groups(of: [tensor("output.weight"), tensor("output.weight")]).count == 2)
    }

    @Test func noWeightsGiveNoBits() {
        #expect(TensorGroup(name: "a", type: "F32", elements: 0, bytes: 0, blocks: []).bitsPerWeight == 0)
    }
}
