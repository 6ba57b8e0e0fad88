import Foundation
import History
import LabCore
import Testing

@Suite struct OutputTests {
    private struct Output: Codable, Equatable {
        var values: [Double]
    }

    @Test func aStoredOutputIsFoundUnderItsOwnAndItsParentsKey() throws {
        let directory = try TemporaryDirectory()
        let output = Output(values: [0.1 + 0.2, 1e-300])
        let parent = sample(7)
        try History(at: directory.history).store(
            output: output, conditions: conditions(), sample: sample(1), parent: parent, runID: "run")

        let history = try History(at: directory.history)
        let key = conditions().key(sample: sample(1), parent: parent)
        let alone = conditions().key(sample: sample(1))
        #expect(try history.outputs(for: [key, alone], as: Output.self) == [key: output])
        #expect(try history.samples(for: [key]).isEmpty)
    }

    @Test func anOutputThatIsNotFiniteIsRefused() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let error = #expect(throws: HistoryError.self) {
            try history.store(
                output: Output(values: [.nan]), conditions: conditions(), sample: sample(1), parent: nil, runID: "run")
        }
        #expect(error?.code == .invalidValue)
    }

    @Test func anOutputOfAnotherShapeIsAsGoodAsNone() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.store(output: ["text"], conditions: conditions(), sample: sample(1), parent: nil, runID: "run")
        #expect(try history.outputs(for: [conditions().key(sample: sample(1))], as: Output.self).isEmpty)
    }

    @Test func conditionsOfAnArtifactAreListedNewestFirst() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let all = ["perplexity/1", "perplexity/2", "other/1"].map { conditions(evaluator: $0) }
        for each in all {
            try history.store(output: 1, conditions: each, sample: sample(1), parent: nil, runID: "run")
        }
        #expect(try history.conditions(of: all[0].artifact, evaluator: "perplexity") == [all[1], all[0]])
        #expect(try history.conditions(of: sample(99), evaluator: "perplexity").isEmpty)
    }
}
