import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A lock between processes, held while the value lives and released by the system when the process ends.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for the lock. The file is made where it is missing and stays.
    ///
    /// - Parameter isShared: whether others may hold it too, as long as they share it.
    init(_ url: URL, isShared: Bool = false) throws {
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw RunnerError(
                "\(url.path) cannot be made: \(String(cString: strerror(errno)))",
                remedy: "make its folder writable, or name another with --store or --history")
        }
        while flock(descriptor, isShared ? LOCK_SH : LOCK_EX) != 0 {
            guard errno == EINTR else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                throw RunnerError("\(url.path) cannot be locked: \(reason)", remedy: "use a store on a local disk")
            }
        }
    }

    /// Takes the lock where nobody holds it and the file can be made; nil elsewhere.
    init?(ifFree url: URL) {
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    deinit { close(descriptor) }
}
