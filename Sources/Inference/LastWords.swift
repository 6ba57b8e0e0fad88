import Foundation

/// Keeps the end of what a worker writes to standard error, bounded however much it writes.
final class LastWords: @unchecked Sendable {
    // `lock` protects `tail`.
    private let lock = NSLock()
    private var tail = Data()
    private let limitBytes = 8192
    private let finished = DispatchSemaphore(value: 0)

    /// Reads `handle` to its end on a thread of its own.
    func listen(to handle: FileHandle) {
        let thread = Thread { [self] in
            while let piece = try? handle.read(upToCount: 4096), !piece.isEmpty { append(piece) }
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
