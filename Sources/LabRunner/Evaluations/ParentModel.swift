import Evaluation
import LabCore

/// Where the full-precision reference comes from.
enum ParentModel {
    /// A file that can be loaded.
    case model(ArtifactRecord)
    /// Nothing but its predictions.
    case pack(PredictionPack)

    var record: ArtifactRecord {
        switch self {
        case .model(let record): record
        case .pack(let pack): pack.description.parent
        }
    }

    /// Makes sure that the parent reads a text as the candidate does.
    func requireSameWindows(
        _ windows: [Digest], of text: WindowText, candidate: ArtifactRecord, session: BackendSession
    ) throws {
        switch self {
        case .model(let record):
            guard try session.windows(of: text, by: record) == windows else {
                throw RunnerError(
                    "\(record.path) and \(candidate.path) cut \(text.name) into different tokens, so they cannot be compared",
                    remedy: "convert both from the same tokenizer")
            }
        case .pack(let pack):
            let texts = pack.texts()
            guard !texts.contains(where: { $0.windows == windows }) else { return }
            let id = pack.description.id.short
            if texts.contains(where: { $0.sha256 == text.sha256 }) {
                let tokens = pack.description.conditions.parameters["n_ctx"] ?? "?"
                throw RunnerError(
                    "\(candidate.path) cuts \(text.name) into other windows of \(text.contextLength) tokens than pack \(id), whose have \(tokens)",
                    remedy: "use an artifact with the parent's tokenizer, and windows of the pack's length")
            }
            let known = texts.map { "\($0.name) (SHA-256 \($0.sha256.short))" }.joined(separator: ", ")
            throw RunnerError(
                "pack \(id) has no predictions on \(text.name) (SHA-256 \(text.sha256.short)), but on \(known)",
                remedy: "name that text with --dataset NAME --dataset-path FILE", exitCode: .usage)
        }
    }

    /// Makes sure, before anything is measured, that a pack has what may be asked of it.
    ///
    /// A run that may stop early takes windows from all over the text, so only a limit makes it content with a part. A
    /// pack that grew with a run that stopped early holds windows that another artifact's verdict may not rest on: how
    /// many there are was decided by the first artifact's scores.
    ///
    /// - Parameter limit: how many of the first windows are asked for; nil for all.
    func requirePredictions(of windows: [Digest], limit: Int?, text: WindowText) throws {
        guard case .pack(let pack) = self else { return }
        let asked = windows.prefix(limit ?? windows.count)
        let isThere = asked.map { pack.recordBytes(of: $0) != nil }
        guard isThere.contains(false) else { return }
        let part = asked.count == windows.count ? "\(windows.count)" : "first \(asked.count)"
        let leading = isThere.prefix { $0 }.count
        let first = leading > 1 ? "ask for the first \(leading), which are there, with --limit \(leading); or " : ""
        throw RunnerError(
            "pack \(pack.description.id.short) has \(isThere.count { $0 }) of the \(part) windows of \(text.name)",
            remedy: "\(first)run the suite on the parent's checkpoint (--model DIR) with --full, which makes them all",
            exitCode: .usage)
    }
}
