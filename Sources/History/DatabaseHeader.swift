import Foundation

/// The first 100 bytes of a SQLite file, by which SQLite knows it: https://www.sqlite.org/fileformat.html#the_database_header
enum DatabaseHeader {
    /// The sizes that pages may have, that of histories first.
    static let pageSizes = [4096, 512, 1024, 2048, 8192, 16_384, 32_768, 65_536]

    /// Gives a copy of a history, which is made where it is missing, a new header.
    static func renew(_ file: URL, in copy: TemporaryHistory, pageSize: Int) throws {
        let files = FileManager.default
        let file = file.resolvingSymlinksInPath()
        let log = (from: file.path + "-wal", to: copy.url.path + "-wal")
        if !files.fileExists(atPath: copy.url.path) {
            try files.copyItem(at: file, to: copy.url)
            if files.fileExists(atPath: log.from) { try files.copyItem(atPath: log.from, toPath: log.to) }
        }
        let handle = try FileHandle(forUpdating: copy.url)
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: 0)
        let hasLog = files.fileExists(atPath: log.to)
        try handle.write(contentsOf: bytes(pageSize: pageSize, pages: Int(size) / pageSize, hasLog: hasLog))
        try handle.close()
    }

    private static func bytes(pageSize: Int, pages: Int, hasLog: Bool) -> Data {
        var header = Data("SQLite format 3\u{0}".utf8)
        func append(_ value: Int, bytes: Int) {
            for place in (0..<bytes).reversed() { header.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
        }
        append(pageSize == 65_536 ? 1 : pageSize, bytes: 2)
        // Versions for writing and reading: with a log or without. No reserved bytes; the fractions that all files have.
        for value in [hasLog ? 2 : 1, hasLog ? 2 : 1, 0, 64, 32, 32] { append(value, bytes: 1) }
        // Counter of changes, pages, no free pages, cookie of the schema, its format.
        for value in [1, pages, 0, 0, 1, 4] { append(value, bytes: 4) }
        // Usual size of the cache, no vacuum, UTF-8, the schema's version, no vacuum, whose file it is.
        for value in [0, 0, 1, Schema.version, 0, Schema.applicationID] { append(value, bytes: 4) }
        append(0, bytes: 20)
        // The counter at which the number of pages was right, and SQLite's version.
        for value in [1, 3_037_000] { append(value, bytes: 4) }
        return header
    }
}
