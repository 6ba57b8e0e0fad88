import CCaseLimits
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A worker that is watched: its lines, and why it ended.
final class WorkerProcess {
    private let process = Process()
    private let output = Pipe()
    private let errors: URL
    private let silence: Duration
    private var buffer: [UInt8] = []
    private var wasSilent = false

    init(_ run: FuzzRun, from first: Int, scratch: URL) throws {
        silence = run.silence
        errors = scratch.appendingPathComponent("last-words")
        let folder = scratch.appendingPathComponent("case")
        process.executableURL = run.worker
        process.arguments = [
            "--worker", folder.path, "--seed", "\(run.seed)", "--first", "\(first)", "--cases",
            "\(run.cases.upperBound - first)",
        ]
        if let misbehaviour = run.misbehaviour { process.arguments? += ["--misbehave", misbehaviour.rawValue] }
        // A crash is told in a line; its backtrace takes seconds to make.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        try FuzzError.naming(run.worker) {
            try? FileManager.default.removeItem(at: folder)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data().write(to: errors)
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
        }
        // Else the pipe would not end with the worker.
        try? output.fileHandleForWriting.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The next line; nil when there is none, because the worker ended or said nothing for too long.
    func nextLine() throws -> String? {
        let descriptor = output.fileHandleForReading.fileDescriptor
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(clamping: Int64(silence / .milliseconds(1))))
            if ready == 0 {
                wasSilent = true
                kill(process.processIdentifier, SIGKILL)
                return nil
            }
            if ready < 0 {
                guard errno == EINTR else {
                    throw FuzzError("the worker's output: \(String(cString: strerror(errno)))")
                }
                continue
            }
            let some = [UInt8](unsafeUninitializedCapacity: 1 << 16) { space, count in
                count = max(0, read(descriptor, space.baseAddress, space.count))
            }
            if some.isEmpty { return nil }
            buffer += some
        }
    }

    /// Why the worker ended; nil when it was done.
    func end() throws -> (kind: FuzzRun.Failure.Kind, message: String)? {
        process.waitUntilExit()
        let status = process.terminationStatus
        if wasSilent { return (.hang, "no word for \(silence)") }
        guard process.terminationReason == .uncaughtSignal else {
            switch status {
            case 0: return nil
            case CASE_LIMITS_MEMORY_STATUS: return (.hoard, lastWords)
            case 4: throw FuzzError("the worker could not work: \(lastWords)")
            default: return (.crash, "exit status \(status): \(lastWords)")
            }
        }
        return status == SIGPROF
            ? (.hang, "too much processor time") : (.crash, "signal \(status): \(lastWords)")
    }

    private var lastWords: String {
        let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(3).joined(separator: " ")
    }
}
