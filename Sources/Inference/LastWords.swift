import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps the end of what a worker writes to standard error, bounded however much it writes.
final class LastWords: @unchecked Sendable {
    // `lock` protects `tail`.
    private let lock = NSLock()
    private var tail = Data()
    private let limitBytes = 8192
    private let finished = DispatchSemaphore(value: 0)

    /// Reads `handle` to its end on a thread of its own.
    func listen(to handle: FileHandle) {
        // Not FileHandle's own read, which waits until it has all the bytes it was asked for.
        let thread = Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(handle.fileDescriptor, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                append(Data(buffer.prefix(count)))
            }
            finished.signal()
        }
        thread.start()
    }

    /// The last lines, at most 20, control characters taken out.
    ///
    /// Waits up to a second for the stream's end, or, when the worker lives on, a moment for what it wrote just
    /// before: the two pipes keep no order between them.
    func lines(waitForEnd: Bool) -> [String] {
        if finished.wait(timeout: .now() + (waitForEnd ? 1 : 0.1)) == .success { finished.signal() }
        let text = lock.withLock { String(decoding: tail, as: UTF8.self) }
        return text.split(separator: "\n").suffix(20).map { line in
            String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }))
        }
    }

    private func append(_ piece: Data) {
        lock.withLock {
            tail.append(piece)
            if tail.count > limitBytes { tail = Data(tail.suffix(limitBytes)) }
        }
    }
}
