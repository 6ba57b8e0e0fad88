public import Foundation
public import LabCore

/// How far a candidate's predictions are from its parent's on windows of a text.
public struct DivergenceSolver: Solver {
    /// Where the parent's predictions come from.
    public enum Parent {
        /// From a pack with these settings; the function gives a chunk's record.
        case pack(PredictionSettings, record: (Int) throws -> Data)
        /// From the parent itself, loaded beside the candidate.
        case lockstep
    }

    /// Name and version.
    public let id: String
    /// What the outputs depend on.
    public let parameters: [String: String]
    private let parent: Parent

    /// A solver that compares with a parent.
    public init(_ windows: WindowSettings, parent: Parent) {
        self.parent = parent
        var parameters = windows.parameters
        switch parent {
        case .pack(let settings, _):
            id = "divergence/2"
            parameters.merge(settings.parameters) { mine, _ in mine }
        case .lockstep:
            id = "divergence-exact/2"
        }
        self.parameters = parameters
    }

    /// One `diverge` request for all.
    public func solve(
        _ samples: [Int], with model: some InferenceModel, report: (Int, ChunkDivergence) throws -> Void
    ) throws {
        let chunks = try samples.map { index in
            switch parent {
            case .pack(_, let record):
                WorkerRequest.DivergeParameters.Chunk(index: index, predictions: try record(index))
            case .lockstep: WorkerRequest.DivergeParameters.Chunk(index: index, predictions: nil)
            }
        }
        _ = try model.perform(.diverge(WorkerRequest.DivergeParameters(chunks: chunks))) { event in
            if case .diverged(let chunk) = event { try report(chunk.index, chunk.divergence) }
        }
    }
}
