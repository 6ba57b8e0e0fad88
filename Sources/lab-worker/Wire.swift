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
    func serve(_ handle: @escaping @Sendable (WorkerRequest.Envelope) -> Void) -> Never {
        let work = DispatchQueue(label: "worker.requests")
        do {
            while let payload = try Frame.next(read: { try self.input.read(upToCount: $0) ?? Data() }) {
                let envelope = try JSONDecoder().decode(WorkerRequest.Envelope.self, from: payload)
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
        do {
            let payload = try JSONEncoder().encode(WorkerEvent.Envelope(id: id, event: event))
            try lock.withLock { try output.write(contentsOf: Frame.encode(payload)) }
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
