import Evaluation
import Foundation
import LabCore

/// A text that is measured on, window by window.
struct WindowText: Hashable {
    /// Name in reports.
    let name: String
    /// Where it was read.
    let file: URL
    /// The text.
    let text: String
    /// Digest of its bytes.
    let sha256: Digest
    /// Tokens of a window.
    let contextLength: Int

    init(_ plan: Suite.EvaluationPlan) throws {
        name = plan.dataset.name
        file = plan.dataset.file
        text = try TextFile.read(
            file, as: "dataset \(name)", remedy: "name the file with --dataset NAME --dataset-path FILE")
        sha256 = Digest(of: text)
        contextLength = plan.contextLength
    }
}
