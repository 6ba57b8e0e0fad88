import Foundation
import LabCore
import Reports
import Testing

@Suite struct TensorMapTests {
    @Test func theSharesOfTheTypesAreThoseOfTheWeights() throws {
        // By hand: a block holds 15,729,664 weights, 3,145,728 + 1,048,576 of them in Q6_K in 3 + 4 + 7 of 28 blocks
        // (the first three, the last four, and 5, 8, ... 23); the embedding has 155,582,464 in Q6_K.
        let groups = tensorGroups()
        #expect(
            groups.filter { $0.name == "attn_v.weight" }.map(\.blocks) == [
                [0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27],
                [3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22],
            ])
        let html = try HTMLReport.render(generationRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        // 381,681,664 of 596,013,056 weights are Q4_K, 214,302,720 Q6_K, 29,696 F32.
        #expect(html.contains("Q4_K (4.50 bits) for 64 % of the weights"))
        #expect(html.contains("Q6_K (6.56 bits) for 36 % of the weights"))
        #expect(html.contains("F32 (32.00 bits) for &lt; 0.1 % of the weights"))
        #expect(
            html.contains("Q6_K in blocks 0 to 2, 5, 8, 11, 14, 17, 20, 23 to 27; Q4_K in blocks 3, 4, 6, 7, 9, 10"))
    }

    @Test func theMapHasACellForEachBlockAndPartAndItsTableNamesTheRest() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(generationRun())))
        let cells = outline.all("path").filter { $0.attributes["class"] == "cell" }
        // Two types are drawn, wide and narrow; norms are not.
        #expect(cells.count == 4)
        let wide = cells.prefix(2).map { $0.attributes["d"]?.split(separator: "z").count ?? 0 }
        #expect(wide == [5 * 28 + 2 * 14, 1 + 2 * 14])
        let names = outline.all("bdi").map(\.text)
        for name in ["attn_norm.weight", "output_norm.weight", "ffn_down.weight"] { #expect(names.contains(name)) }
    }

    @Test(arguments: [
        [], [TensorGroup(name: "empty", type: "F32", elements: 0, bytes: 0, blocks: [])],
        [TensorGroup(name: "one", type: "F32", elements: 4, bytes: 16, blocks: [])],
        [TensorGroup(name: "far", type: "F32", elements: 4, bytes: 16, blocks: [0, 1_000_000])],
        (0..<5000).map { TensorGroup(name: "part \($0)", type: "T\($0)", elements: 4, bytes: 16, blocks: [$0]) },
        tensorGroups(blocks: 1), tensorGroups(blocks: 128),
    ])
    func anyArtifactCanBeDrawn(groups: [TensorGroup]) throws {
        var run = sampleRun()
        run.artifacts[1].tensors = groups
        let html = try HTMLReport.render(run)
        #expect(XMLOutline(html) != nil)
        #expect(html.utf8.count < 300_000)
    }
}
