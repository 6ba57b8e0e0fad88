import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The lock that whoever fetches a blob holds, here and in Python's `huggingface_hub` alike.
///
/// Held while the value lives; the system releases it when the process ends.
final class BlobLock {
    private var descriptor: Int32

    /// Takes the lock where nobody holds it; nil where somebody does.
    ///
    /// Throws ``HubError`` where there can be no lock.
    init?(ifFree url: URL) throws {
        while true {
            descriptor = try Self.opened(url)
            guard Self.locked(descriptor) else {
                let number = errno
                close(descriptor)
                if number == EWOULDBLOCK { return nil }
                throw HubError(
                    .disk, "\(url.path) cannot be locked: \(String(cString: strerror(number)))",
                    remedy: "name a cache on a local disk with HF_HOME or HF_HUB_CACHE")
            }
            // Some versions of Python's filelock remove the file on release: then the lock is one of a file that
            // nobody finds any more.
            if Self.isStillThere(url, descriptor) { return }
            close(descriptor)
        }
    }

    deinit { close(descriptor) }

    private static func opened(_ url: URL) throws -> Int32 {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
        guard descriptor >= 0 else {
            throw HubError(
                .disk, "\(url.path) cannot be made: \(String(cString: strerror(errno)))",
                remedy: "make the cache writable, or name another with HF_HOME or HF_HUB_CACHE")
        }
        return descriptor
    }

    private static func locked(_ descriptor: Int32) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR else { return false }
        }
        return true
    }

    private static func isStillThere(_ url: URL, _ descriptor: Int32) -> Bool {
        var own = stat()
        var named = stat()
        return fstat(descriptor, &own) == 0 && stat(url.path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }
}
