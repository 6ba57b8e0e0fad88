import Foundation

/// Runs numbered jobs on several threads.
///
/// The first error stops the rest and is thrown.
enum ParallelJobs {
    /// `body` gets the job's number and that of the worker, which is at most `threads - 1` and runs one job at a time.
    static func run(count: Int, threads: Int, _ body: (_ job: Int, _ worker: Int) throws -> Void) throws {
        guard threads > 1, count > 1 else {
            for job in 0..<count { try body(job, 0) }
            return
        }
        let queue = JobQueue(count: count)
        withoutActuallyEscaping(body) { body in
            // Safe: the jobs of a run share no memory that they write, and none outlives the call.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: min(threads, count)) { worker in
                while let job = queue.next() {
                    do {
                        try body(job, worker)
                    } catch {
                        queue.stop(error)
                    }
                }
            }
        }
        if let failure = queue.failure { throw failure }
    }

    // `@unchecked`: every access to the fields holds the lock.
    private final class JobQueue: @unchecked Sendable {
        private let lock = NSLock()
        private let count: Int
        private var taken = 0
        private var firstFailure: (any Error)?

        init(count: Int) { self.count = count }

        var failure: (any Error)? { lock.withLock { firstFailure } }

        func next() -> Int? {
            lock.withLock {
                guard taken < count, firstFailure == nil else { return nil }
                taken += 1
                return taken - 1
            }
        }

        func stop(_ error: any Error) {
            lock.withLock { firstFailure = firstFailure ?? error }
        }
    }
}
