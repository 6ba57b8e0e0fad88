import Evaluation
import Foundation

/// A suite from the text of its file.
func readSuite(_ text: String) throws -> Suite {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("suite-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text.utf8).write(to: folder.appendingPathComponent("suite.yaml"))
    return try Suite(at: folder)
}
