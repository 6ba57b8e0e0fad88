public import Foundation

/// Files of text that people name.
public enum TextFile {
    /// The text of a UTF-8 file, or of a pipe, such as the shell's `<(...)`.
    ///
    /// - Parameter what: what the file is, for messages.
    /// - Throws: ``RunnerError`` that names the file.
    public static func read(_ file: URL, as what: String, remedy: String) throws -> String {
        let data: Data
        do {
            // Foundation's Data reads no pipes on Linux.
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            data = try handle.readToEnd() ?? Data()
        } catch {
            throw RunnerError("\(what): \(file.path) cannot be read: \(reason(error))", remedy: remedy)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw RunnerError("\(what): \(file.path) is not UTF-8 text", remedy: remedy)
        }
        return text
    }

    /// The system's words, which say more than Foundation's: "Is a directory".
    private static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let cause, cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return String(cString: strerror(Int32(cause.code)))
    }
}
