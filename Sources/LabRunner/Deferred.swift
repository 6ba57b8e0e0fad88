import Dispatch

/// A result that another thread works on.
final class Deferred<Value: Sendable>: @unchecked Sendable {
    // Written once, before `done` is left; read only after waiting for it.
    private var result: Result<Value, any Error>?
    private let done = DispatchGroup()

    /// Starts the work.
    init(_ work: @escaping @Sendable () throws -> Value) {
        done.enter()
        DispatchQueue.global().async {
            self.result = Result(catching: work)
            self.done.leave()
        }
    }

    /// Waits for the work to end.
    func get() throws -> Value {
        done.wait()
        guard let result else { preconditionFailure("left before the result was there") }
        return try result.get()
    }
}
