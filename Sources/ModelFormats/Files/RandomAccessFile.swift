public import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file opened for reading at any offset, by any number of threads.
///
/// Reads go through `pread`: nothing is mapped, so memory held is memory asked for.
public final class RandomAccessFile: Sendable {
    /// Where the file is.
    public let url: URL
    /// The file's size when it was opened.
    public let sizeBytes: Int64
    private let descriptor: Int32

    /// The path, for messages.
    public var path: String { url.path }

    /// Opens a regular file.
    ///
    /// Throws ``FormatError`` when it is absent, unreadable or no regular file.
    public init(_ url: URL) throws {
        self.url = url
        let path = url.path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = lastSystemError()
            throw FormatError(
                error.number == ENOENT ? .missing : .cannotRead, file: path, "cannot be opened: \(error.text)",
                remedy: "Check the path and its permissions.")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FormatError(.cannotRead, file: path, "is not a regular file", remedy: "Check the path.")
        }
        sizeBytes = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Fills a buffer from an offset.
    ///
    /// Throws when the file ends before the buffer is full.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        guard offset >= 0, Int64(buffer.count) <= sizeBytes - min(offset, sizeBytes) else {
            throw FormatError.malformed(path, nil, "ends at byte \(sizeBytes), inside data that starts at \(offset)")
        }
        var done = 0
        while done < buffer.count {
            let wanted = min(buffer.count - done, maximumTransferBytes)
            let got = pread(descriptor, buffer.baseAddress.map { $0 + done }, wanted, off_t(offset + Int64(done)))
            if got > 0 {
                done += got
            } else if got == 0 {
                throw FormatError.malformed(path, nil, "became shorter while it was read")
            } else if errno != EINTR {
                throw FormatError(
                    .cannotRead, file: path, "cannot be read: \(lastSystemError().text)", remedy: "Check the disk.")
            }
        }
    }

    /// Reads `count` bytes from an offset.
    public func read(at offset: Int64, count: Int) throws -> [UInt8] {
        guard offset >= 0, count >= 0, Int64(count) <= sizeBytes - min(offset, sizeBytes) else {
            throw FormatError.malformed(path, nil, "ends at byte \(sizeBytes), inside data that starts at \(offset)")
        }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let whole = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            try read(into: whole, at: offset)
            initialized = count
        }
    }
}
