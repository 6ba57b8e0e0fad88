public import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file that appears under its name only when it is whole.
///
/// Bytes go to a temporary file in the same directory; ``commit()`` syncs and renames it. A file that is not
/// committed, whatever the reason, is removed. A name that is a link stays one: the file that it leads to is replaced.
public final class AtomicFile {
    /// The name of the file.
    public let url: URL
    /// The file behind the links.
    private let target: URL
    private let temporaryPath: String
    private var descriptor: Int32

    /// Creates the temporary file.
    ///
    /// Throws ``FormatError`` when the directory is absent or not writable, and for a pipe or a device.
    public init(replacing url: URL) throws {
        self.url = url
        guard case .file(let path) = try OutputPlace(of: url.path) else {
            throw FormatError(
                .cannotWrite, file: url.path, "is no regular file, and cannot be replaced by one",
                remedy: "Name another file.")
        }
        target = URL(fileURLWithPath: path)
        let directory = target.deletingLastPathComponent().path
        let unique = "\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
        temporaryPath = "\(directory)/.\(target.lastPathComponent).\(unique).partial"
        descriptor = open(temporaryPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let error = lastSystemError()
            throw FormatError(
                .cannotWrite, file: url.path, "cannot be created: \(error.text)",
                remedy: remedyForWriting(error.number))
        }
    }

    deinit { discard() }

    /// Fails early when the file system has less free space than the file will need.
    public func requireFreeSpace(bytes: Int64) throws {
        var status = statvfs()
        guard fstatvfs(descriptor, &status) == 0, status.f_blocks > 0 else { return }
        let (available, overflow) = Int64(status.f_bavail).multipliedReportingOverflow(by: Int64(status.f_frsize))
        guard !overflow, available < bytes else { return }
        throw FormatError(
            .cannotWrite, file: url.path, "needs \(bytes) bytes, and the disk has \(available) left",
            remedy: remedyForWriting(ENOSPC))
    }

    /// Writes bytes at an offset.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < bytes.count {
            let wanted = min(bytes.count - done, maximumTransferBytes)
            let written = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, wanted, off_t(offset + Int64(done)))
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw writeFailure()
            }
        }
    }

    /// Reads back bytes that were written.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < buffer.count {
            let wanted = min(buffer.count - done, maximumTransferBytes)
            let got = pread(descriptor, buffer.baseAddress.map { $0 + done }, wanted, off_t(offset + Int64(done)))
            if got > 0 {
                done += got
            } else if got == 0 || errno != EINTR {
                throw FormatError(
                    .cannotRead, file: url.path, "cannot be read back: \(lastSystemError().text)",
                    remedy: "Check the disk.")
            }
        }
    }

    /// Syncs the bytes to the disk and gives the file its final name, replacing what had it.
    public func commit() throws {
        guard fsync(descriptor) == 0 else { throw writeFailure() }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(temporaryPath, target.path) == 0 else {
            let failure = writeFailure()
            unlink(temporaryPath)
            throw failure
        }
        // The rename itself lasts only once the directory is synced; a file system without that is no failure.
        let directory = open(target.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// Removes the temporary file; does nothing after ``commit()``.
    public func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporaryPath)
    }

    /// Writes a whole file at once; a pipe, a device or "/dev/stdout" gets the bytes and stays what it is.
    public static func write(_ data: Data, to url: URL) throws {
        let place = try OutputPlace(of: url.path)
        guard case .file = place else { return try place.write(data, file: url) }
        let file = try AtomicFile(replacing: url)
        try data.withUnsafeBytes { try file.write($0, at: 0) }
        try file.commit()
    }

    private func writeFailure() -> FormatError {
        let error = lastSystemError()
        return FormatError(
            .cannotWrite, file: url.path, "cannot be written: \(error.text)", remedy: remedyForWriting(error.number))
    }
}
