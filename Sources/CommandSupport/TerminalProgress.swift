public import Foundation
public import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Shows progress on standard error: a bar with rate and remaining time on a terminal, plain lines in a log.
public final class TerminalProgress: @unchecked Sendable {
    // `lock` protects everything below it.
    private let lock = NSLock()
    private var stage = ""
    private var started = ContinuousClock.now
    private var startedAt = 0
    private var lastShown: ContinuousClock.Instant?
    private var hasOpenLine = false
    private let isTerminal: Bool

    /// - Parameter isTerminal: whether to draw a bar. Default: whether standard error is a terminal.
    public init(isTerminal: Bool = isatty(STDERR_FILENO) != 0) {
        self.isTerminal = isTerminal
    }

    /// Takes an update.
    public func show(_ update: ProgressUpdate) {
        lock.withLock {
            let now = ContinuousClock.now
            if update.stage != stage {
                closeLine()
                stage = update.stage
                started = now
                startedAt = update.completed
                lastShown = nil
            }
            let isLast = update.completed >= update.total
            let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(5)
            if let lastShown, !isLast, now - lastShown < pause { return }
            if !isTerminal, lastShown == nil, !isLast {
                // A stage that ends within one pause needs one line, not two.
                lastShown = now
                return
            }
            lastShown = now
            write(update, elapsed: now - started)
            if isLast { closeLine() }
        }
    }

    /// Prints a line of its own.
    public func say(_ line: String) {
        lock.withLock {
            closeLine()
            emit(line + "\n")
        }
    }

    private func write(_ update: ProgressUpdate, elapsed: Duration) {
        let seconds = elapsed / .seconds(1)
        let done = update.completed - startedAt
        let isBytes = update.unit == "bytes"
        var fields = [
            isBytes
                ? "\(ByteSize(Int64(update.completed))) of \(ByteSize(Int64(update.total)))"
                : "\(update.completed)/\(update.total) \(update.unit)"
        ]
        if done > 0, seconds > 0.5 {
            let rate = Double(done) / seconds
            fields.append(
                isBytes ? "\(ByteSize(Int64(rate)))/s" : String(format: rate < 10 ? "%.1f/s" : "%.0f/s", rate))
            if update.completed < update.total {
                fields.append("\(Self.clock(Double(update.total - update.completed) / rate)) left")
            }
        }
        if update.completed >= update.total { fields.append(Self.clock(seconds)) }
        if let note = update.note { fields.append(note) }
        let text = fields.joined(separator: "  ")
        if isTerminal {
            let width = 24
            let filled = update.total > 0 ? min(width, width * update.completed / update.total) : 0
            let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
            emit("\r\u{1B}[K\(update.stage)  \(bar)  \(text)")
            hasOpenLine = true
        } else {
            emit("\(update.stage): \(text)\n")
        }
    }

    private func closeLine() {
        if hasOpenLine { emit("\n") }
        hasOpenLine = false
    }

    private func emit(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    /// "0.8 s", "42 s", "3 min 20 s", "2 h 05 min".
    static func clock(_ seconds: Double) -> String {
        if seconds < 10 { return String(format: "%.1f s", seconds) }
        let whole = Int(min(seconds.rounded(), 1e9))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
        return String(format: "%d h %02d min", whole / 3600, whole / 60 % 60)
    }
}
