public import Foundation

/// A directory of its own for a test, removed with it.
public final class TemporaryFolder {
    /// Where it is.
    public let url: URL

    /// Makes one.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file into the directory.
    @discardableResult
    public func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> URL {
        let place = url.appendingPathComponent(name)
        try Data(bytes).write(to: place)
        return place
    }

    /// The names of all files, hidden ones too.
    public var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
    }
}
