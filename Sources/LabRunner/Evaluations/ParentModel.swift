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
}
