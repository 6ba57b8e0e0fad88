public import LabCore

/// How likely a model holds the second half of each window of a text: llama-perplexity's NLL.
public struct LikelihoodSolver: Solver {
    /// Name and version.
    public let id = "perplexity/1"
    /// What the outputs depend on.
    public let parameters: [String: String]

    /// A solver for windows of `contextLength` tokens.
    public init(_ settings: WindowSettings) { parameters = settings.parameters }

    /// One `score` request for all.
    public func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, ChunkScore) throws -> Void
    ) throws {
        _ = try model.perform(.score(WorkerRequest.ScoreParameters(chunks: samples))) { event in
            if case .scored(let chunk) = event { try report(chunk.index, chunk.score) }
        }
    }
}

/// How windows of a text go through a model.
public struct WindowSettings: Sendable, Hashable {
    /// Tokens of a window.
    public var contextLength: Int

    /// Windows of so many tokens.
    public init(contextLength: Int) {
        self.contextLength = contextLength
    }

    /// As they enter sample keys.
    var parameters: [String: String] { ["n_ctx": "\(contextLength)"] }
}
