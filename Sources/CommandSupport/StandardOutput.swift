// Without Foundation, which would bring its own, strict view of the C library's `stdout`: that variable is set before
// the process starts, and its functions lock.
#if canImport(Glibc)
    @preconcurrency import Glibc
#else
    @preconcurrency import Darwin
#endif

/// Standard output, as `print` writes to it.
public enum StandardOutput {
    /// Writes bytes behind what was printed before; whether they arrived is known when the command ends.
    public static func write(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        fwrite(start, 1, bytes.count, stdout)
    }

    /// Has what was printed so far arrive.
    public static func flush() { fflush(stdout) }

    /// Why not all that was printed arrived; nil when it did, and when nobody wants the rest, as behind `| head`.
    static func failure() -> String? {
        let isFlushed = fflush(stdout) == 0
        let number = errno
        guard !isFlushed || ferror(stdout) != 0, !isClosedPipe else { return nil }
        return isFlushed ? "a part of it is lost" : String(cString: strerror(number))
    }

    private static var isClosedPipe: Bool {
        var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&state, 1, 0) > 0 && Int32(state.revents) & (POLLERR | POLLHUP) != 0
    }
}
