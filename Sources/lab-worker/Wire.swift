import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The worker's end of the pipe to the lab.
///
/// Requests are read on a thread of their own, so that the worker ends at once when the lab is gone, even in the
/// middle of a computation.
final class Wire: Sendable {
    private let input: FileHandle
    private let output: FileHandle
    private let lock = NSLock()

    /// Takes standard output for events and points file descriptor 1 at standard error, so that nothing the engine
    /// prints can end up between two frames.
    init() {
        input = FileHandle(fileDescriptor: dup(STDIN_FILENO), closeOnDealloc: true)
        output = FileHandle(fileDescriptor: dup(STDOUT_FILENO), closeOnDealloc: true)
        dup2(STDERR_FILENO, STDOUT_FILENO)
    }

    /// Calls `handle` for each request, in order, until the lab closes the pipe; then ends the process.
    ///
    /// - Parameter serving: what takes each request that comes after `serve`, at once and on the reading thread.
    func serve(
        serving: @escaping @Sendable (ServingRequest) -> Void,
        _ handle: @escaping @Sendable (WorkerRequest.Envelope) -> Void
    ) -> Never {
        let work = DispatchQueue(label: "worker.requests")
        var isServing = false
        do {
            while let payload = try Frame.next(read: { try self.input.read(upToCount: $0) ?? Data() }) {
                if isServing {
                    serving(try JSONDecoder().decode(ServingRequest.self, from: payload))
                    continue
                }
                let envelope = try JSONDecoder().decode(WorkerRequest.Envelope.self, from: payload)
                if case .serve = envelope.request { isServing = true }
                work.async { handle(envelope) }
            }
        } catch {
            complain("lab-worker: unreadable request: \(error)")
            _exit(ExitCode.usage.rawValue)
        }
        _exit(ExitCode.pass.rawValue)
    }

    /// Sends an event; ends the process when nobody listens any more.
    func send(_ event: WorkerEvent, for id: Int) {
        send { [try JSONEncoder().encode(WorkerEvent.Envelope(id: id, event: event))] }
    }

    /// Sends the events of a step of serving.
    func send(_ events: [ServingFrame.Event]) {
        send { try ServingFrame.encode(events) }
    }

    /// Says that a worker that serves is at work.
    func sendBeat() {
        send { [ServingFrame.beat] }
    }

    private func send(_ payloads: () throws -> [Data]) {
        do {
            let frames = try payloads().map(Frame.encode).reduce(into: Data()) { $0.append($1) }
            try lock.withLock { try output.write(contentsOf: frames) }
        } catch {
            complain("lab-worker: cannot answer: \(error)")
            _exit(ExitCode.unavailable.rawValue)
        }
    }
}

/// Writes a line to standard error, where the lab looks for a worker's last words.
func complain(_ message: String) {
    FileHandle.standardError.write(Data((message + "\n").utf8))
}
