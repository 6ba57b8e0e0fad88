import Foundation
public import LabCore

extension Suite {
    /// One evaluation of a suite.
    public struct EvaluationPlan: Sendable, Hashable {
        /// Name, unique in the suite.
        public let name: String
        /// What evaluates it.
        public let evaluator: Evaluator
        /// The text or the prompts it is measured on; nil for an evaluation that needs neither.
        public var dataset: Dataset?
        /// Tokens per chunk of a text. Default: 512.
        public let contextLength: Int
        /// How prompts are continued; nil for an evaluation on a text.
        public let generation: GenerationPlan?
        /// What speed is measured at; nil for an evaluation of something else.
        public let speed: SpeedPlan?
        /// Most chunks or prompts to score; all when nil. The verdict of a part rests on its interval.
        public var chunkLimit: Int?
        /// Limits on its metrics; each is a gate.
        public let gates: [Threshold]
        /// The same limits where backends are compared, with what each holds for; empty for other evaluations.
        public let consistencyGates: [ConsistencyGate]
        /// How much worse than in an accepted run its metrics may be.
        public let tolerances: [RegressionTolerance]
    }

    /// How prompts are continued.
    public struct GenerationPlan: Sendable, Hashable {
        /// Most tokens of a text. Default: 256.
        public var maximumTokens = 256
        /// Texts for each prompt where they are drawn at random, each with a seed of its own. Default: 1.
        public var draws = 1
        /// Sequences decoded at a time. Default: 16.
        public var parallelSequences = 16
        /// What the seeds come from. Default: 1.
        public var seed = 1
    }

    /// The kinds of evaluation there are.
    public enum Evaluator: String, Sendable, Hashable, CaseIterable {
        /// Perplexity of parent and candidate, and their paired difference.
        case perplexity
        /// Divergence of the candidate's predictions from its parent's.
        case fidelity
        /// Whether the artifact's chat template says what the parent's does.
        case chatTemplate = "chat_template"
        /// Greedy texts of parent and candidate side by side.
        case sampleMatch = "sample_match"
        /// Questions in several languages.
        case multilingual
        /// Problems to think about, with thinking on and off.
        case thinking
        /// Functions to write, which are run.
        case code
        /// Speed of prefill and decoding against depth and sequences at a time.
        case throughput
        /// Predictions along a text on several backends.
        case consistency
        /// Greedy texts on several backends.
        case textConsistency = "text_consistency"

        /// What an evaluation is made on.
        public enum Input: Sendable, CaseIterable {
            case text, prompts, nothing
        }

        /// What it is made on.
        public var input: Input {
            switch self {
            case .perplexity, .fidelity, .consistency: .text
            case .chatTemplate, .sampleMatch, .multilingual, .thinking, .code, .textConsistency: .prompts
            case .throughput: .nothing
            }
        }

        /// Whether it compares backends.
        public var comparesBackends: Bool { self == .consistency || self == .textConsistency }

        /// Whether it asks prompts.
        public var takesPrompts: Bool { input == .prompts }
    }
}

extension Suite.EvaluationPlan {
    init(_ node: StrictYAML, folder: URL) throws {
        let all = try node.mapping(
            allowed: Suite.Evaluator.Input.allCases.reduce(into: []) { keys, input in
                keys += input.keys.filter { !keys.contains($0) }
            })
        name = try all.required("name", in: node).string()
        let evaluatorNode = try all.required("evaluator", in: node)
        let evaluatorName = try evaluatorNode.string()
        guard let entry = Registry.entry(evaluatorName) else {
            let known = Registry.entries.map(\.evaluator.rawValue).joined(separator: ", ")
            throw evaluatorNode.error("unknown evaluator '\(evaluatorName)'", remedy: "known: \(known)")
        }
        evaluator = entry.evaluator
        let input = evaluator.input
        // A key of another kind of evaluation would do nothing.
        let keys = try node.mapping(allowed: input.keys)
        dataset = try input.datasetKey.map { try Suite.Dataset(keys.required($0, in: node), folder: folder) }
        contextLength = try keys["context_length"]?.integer(in: 8...1_048_576) ?? 512
        generation = input == .prompts ? try Suite.GenerationPlan(keys) : nil
        chunkLimit = try keys["limit"]?.integer(in: 1...1_000_000)
        speed = input == .nothing ? try Suite.SpeedPlan(keys, of: entry, in: node) : nil
        consistencyGates =
            evaluator.comparesBackends
            ? try keys["gates"]?.list().map { try Suite.ConsistencyGate($0, of: entry) } ?? [] : []
        gates =
            try speed?.gates.map(\.threshold)
            ?? (evaluator.comparesBackends
                ? consistencyGates.map(\.threshold)
                : keys["gates"]?.list().map { try Threshold($0, of: entry) } ?? [])
        let evaluation = name
        tolerances =
            try keys["regressions"]?.list().map { try RegressionTolerance($0, of: entry, evaluation: evaluation) } ?? []
    }
}

extension Suite.Evaluator.Input {
    /// The key of what it is made on; nil where that is nothing.
    fileprivate var datasetKey: String? {
        switch self {
        case .text: "dataset"
        case .prompts: "prompts"
        case .nothing: nil
        }
    }

    /// The keys of an evaluation of the kind.
    fileprivate var keys: [String] {
        let own =
            switch self {
            case .text: ["context_length", "limit"]
            case .prompts: ["maximum_tokens", "draws", "parallel", "seed", "limit"]
            case .nothing: Suite.SpeedPlan.keys
            }
        return ["name", "evaluator"] + [datasetKey].compactMap { $0 } + own + ["gates", "regressions"]
    }
}

extension Suite.GenerationPlan {
    fileprivate init(_ keys: [String: StrictYAML]) throws {
        maximumTokens = try keys["maximum_tokens"]?.integer(in: 1...1_048_576) ?? maximumTokens
        draws = try keys["draws"]?.integer(in: 1...1000) ?? draws
        parallelSequences = try keys["parallel"]?.integer(in: 1...256) ?? parallelSequences
        seed = try keys["seed"]?.integer(in: 0...Int(Int32.max)) ?? seed
    }
}
