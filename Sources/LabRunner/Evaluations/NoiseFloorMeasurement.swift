import Evaluation
import LabCore

/// A model against itself, computed otherwise: what of a divergence is only the order of additions.
struct NoiseFloorMeasurement {
    private let shared: WindowEvaluation
    private let predictions: PredictionSource?

    /// Windows that are enough to tell arithmetic from damage.
    private static let windowCount = 8

    init(_ shared: WindowEvaluation, predictions: PredictionSource?) {
        self.shared = shared
        self.predictions = predictions
    }

    /// Tokens computed at a time the second time.
    ///
    /// Steps that end at the same tokens are computed alike, so it is none that the usual number divides into.
    static func otherMicroBatch(contextLength: Int) -> Int {
        contextLength > 100 ? 100 : max(6, contextLength / 2 - 2)
    }

    /// The parent's floor with another batch size, and where its samples came from; no floor where the parent cannot be
    /// run and its pack carries none.
    func floor() throws -> (value: FidelityRecord.NoiseFloor?, usage: SampleUsage) {
        guard case .model(let parent) = shared.parent else {
            let text = predictions?.pack.texts().first { $0.windows == shared.windows }
            return (text?.floor, SampleUsage())
        }
        let other = Self.otherMicroBatch(contextLength: shared.plan.contextLength)
        let (scores, _, usage) = try divergences(of: parent, .init(microBatch: other))
        let floor = ConsistencyRecord.Predictions(of: scores).map {
            FidelityRecord.NoiseFloor(
                klMeanNats: $0.klMeanNats, klMaxNats: $0.klMaxNats, topAgreementPercent: $0.topAgreementPercent,
                chunks: $0.windows, microBatches: [WorkerRequest.LoadParameters.usualMicroBatch, other])
        }
        if let floor, let predictions {
            try predictions.pack.note(
                PackText(
                    name: shared.text.name, sha256: shared.text.sha256, windows: shared.windows, floor: floor))
        }
        return (floor, usage)
    }

    /// The divergences of the parent from itself on some windows, with the keys of the comparisons.
    func divergences(
        of parent: ArtifactRecord, _ variation: BackendSession.Variation
    ) throws -> (scores: [ChunkDivergence], keys: [Digest], usage: SampleUsage) {
        let indices = shared.order(isSequential: shared.isSequential).prefix(Self.windowCount)
        let session = shared.session
        let divergences = try Divergences(shared, of: parent, predictions: predictions, variation) {
            session.host(of: parent, variation, besides: predictions == nil ? parent : nil)
        }
        divergences.source.upcoming = Array(indices)
        predictions?.upcoming = Array(indices)
        if !indices.allSatisfy(divergences.isKnown) {
            // The parent is in memory once at a time: first as it always is, then in the other way.
            for index in indices { _ = try predictions?.record(of: index) }
            session.release(parent)
        }
        defer { if divergences.source.usage().computed > 0 { session.release(parent) } }
        let stage = "noise floor \(parent.model) \(parent.recipe) on \(session.backend(of: parent))"
        var scores: [ChunkDivergence] = []
        for index in indices {
            scores.append(try divergences.source.output(of: index))
            shared.progress(
                ProgressUpdate(stage: stage, completed: scores.count, total: indices.count, unit: "chunks"))
        }
        return (scores, indices.map { divergences.keys[$0] }, divergences.source.usage())
    }
}
