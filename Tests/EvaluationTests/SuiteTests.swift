import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Suite files")
struct SuiteTests {
    private static let valid = """
        version: 1
        name: example
        summary: An example.
        model: ../model
        recipe: Q4_K_M
        backends:
          - name: cpu
          - name: cuda
            optional: true
        evaluations:
          - name: perplexity
            evaluator: perplexity
            dataset:
              name: text
              path: text.txt
            gates:
              - metric: perplexity_increase
                below: 5
                unit: percent
            regressions:
              - metric: perplexity
                relative_percent: 1
                absolute: 0.05
                unit: 1
        """

    @Test("a valid suite is read as it is written")
    func valid() throws {
        let suite = try readSuite(Self.valid)
        #expect(suite.name == "example")
        #expect(suite.model.lastPathComponent == "model")
        #expect(suite.backends.map(\.isOptional) == [false, true])
        let plan = try #require(suite.evaluations.first)
        #expect(plan.contextLength == 512)
        #expect(plan.gates == [Threshold(metric: .perplexityIncrease, limit: 5)])
        #expect(plan.dataset?.file.lastPathComponent == "text.txt")
        #expect(
            suite.tolerances == [
                RegressionTolerance(
                    evaluation: "perplexity", metric: "perplexity", relativePercent: 1, absolute: 0.05)
            ])
    }

    @Test(
        "what is wrong is named by line and key",
        arguments: [
            ("recipe: Q4_K_M", "recipee: Q4_K_M", 5, "recipee", "unknown key"),
            ("recipe: Q4_K_M", "recipe: Q4_K_X", 5, "recipe", "no recipe 'Q4_K_X'"),
            ("recipe: Q4_K_M", "recipe: 4bit", 5, "recipe", "no recipe '4bit'"),
            ("- name: cuda", "- name: cudda", 8, "backends[1].name", "no backend 'cudda'"),
            ("- name: cpu", "- name: CPU", 7, "backends[0].name", "no backend 'CPU'"),
            ("version: 1", "version: 2", 1, "version", "newer"),
            ("unit: percent", "unit: nats", 19, "evaluations[0].gates[0].unit", "percent"),
            ("below: 5", "above: 5", 18, "evaluations[0].gates[0].above", "limited with 'below'"),
            ("below: 5", "below: .nan", 18, "evaluations[0].gates[0].below", "number"),
            ("metric: perplexity_increase", "metric: beauty", 17, "evaluations[0].gates[0].metric", "unknown metric"),
            ("evaluator: perplexity", "evaluator: guess", 12, "evaluations[0].evaluator", "unknown evaluator"),
            ("optional: true", "optional: maybe", 9, "backends[1].optional", "true or false"),
            ("    optional: true", "    wanted: true", 9, "backends[1].wanted", "unknown key"),
            ("unit: 1", "unit: percent", 24, "evaluations[0].regressions[0].unit", "the unit of perplexity is 1"),
            ("relative_percent: 1", "relative_percent: -1", 22, "evaluations[0].regressions[0].relative_percent", "0"),
            ("metric: perplexity\n", "metric: joy\n", 21, "evaluations[0].regressions[0].metric", "unknown metric"),
            ("absolute: 0.05", "tolerated: 0.05", 23, "evaluations[0].regressions[0].tolerated", "unknown key"),
        ])
    func invalid(original: String, replacement: String, line: Int, key: String, message: String) throws {
        let text = Self.valid.replacingOccurrences(of: original, with: replacement)
        let error = try #require(throws: SuiteError.self) { try readSuite(text) }
        #expect(error.line == line)
        #expect(error.key == key)
        #expect(error.message.contains(message))
        #expect(error.exitCode == .usage)
        #expect(error.description.contains("suite.yaml:\(line): \(key): "))
    }

    @Test("a configuration is a recipe, and names of recipes count in any case", arguments: ["balanced", "HQ", "q6_k"])
    func recipes(name: String) throws {
        #expect(try readSuite(Self.valid.replacingOccurrences(of: "Q4_K_M", with: name)).recipe == name)
    }

    @Test("a missing key, broken YAML, an empty file and a missing suite are errors that name the file")
    func unreadable() throws {
        let withoutRecipe = Self.valid.replacingOccurrences(of: "recipe: Q4_K_M\n", with: "")
        #expect(try #require(throws: SuiteError.self) { try readSuite(withoutRecipe) }.message.contains("'recipe'"))
        #expect(throws: SuiteError.self) { try readSuite("version: [1") }
        #expect(throws: SuiteError.self) { try readSuite("") }
        #expect(throws: SuiteError.self) { try Suite(at: URL(fileURLWithPath: "/nonexistent")) }
    }

}
