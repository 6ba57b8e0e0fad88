import Foundation
public import Inference
public import LabCore

/// A model that answers requests: a worker, started again when it ends, and a fair queue before its slots.
public final class ModelService: @unchecked Sendable {
    /// Limits of a service.
    public struct Limits: Sendable {
        /// Requests that may wait beside those that are answered; one more is refused. Default: 256.
        public var waiting: Int
        /// How often a worker that cannot be started is tried again before requests are refused. Default: 5.
        public var starts: Int

        /// Creates limits.
        public init(waiting: Int = 256, starts: Int = 5) {
            self.waiting = waiting
            self.starts = starts
        }
    }

    private struct Waiting {
        var prompt: ServedPrompt
        var stream: ServedStream
    }

    private enum State {
        case running(ServingConnection)
        case starting
        case broken(String)
        case stopped
    }

    // `lock` protects everything below it.
    private let lock = NSLock()
    private var state = State.starting
    private var queue = FairQueue<Waiting>()
    private var nextNumber: UInt64 = 1
    private var statistics = ServingStatistics()
    private var isDraining = false
    private var idleWaiters: [CheckedContinuation<Void, Never>] = []

    private let limits: Limits
    private let connect: @Sendable (@escaping @Sendable (InferenceError) -> Void) throws -> ServingConnection
    private let report: @Sendable (String) -> Void
    private let relay = LossRelay()

    /// Starts a worker.
    ///
    /// - Parameters:
    ///   - report: called with a line for whoever runs the service, as when a worker ends.
    ///   - connect: starts a worker with the artifact loaded and has it serve; its argument is the connection's `onEnd`.
    /// - Throws: what `connect` throws.
    public init(
        limits: Limits = Limits(), report: @escaping @Sendable (String) -> Void = { _ in },
        connect: @escaping @Sendable (@escaping @Sendable (InferenceError) -> Void) throws -> ServingConnection
    ) throws {
        self.limits = limits
        self.report = report
        self.connect = connect
        let made = try connect(relay.tell)
        start = made.start
        state = .running(made)
        statistics.slots = made.start.slots
        relay.attach(self)
    }

    /// What the first worker said of itself.
    public let start: WorkerEvent.ServingStart

    /// What was done so far.
    public var current: ServingStatistics {
        lock.withLock {
            var now = statistics
            now.waiting = queue.count
            return now
        }
    }

    /// Whether requests are answered now.
    public var isReady: Bool {
        lock.withLock {
            if case .running = state { return !isDraining }
            return false
        }
    }

    /// The worker's process id; nil while there is none.
    public var processIdentifier: Int32? {
        lock.withLock {
            if case .running(let connection) = state { return connection.processIdentifier }
            return nil
        }
    }

    /// Takes a request; it waits its turn among those of all clients.
    ///
    /// - Throws: ``ServingError`` where it cannot be taken.
    public func submit(_ prompt: ServedPrompt, client: String = "") throws -> ServedStream {
        let arrival = ContinuousClock.now
        let stream = ServedStream { [weak self] event in self?.ended(event, arrival: arrival) }
        try lock.withLock {
            try requireOpen()
            guard statistics.running < statistics.slots || queue.count < limits.waiting else {
                statistics.refused += 1
                throw ServingError(.queueFull, "\(queue.count) requests are waiting; no more are taken")
            }
            let number = nextNumber
            nextNumber += 1
            // Before anyone can begin it, whose own action takes this one's place.
            stream.onCancel { [weak self] in self?.withdraw(number, client: client) }
            queue.append(Waiting(prompt: prompt, stream: stream), number: number, client: client)
        }
        advance()
        return stream
    }

    private func requireOpen() throws {
        if isDraining { throw ServingError(.unavailable, "the server is shutting down") }
        switch state {
        case .running, .starting: return
        case .broken(let why): throw ServingError(.unavailable, "the model's worker cannot be started: \(why)")
        case .stopped: throw ServingError(.unavailable, "the server has shut down")
        }
    }

    /// Gives what waits to the worker's free slots.
    private func advance() {
        while true {
            let next: (Waiting, ServingConnection)? = lock.withLock {
                guard case .running(let connection) = state, statistics.running < statistics.slots,
                    let waiting = queue.next()
                else { return nil }
                statistics.running += 1
                return (waiting, connection)
            }
            guard let (waiting, connection) = next else { return }
            connection.begin(waiting.prompt, stream: waiting.stream)
        }
    }

    /// Takes back a request that still waits.
    private func withdraw(_ number: UInt64, client: String) {
        let waiting: Waiting? = lock.withLock {
            guard let waiting = queue.remove(number, client: client) else { return nil }
            // It counts as one that ran, since its end is counted as of one.
            statistics.running += 1
            return waiting
        }
        waiting?.stream.put([.finished(.cancelledBeforeStart)])
    }

    private func ended(_ event: ServedEvent, arrival: ContinuousClock.Instant) {
        let waiters: [CheckedContinuation<Void, Never>] = lock.withLock {
            statistics.running -= 1
            switch event {
            case .finished(let end):
                statistics.finished[end.reason, default: 0] += 1
                statistics.promptTokens += end.promptTokens
                statistics.cachedTokens += end.cachedTokens
                statistics.writtenTokens += end.writtenTokens
                if end.reason != .cancelled {
                    let whole = (ContinuousClock.now - arrival) / .seconds(1)
                    statistics.whole.count(whole)
                    statistics.firstToken.count(max(0, whole - end.writingSeconds))
                }
            case .failed(let failure): statistics.failed[failure.cause, default: 0] += 1
            case .started, .prompt, .text, .call, .tokens: break
            }
            guard statistics.running == 0, queue.isEmpty else { return [] }
            defer { idleWaiters = [] }
            return idleWaiters
        }
        waiters.forEach { $0.resume() }
        advance()
    }

    // MARK: - Workers

    fileprivate func lost(_ error: InferenceError) {
        let restarts = lock.withLock {
            guard case .running = state else { return false }
            state = .starting
            statistics.slots = 0
            statistics.restarts += 1
            return true
        }
        guard restarts else { return }
        report(error.description)
        report("starting another worker")
        restart()
    }

    private func restart() {
        let thread = Thread { [self] in
            for attempt in 0..<limits.starts {
                // A worker that cannot be started may find its memory or its file again.
                if attempt > 0 { Thread.sleep(forTimeInterval: min(30, pow(2, Double(attempt - 1)))) }
                guard lock.withLock({ if case .starting = state { true } else { false } }) else { return }
                do {
                    return install(try connect(relay.tell))
                } catch {
                    report("the worker cannot be started: \(error)")
                    if attempt == limits.starts - 1 { giveUp("\(error)") }
                }
            }
        }
        thread.name = "serving.restart"
        thread.start()
    }

    private func install(_ connection: ServingConnection) {
        let isWanted = lock.withLock {
            guard case .starting = state else { return false }
            state = .running(connection)
            statistics.slots = connection.start.slots
            return true
        }
        guard isWanted else { return connection.stop() }
        report("the worker is back")
        advance()
    }

    private func giveUp(_ why: String) {
        lock.withLock { if case .starting = state { state = .broken(why) } }
        failQueue("the model's worker cannot be started: \(why)")
    }

    /// Fails all that waits.
    private func failQueue(_ why: String) {
        let lost = lock.withLock {
            let all = queue.removeAll()
            // They count as ones that ran, since their ends are counted as of such.
            statistics.running += all.count
            return all
        }
        for waiting in lost { waiting.stream.put([.failed(ServedFailure(.worker, why))]) }
    }

    /// Takes no more requests, answers those that there are, and ends the worker; after `limit` without them.
    public func drain(limit: Duration) async {
        lock.withLock { isDraining = true }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitUntilIdle() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            self.lock.withLock { self.takeIdleWaiters() }.forEach { $0.resume() }
            group.cancelAll()
        }
        stop()
    }

    private func takeIdleWaiters() -> [CheckedContinuation<Void, Never>] {
        defer { idleWaiters = [] }
        return idleWaiters
    }

    private func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = lock.withLock {
                guard statistics.running > 0 || !queue.isEmpty else { return true }
                idleWaiters.append(continuation)
                return false
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Ends the worker at once, and fails what waits.
    public func stop() {
        let connection: ServingConnection? = lock.withLock {
            defer { state = .stopped }
            if case .running(let connection) = state { return connection }
            return nil
        }
        connection?.stop()
        failQueue("the server has shut down")
    }
}

/// Tells a service that its worker has ended, also where that happens before there is a service to tell.
private final class LossRelay: @unchecked Sendable {
    // `lock` protects everything below it.
    private let lock = NSLock()
    private weak var service: ModelService?
    private var early: InferenceError?

    func attach(_ service: ModelService) {
        let missed = lock.withLock {
            self.service = service
            defer { early = nil }
            return early
        }
        if let missed { service.lost(missed) }
    }

    @Sendable
    func tell(_ error: InferenceError) {
        let service: ModelService? = lock.withLock {
            if self.service == nil { early = error }
            return self.service
        }
        service?.lost(error)
    }
}
