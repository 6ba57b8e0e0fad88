public import Foundation
public import LabCore

/// A parent's predictions on windows of a text, as a pack keeps them.
public struct PredictionSolver: Solver {
    /// A chunk's score and its record in the pack.
    public struct Output: Codable, Sendable {
        /// The same as ``LikelihoodSolver`` gives.
        public var score: ChunkScore
        /// The record, in the form of `ChunkPredictions`.
        public var predictions: Data
    }

    /// Name and version.
    public let id = "predictions/1"
    /// What the outputs depend on.
    public let parameters: [String: String]
    private let settings: PredictionSettings

    /// A solver that keeps so much of each prediction.
    public init(_ windows: WindowSettings, keeping settings: PredictionSettings) {
        self.settings = settings
        parameters = windows.parameters.merging(settings.parameters) { mine, _ in mine }
    }

    /// One `predict` request for all.
    public func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, Output) throws -> Void
    ) throws {
        let request = WorkerRequest.PredictParameters(chunks: samples, settings: settings)
        _ = try model.perform(.predict(request)) { event in
            guard case .predicted(let chunk) = event else { return }
            try report(chunk.index, Output(score: chunk.score, predictions: chunk.predictions))
        }
    }
}

extension PredictionSettings {
    /// As they enter sample keys.
    var parameters: [String: String] { ["top": "\(topCount)", "tail": "\(tailCount)", "tail_seed": "\(seed)"] }
}
