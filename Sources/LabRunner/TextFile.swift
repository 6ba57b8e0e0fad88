public import Foundation

/// Files of text that people name.
public enum TextFile {
    /// The text of a UTF-8 file.
    ///
    /// - Parameter what: what the file is, for messages.
    /// - Throws: ``RunnerError`` that names the file.
    public static func read(_ file: URL, as what: String, remedy: String) throws -> String {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw RunnerError("\(what): \(file.path) cannot be read: \(error.localizedDescription)", remedy: remedy)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw RunnerError("\(what): \(file.path) is not UTF-8 text", remedy: remedy)
        }
        return text
    }
}
