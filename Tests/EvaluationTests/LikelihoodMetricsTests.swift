import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Perplexity evaluation")
struct PerplexityResultTests {
    private func result(increasePerChunk: Double, chunks: Int, isWhole: Bool) throws -> PerplexityResult {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let plan = try #require(try Suite(at: root.appendingPathComponent("suites/balanced")).evaluations.first)
        let pairs = (0..<chunks).map { index in
            let parent = 500.0 + Double(index % 3)
            return PerplexityResult.Chunk(
                index: index, sample: Digest(of: "\(index)"), parent: ChunkScore(nllSumNats: parent, tokenCount: 255),
                candidate: ChunkScore(
                    nllSumNats: parent + 255 * increasePerChunk + Double(index % 2), tokenCount: 255))
        }
        return PerplexityResult(plan: plan, backend: "cpu", chunks: pairs, isWholeCorpus: isWhole)
    }

    @Test("a small increase passes the gate and a large one fails it")
    func gates() throws {
        #expect(
            try result(increasePerChunk: 0.01, chunks: 8, isWhole: true).verdicts(artifact: "a").map(\.status) == [
                .pass
            ])
        #expect(
            try result(increasePerChunk: 0.2, chunks: 8, isWhole: true).verdicts(artifact: "a").map(\.status) == [.fail]
        )
        #expect(
            try result(increasePerChunk: 0.2, chunks: 1, isWhole: false).verdicts(artifact: "a").map(\.status)
                == [.inconclusive])
    }

    @Test("parent and candidate are measured on the same chunks")
    func measurements() throws {
        let result = try result(increasePerChunk: 0.01, chunks: 8, isWhole: true)
        let parent = try #require(result.parentMeasurement(artifact: "p", cached: true))
        // By hand: NLL sums 500, 501, 502 repeating over 8 chunks give 4007 nats over 8 x 255 tokens.
        #expect(abs(parent.value - exp(4007.0 / 2040)) < 1e-9)
        #expect(parent.cached)
        let names = result.candidateMeasurements(artifact: "c", cached: false).map(\.metric)
        #expect(names == ["perplexity", "perplexity_increase"])
        #expect(result.series(artifact: "c").points.count == 8)
    }
}
