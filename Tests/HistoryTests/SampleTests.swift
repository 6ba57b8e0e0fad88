import Foundation
import History
import LabCore
import Testing

@Suite struct SampleTests {
    @Test func aStoredSampleIsFoundAgainBitForBitAfterReopening() throws {
        let directory = try TemporaryDirectory()
        let score = ChunkScore(nllSumNats: 0.1 + 0.2, tokenCount: 255)
        try History(at: directory.history)
            .store(score, conditions: conditions(), sample: sample(1), runID: "run")

        let key = conditions().key(sample: sample(1))
        let found = try History(at: directory.history).samples(for: [key])

        #expect(found == [key: score])
    }

    @Test func onlyKnownKeysAreReturned() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.store(
            ChunkScore(nllSumNats: 1, tokenCount: 1), conditions: conditions(), sample: sample(1), runID: "run")

        let otherArtifact = conditions("candidate").key(sample: sample(1))
        let otherEvaluator = conditions(evaluator: "perplexity/2").key(sample: sample(1))
        let otherSample = conditions().key(sample: sample(2))

        #expect(try history.samples(for: [otherArtifact, otherEvaluator, otherSample]).isEmpty)
        #expect(try history.samples(for: []).isEmpty)
    }

    @Test func theFirstResultOfAKeyStays() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for sum in [1.0, 2.0] {
            try history.store(
                ChunkScore(nllSumNats: sum, tokenCount: 1), conditions: conditions(), sample: sample(1), runID: "run")
        }
        #expect(try history.samples(for: [conditions().key(sample: sample(1))]).values.map(\.nllSumNats) == [1])
    }

    @Test func moreKeysThanOneQueryHoldsAreAllFound() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let count = 601
        for index in 0..<count {
            try history.store(
                ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions(), sample: sample(index),
                runID: "run")
        }
        let keys = (0..<count).map { conditions().key(sample: sample($0)) }

        let found = try history.samples(for: keys + keys)

        #expect(keys.map { found[$0]?.nllSumNats } == (0..<count).map { Double($0) })
    }

    @Test(arguments: [
        ChunkScore(nllSumNats: .nan, tokenCount: 255), ChunkScore(nllSumNats: .infinity, tokenCount: 255),
        ChunkScore(nllSumNats: 1, tokenCount: 0), ChunkScore(nllSumNats: 1, tokenCount: -1),
    ])
    func anUnusableResultIsRefused(score: ChunkScore) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let error = #expect(throws: HistoryError.self) {
            try history.store(score, conditions: conditions(), sample: sample(1), runID: "run")
        }
        #expect(error?.code == .invalidValue)
        #expect(try history.samples(for: [conditions().key(sample: sample(1))]).isEmpty)
    }
}
