public import LabCore

extension Suite {
    /// What speed is measured at, and how often.
    public struct SpeedPlan: Sendable, Hashable {
        /// Tokens of context of each sequence, ascending. Default: 2048, 8192, 32768.
        ///
        /// The context is filled so far that the longer of prompt and text ends it: to 1536 tokens for 2048 and a prompt
        /// of 512.
        public var contextLengths = [2048, 8192, 32_768]
        /// Sequences at a time, ascending. Default: 1, 4, 16.
        public var parallelSequences = [1, 4, 16]
        /// Repetitions that count, at least 5. Default: 8, of which even the verdicts on many metrics can be certain.
        public var repetitions = 8
        /// Repetitions before those, at least 1. Default: 2, since CUDA records its graph in the second computation of a
        /// shape.
        public var warmUps = 2
        /// Tokens of a timed prompt. Default: 512.
        public var prefillTokens = 512
        /// Tokens written in a repetition. Default: 128.
        public var decodeTokens = 128
        /// Seconds that may pass before the last point begins, by an estimate from the first; the others are not run.
        /// Default: 600.
        public var timeBudgetSeconds = 600
        /// Limits on what is measured.
        public var gates: [SpeedGate] = []

        /// Everything at its default.
        public init() {}

        /// The tokens in a context before the first that is timed.
        public func depth(of point: SpeedPoint) -> Int { point.contextLength - max(prefillTokens, decodeTokens) }

        /// The points, those first that cost less.
        public var points: [SpeedPoint] {
            contextLengths.flatMap { length in
                parallelSequences.map { SpeedPoint(contextLength: length, parallelSequences: $0) }
            }.sorted()
        }

        static let keys = [
            "context_lengths", "parallel", "repetitions", "warm_ups", "prefill_tokens", "decode_tokens",
            "time_budget_seconds",
        ]
    }

    /// A limit on a measurement of speed: at all points or some, on every device or one.
    public struct SpeedGate: Sendable, Hashable {
        /// The limit.
        public var threshold: Threshold
        /// The context at which it holds; nil for each.
        public var contextLength: Int?
        /// The sequences at a time at which it holds; nil for each number.
        public var parallelSequences: Int?
        /// A part of the name of the only devices that it holds on, in any case; nil for every device.
        public var onlyOnDevice: String?
        /// A part of the name of devices that it does not hold on, in any case; nil for none.
        public var exceptOnDevice: String?
        /// A part of the name of the only models that it holds for, in any case; nil for every model.
        public var onlyForModel: String?

        /// Whether it holds at a point.
        public func holds(at point: SpeedPoint) -> Bool {
            (contextLength ?? point.contextLength) == point.contextLength
                && (parallelSequences ?? point.parallelSequences) == point.parallelSequences
        }

        /// Whether its metric is measured once, and not at every point.
        public var isOfWhole: Bool { MetricDefinition.speedOfWhole.contains { $0.name == threshold.metric } }
    }
}

extension Suite.SpeedPlan {
    init(_ keys: [String: StrictYAML], of entry: Registry.Entry, in node: StrictYAML) throws {
        contextLengths = try keys["context_lengths"]?.ascending(in: 2...1_048_576) ?? contextLengths
        parallelSequences = try keys["parallel"]?.ascending(in: 1...256) ?? parallelSequences
        repetitions = try keys["repetitions"]?.integer(in: 5...1000) ?? repetitions
        warmUps = try keys["warm_ups"]?.integer(in: 1...100) ?? warmUps
        prefillTokens = try keys["prefill_tokens"]?.integer(in: 1...1_048_576) ?? prefillTokens
        decodeTokens = try keys["decode_tokens"]?.integer(in: 1...1_048_576) ?? decodeTokens
        timeBudgetSeconds = try keys["time_budget_seconds"]?.integer(in: 1...604_800) ?? timeBudgetSeconds
        let longest = max(prefillTokens, decodeTokens)
        guard let shortest = contextLengths.first, shortest >= longest else {
            throw (keys["context_lengths"] ?? node).error(
                "a context of \(contextLengths[0]) tokens does not hold the \(longest) that are timed",
                remedy: "ask for a longer context, or fewer tokens with prefill_tokens and decode_tokens")
        }
        let plan = self
        gates = try keys["gates"]?.list().map { try Suite.SpeedGate($0, of: entry, in: plan) } ?? []
    }
}

extension Suite.SpeedGate {
    fileprivate init(_ node: StrictYAML, of entry: Registry.Entry, in plan: Suite.SpeedPlan) throws {
        let own = ["context_length", "parallel", "only_on_device", "except_on_device", "only_for_model"]
        threshold = try Threshold(node, of: entry, others: own)
        let keys = try node.mapping(allowed: ["metric", "below", "above", "unit"] + own)
        contextLength = try keys["context_length"]?.integer(in: 2...1_048_576)
        parallelSequences = try keys["parallel"]?.integer(in: 1...256)
        onlyOnDevice = try keys["only_on_device"]?.string()
        exceptOnDevice = try keys["except_on_device"]?.string()
        onlyForModel = try keys["only_for_model"]?.string()
        // A limit on what nobody measures would never be judged.
        for (key, value, known) in [
            ("context_length", contextLength, plan.contextLengths),
            ("parallel", parallelSequences, plan.parallelSequences),
        ] {
            guard let value, let wrong = keys[key] else { continue }
            if isOfWhole { throw wrong.error("\(threshold.metric) is measured once, not at every point") }
            guard known.contains(value) else {
                let measured = known.map(String.init).joined(separator: ", ")
                throw wrong.error("\(value) is not measured", remedy: "the evaluation measures at \(measured)")
            }
        }
    }
}

extension StrictYAML {
    /// Whole numbers, ascending and each once.
    fileprivate func ascending(in range: ClosedRange<Int>) throws -> [Int] {
        let numbers = try list().map { try $0.integer(in: range) }
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw error("expected ascending numbers, each once")
        }
        return numbers
    }
}
