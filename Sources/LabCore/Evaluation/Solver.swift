/// A loaded model that answers requests: what a solver works with.
public protocol InferenceModel {
    /// Makes a request and returns its closing event.
    ///
    /// - Parameter onEvent: called for each event before the closing one.
    func perform(_ request: WorkerRequest, onEvent: (WorkerEvent) throws -> Void) throws -> WorkerEvent
}

/// The first step of an evaluation: sample and model -> output, such as tokens, log-probabilities or texts.
///
/// A sample is one of those that the model was given last, by its index. What can change an output is in ``id``,
/// ``parameters`` and the sample, and therefore in the sample's key.
public protocol Solver {
    /// What comes out, as history keeps it.
    associatedtype Output: Codable & Sendable

    /// Name and version, such as "perplexity/1"; the version rises when outputs change.
    var id: String { get }
    /// Parameters by name, such as "n_ctx": "512".
    var parameters: [String: String] { get }

    /// Solves samples, in order.
    ///
    /// - Parameter report: called with each sample's output as soon as it is there.
    func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, Output) throws -> Void
    ) throws
}
