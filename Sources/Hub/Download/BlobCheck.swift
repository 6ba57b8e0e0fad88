import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a file behind its download, on a thread of its own, and tells in the end whether it is the one stated.
///
/// What it hashes was read back from the file, so that the blob is what the disk holds and not what the network sent.
final class BlobCheck: @unchecked Sendable {
    /// What came of it.
    enum Result: Sendable {
        /// The bytes have the digest that the hub states, and are on the disk.
        case right
        /// They have another.
        case wrong(String)
        /// They cannot be read or written through.
        case failed(String)
    }

    // `condition` protects what follows it.
    private let condition = NSCondition()
    private var availableBytes: Int64 = 0
    private var isCancelled = false
    private var found: Result?

    private let file: RepositoryFile
    private let url: URL
    private let wake: @Sendable () -> Void

    /// - Parameter wake: called when there is a result.
    init(_ file: RepositoryFile, at url: URL, wake: @escaping @Sendable () -> Void) {
        self.file = file
        self.url = url
        self.wake = wake
        let thread = Thread { [self] in work() }
        thread.name = "check of \(file.path)"
        thread.start()
    }

    /// Tells how far the file has come without gaps.
    func advance(to bytes: Int64) {
        condition.withLock {
            guard bytes > availableBytes else { return }
            availableBytes = bytes
            condition.signal()
        }
    }

    /// Ends the work; nothing is told any more.
    func cancel() {
        condition.withLock {
            isCancelled = true
            condition.signal()
        }
    }

    /// What came of it; nil as long as that is open.
    var result: Result? { condition.withLock { found } }

    private func work() {
        let result = check()
        condition.withLock { found = isCancelled ? nil : result }
        wake()
    }

    /// Either digest, as the file's identity demands it.
    private struct Hasher {
        private var sha256: Digest.Hasher?
        private var git: GitBlobHasher?

        init(_ file: RepositoryFile) {
            switch file.identity {
            case .sha256: sha256 = Digest.Hasher()
            case .gitBlob: git = GitBlobHasher(sizeBytes: file.sizeBytes)
            }
        }

        mutating func update(_ bytes: UnsafeRawBufferPointer) {
            sha256?.update(bytes)
            git?.update(bytes)
        }

        var hex: String { sha256?.finalize().hex ?? git?.finalize() ?? "" }
    }

    private func check() -> Result {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failed(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var hasher = Hasher(file)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        var hashed: Int64 = 0
        while hashed < file.sizeBytes {
            guard let available = waitForBytes(beyond: hashed) else { return .failed("cancelled") }
            while hashed < available {
                let count = pread(
                    descriptor, buffer.baseAddress, min(buffer.count, Int(available - hashed)), off_t(hashed))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    return .failed(count == 0 ? "the file became shorter" : String(cString: strerror(errno)))
                }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                hashed += Int64(count)
            }
        }
        guard hasher.hex == file.identity.etag else { return .wrong(hasher.hex) }
        // After the last chance to see a fault and before the file gets its name.
        guard fsync(descriptor) == 0 else { return .failed(String(cString: strerror(errno))) }
        return .right
    }

    /// Waits; nil when the work is cancelled.
    private func waitForBytes(beyond hashed: Int64) -> Int64? {
        condition.withLock {
            while availableBytes <= hashed, !isCancelled { condition.wait() }
            return isCancelled ? nil : availableBytes
        }
    }
}
