import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Evaluations that compare backends")
struct ConsistencyTests {
    private static let valid = """
        version: 1
        name: example
        summary: An example.
        model: ../model
        recipe: Q4_K_M
        backends:
          - name: cpu
          - name: mlx
            optional: true
            recipe: 4bit
        evaluations:
          - name: predictions
            evaluator: consistency
            dataset:
              name: text
              path: text.txt
            gates:
              - metric: kl_mean
                below: 0.001
                unit: nats_per_token
                between: backends
              - metric: windows_tokenized_differently
                below: 1
                unit: windows
        """

    @Test("a gate holds for the comparison that it names, and for all where it names none")
    func gates() throws {
        let suite = try readSuite(Self.valid)
        let gates = try #require(suite.evaluations.first?.consistencyGates)
        #expect(gates.map { $0.holds(for: .backends) } == [true, true])
        #expect(gates.map { $0.holds(for: .formats) } == [false, true])
        #expect(suite.evaluations[0].gates == gates.map(\.threshold))
        #expect(suite.backends.map(\.recipe) == [nil, "4bit"])
    }

    @Test(
        "what a suite cannot mean is refused with its line",
        arguments: [
            ("between: backends", "between: machines", "there is no comparison 'machines'"),
            ("    recipe: 4bit", "    recipe: 4bits", "there is no MLX recipe '4bits'"),
            ("    recipe: 4bit\n", "", "recipe"),
            ("- name: cpu", "- name: cpu\n    recipe: 4bit", "only mlx has a recipe of its own"),
            ("evaluator: consistency", "evaluator: fidelity", "unknown key 'between'"),
        ])
    func refused(part: String, change: String, reason: String) throws {
        #expect(Self.valid.contains(part))
        let text = Self.valid.replacingOccurrences(of: part, with: change)
        let error = try #require(throws: SuiteError.self) { try readSuite(text) }
        #expect("\(error)".contains(reason), "\(error)")
        #expect("\(error)".contains("suite.yaml"))
    }

    @Test("the largest difference of logits is the largest of all windows, and a floor is the same by another name")
    func metrics() throws {
        func chunk(_ difference: Float) throws -> ChunkDivergence {
            let score = ChunkScore(nllSumNats: 3, tokenCount: 2)
            return ChunkDivergence(
                candidate: score, parent: score, klNats: [0.1, 0.3], klSumVariance: 0,
                logitDifferenceMaxNats: difference, agreements: 1, onlyParentRight: 0, onlyCandidateRight: 0,
                worst: [])
        }
        let chunks = try [chunk(0.5), chunk(2), chunk(0.25)]
        #expect(LogitDifferenceMetric().estimate(chunks, level: 0.95)?.value == 2)
        #expect(LogitDifferenceMetric().estimate([], level: 0.95) == nil)
        let floor = RenamedMetric(KLMeanMetric(), as: .floorKLMean)
        #expect(floor.definition.name == "floor_kl_mean")
        let mean = try #require(floor.estimate(chunks, level: 0.95)?.value)
        #expect(abs(mean - 0.2) < 1e-7)
    }

    @Test("a prompt whose text differs is the template's fault, one whose tokens alone differ the tokenizer's")
    func prompts() {
        let text = GeneratedText(text: "a", tokens: [1], finish: .stop, answer: "a")
        let same = TextComparison(parent: text, candidate: text)
        let scores = [(true, true), (true, false), (false, false)].map {
            TextConsistencyScore(isRenderedAlike: $0, isTokenizedAlike: $1, comparison: same)
        }
        let values = Dictionary(
            uniqueKeysWithValues: TextConsistencyScore.metrics.map {
                ($0.definition.name, $0.estimate(scores, level: 0.95)?.value)
            })
        #expect(values["prompts_rendered_differently"] == 1)
        #expect(values["prompts_tokenized_differently"] == 1)
        #expect(values["text_similarity"] == 100)
    }
}
