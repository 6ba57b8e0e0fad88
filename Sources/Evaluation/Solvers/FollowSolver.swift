public import LabCore

/// What a model makes of texts that are given: each token's likelihood, and the likeliest in its place.
public struct FollowSolver: Solver {
    /// A prompt's tokens and the text to follow after them.
    public struct Request: Sendable, Hashable {
        /// Tokens of the prompt, at least one.
        public var prompt: [Int32]
        /// Tokens to follow.
        public var continuation: [Int32]

        /// Creates a request.
        public init(prompt: [Int32], continuation: [Int32]) {
            self.prompt = prompt
            self.continuation = continuation
        }

        /// What the sample is: all tokens, and where the text begins.
        public var sample: Digest { Digest(ofTokens: [Int32(clamping: prompt.count)] + prompt + continuation) }
    }

    /// Name and version.
    public let id = "follow/2"
    /// What the outputs depend on.
    public let parameters: [String: String]
    private let requests: [Request]

    /// A solver for requests, which are its samples.
    public init(_ requests: [Request], parallelSequences: Int) {
        self.requests = requests
        parameters = ["sequences": "\(parallelSequences)", "cache": "shared"]
    }

    /// One `follow` request for all.
    public func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, FollowedText) throws -> Void
    ) throws {
        let texts = samples.map { index in
            WorkerRequest.FollowParameters.Text(
                index: index, prompt: requests[index].prompt, continuation: requests[index].continuation)
        }
        _ = try model.perform(.follow(WorkerRequest.FollowParameters(texts: texts))) { event in
            if case .followed(let followed) = event { try report(followed.index, followed.output) }
        }
    }
}
