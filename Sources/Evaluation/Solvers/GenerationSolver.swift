public import LabCore

/// Texts that a model writes after prompts, many at a time.
public struct GenerationSolver: Solver {
    /// A prompt and the seed to continue it with.
    public struct Request: Sendable, Hashable {
        /// The prompt.
        public var prompt: RenderedPrompt
        /// The draw, from 0: the same prompt may be continued several times.
        public var draw: Int
        /// Seed of sampling.
        public var seed: UInt64

        /// A request whose seed follows from the plan's, the draw and the prompt's tokens.
        public init(_ prompt: RenderedPrompt, draw: Int, planSeed: Int) {
            self.prompt = prompt
            self.draw = draw
            let digest = Digest(of: "seed \(planSeed) draw \(draw) prompt \(Digest(ofTokens: prompt.tokens).hex)")
            seed = UInt64(digest.hex.prefix(16), radix: 16) ?? 0
        }

        /// What the sample is: the tokens, and which draw of them.
        public var sample: Digest {
            let tokens = Digest(ofTokens: prompt.tokens)
            return draw == 0 ? tokens : Digest(of: "\(tokens.hex) draw \(draw)")
        }
    }

    /// Name and version.
    public let id = "generation/2"
    /// What the outputs depend on.
    public let parameters: [String: String]
    private let requests: [Request]
    private let plan: Suite.GenerationPlan
    private let sampling: Sampling

    /// A solver for requests, which are its samples.
    public init(_ requests: [Request], plan: Suite.GenerationPlan, sampling: Sampling) {
        self.requests = requests
        self.plan = plan
        self.sampling = sampling
        parameters = [
            "maximum_tokens": "\(plan.maximumTokens)", "sequences": "\(plan.parallelSequences)",
            "temperature": "\(sampling.temperature)", "top_p": "\(sampling.topP)",
            "top_k": "\(sampling.topK)",
        ]
    }

    /// One `generate` request for all.
    public func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, GeneratedText) throws -> Void
    ) throws {
        let prompts = samples.map { index in
            WorkerRequest.GenerateParameters.Prompt(
                index: index, tokens: requests[index].prompt.tokens, format: requests[index].prompt.format,
                seed: requests[index].seed)
        }
        let request = WorkerRequest.GenerateParameters(
            prompts: prompts, maximumTokens: plan.maximumTokens, sampling: sampling)
        _ = try model.perform(.generate(request)) { event in
            if case .completed(let completion) = event { try report(completion.index, completion.output) }
        }
    }
}
