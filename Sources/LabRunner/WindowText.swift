import Evaluation
import Foundation
import LabCore

/// A text that is measured on, window by window.
struct WindowText: Identifiable {
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

    /// What decides the windows.
    struct ID: Hashable {
        let sha256: Digest
        let contextLength: Int
    }

    var id: ID { ID(sha256: sha256, contextLength: contextLength) }

    init(_ dataset: Suite.Dataset, contextLength: Int) throws {
        name = dataset.name
        file = dataset.file
        text = try TextFile.read(
            file, as: "dataset \(name)", remedy: "name the file with --dataset NAME --dataset-path FILE")
        sha256 = Digest(of: text)
        self.contextLength = contextLength
    }
}
