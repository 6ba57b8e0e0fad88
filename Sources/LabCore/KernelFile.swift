import Foundation

/// Files that the kernel writes while they are read: those of `/proc` and `/sys`.
public enum KernelFile {
    /// The text of a file, all of it; nil where it cannot be read.
    ///
    /// Such a file claims to be empty and gives a page at most for each call. `String(contentsOfFile:)` is content with
    /// the first page: of sixteen processors in `/proc/cpuinfo` it sees two.
    public static func text(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let bytes = try? file.readToEnd() ?? Data() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
