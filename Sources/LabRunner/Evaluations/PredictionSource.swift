import Evaluation
import Foundation
import LabCore

/// A parent's predictions of windows: from its pack where they are there, computed and kept there where not.
final class PredictionSource {
    let pack: PredictionPack
    /// The order in which windows will be asked for.
    var upcoming: [Int] = []
    private let shared: WindowEvaluation
    private var used = Set<Int>()
    private var computed = Set<Int>()
    /// Windows whose likelihood by the parent history does not have.
    private var unknown = Set<Digest>()

    init(_ shared: WindowEvaluation, settings: PredictionSettings) throws {
        self.shared = shared
        switch shared.parent {
        case .pack(let pack):
            self.pack = pack
        case .model(let record):
            let solver = PredictionSolver(shared.settings, keeping: settings)
            // A published pack names the file, not the place where its maker had it.
            var named = record
            named.path = URL(fileURLWithPath: record.path).lastPathComponent
            pack = try PackStore(in: shared.session.options.store).pack(
                of: named, conditions: shared.parentSession.conditions(record, solver), settings: settings)
            try pack.note(
                PackText(name: shared.text.name, sha256: shared.text.sha256, windows: shared.windows, floor: nil))
            let conditions = shared.parentSession.conditions(record, LikelihoodSolver(shared.settings))
            let known = try shared.session.history.samples(for: shared.windows.map { conditions.key(sample: $0) })
            unknown = Set(shared.windows.filter { known[conditions.key(sample: $0)] == nil })
        }
    }

    /// The key of a window's predictions.
    func key(of window: Digest) -> Digest { pack.description.conditions.key(sample: window) }

    /// The record of a window.
    func record(of index: Int) throws -> Data {
        let window = shared.windows[index]
        used.insert(index)
        if let record = pack.record(of: window) {
            try recall(record.predictions.score, of: window)
            return record.data
        }
        guard case .model(let parent) = shared.parent else { throw pack.missing(index) }
        let solver = PredictionSolver(shared.settings, keeping: pack.description.settings)
        let host = try shared.parentSession.host(of: parent).ready(for: shared.text)
        let asked = host.group(index, upcoming) { pack.recordBytes(of: shared.windows[$0]) == nil }
        var predictions: Data?
        try solver.solve(asked, with: host) { solved, output in
            let window = shared.windows[solved]
            // The same window may stand twice in a text.
            if pack.recordBytes(of: window) == nil { try pack.keep(output.predictions, of: window) }
            // The same pass gives the parent's perplexity.
            try shared.parentSession.keep(output.score, of: parent, shared.settings, window: window)
            unknown.remove(window)
            computed.insert(solved)
            used.insert(solved)
            if solved == index { predictions = output.predictions }
        }
        guard let predictions else { throw RunnerError("the worker described no predictions of window \(index)") }
        return predictions
    }

    /// Tells a history that has lost it, or never had it, the likelihood that a record carries.
    private func recall(_ score: ChunkScore, of window: Digest) throws {
        guard case .model(let parent) = shared.parent, unknown.remove(window) != nil else { return }
        let session = shared.parentSession
        try session.history.store(
            score, conditions: session.conditions(parent, LikelihoodSolver(shared.settings)), sample: window,
            runID: session.runID)
    }

    /// Where the records used came from.
    var usage: SampleUsage { SampleUsage(computed: computed.count, reused: used.count - computed.count) }

    /// The pack, with what its records of some windows take; nil where one of them is not there.
    func packRecord(of indices: [Int]) -> FidelityRecord.Pack? {
        let sizes = indices.compactMap { pack.recordBytes(of: shared.windows[$0]) }
        guard let first = indices.first, sizes.count == indices.count,
            let predictions = pack.record(of: shared.windows[first])?.predictions
        else { return nil }
        let bytes = sizes.reduce(0, +)
        let positions = Int64(indices.count * predictions.score.tokenCount)
        return FidelityRecord.Pack(
            id: pack.description.id, settings: pack.description.settings, bytes: bytes,
            shareOfLogitsPercent: 100 * Double(bytes) / Double(2 * positions * Int64(predictions.vocabulary)))
    }
}

extension PredictionPack {
    func missing(_ index: Int) -> RunnerError {
        RunnerError(
            "pack \(description.id.short) has no whole record of window \(index)",
            remedy: "import the pack's file again, or run its parent with --full")
    }
}
