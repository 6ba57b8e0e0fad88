public import Foundation
public import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A supervised worker process: one loaded artifact on one backend.
///
/// Whatever happens to the process (an abort of the engine, a kill, a hang, no memory) reaches the caller as an
/// ``InferenceError`` with the worker's last words. Requests are made one at a time.
public final class Worker: @unchecked Sendable {
    // `lock` protects `nextID`, `lastActivity` and `killedForSilence`; the process and the pipes are set once.
    private let lock = NSLock()
    private var nextID = 1
    private var lastActivity = ContinuousClock.now
    private var killedForSilence = false

    private let process = Process()
    private let exited = DispatchSemaphore(value: 0)
    let input = Pipe()
    let output = Pipe()
    private let lastWords = LastWords()
    let silenceLimit: Duration

    /// Starts a worker.
    ///
    /// - Parameters:
    ///   - executable: the worker's program.
    ///   - arguments: its arguments.
    ///   - silenceLimit: how long a request may go without any event before the worker counts as hung. Default: 10
    ///     minutes, far above the longest chunk and above the load of a large file from a slow disk.
    ///   - hasMachineAlone: whether speed is what matters and nothing else wants the cores: the engine's threads then
    ///     wait for each other as the engine has it by itself. Default: no.
    /// - Throws: ``InferenceError`` when the program cannot be started.
    public init(
        executable: URL, arguments: [String] = [], silenceLimit: Duration = .seconds(600),
        hasMachineAlone: Bool = false
    ) throws {
        self.silenceLimit = silenceLimit
        signal(SIGPIPE, SIG_IGN)
        let errors = Pipe()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = Self.environment(hasMachineAlone: hasMachineAlone)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        process.terminationHandler = { [exited] _ in exited.signal() }
        do {
            try process.run()
        } catch {
            throw InferenceError(
                .notStarted, "the worker \(executable.path) cannot be started: \(error.localizedDescription)",
                remedy: "build it with ./lab suites")
        }
        lastWords.listen(to: errors.fileHandleForReading)
    }

    deinit { stop() }

    /// The environment of workers: this process's, with short spins at the engine's barriers and no backtraces.
    ///
    /// GNU OpenMP spins for milliseconds by default. Where anything else wants the cores, another worker above all,
    /// the threads then wait for one that cannot run: of two workers at once on two cores, each writes 31 tokens a second
    /// with 1,000 turns, 7 with 10,000 and 1.6 with 50,000. A worker alone prefills and writes up to a tenth more with long
    /// spins.
    private static func environment(hasMachineAlone: Bool) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment
        if !hasMachineAlone, environment["GOMP_SPINCOUNT"] == nil, environment["OMP_WAIT_POLICY"] == nil {
            environment["GOMP_SPINCOUNT"] = "1000"
        }
        // Registers and images would bury what the engine says before it aborts.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        environment["GGML_NO_BACKTRACE"] = environment["GGML_NO_BACKTRACE"] ?? "1"
        return environment
    }

    /// The worker's process id.
    public var processIdentifier: Int32 { process.processIdentifier }

    /// Ends the worker: it sees the end of its input and exits; after two seconds it is killed. What it held of a device
    /// is free when this returns.
    public func stop() {
        try? input.fileHandleForWriting.close()
        guard process.isRunning else { return }
        if exited.wait(timeout: .now() + 2) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            guard exited.wait(timeout: .now() + 5) == .success else { return }
        }
        exited.signal()
    }

    /// Makes a request and returns its closing event.
    ///
    /// - Parameter onEvent: called for each event before the closing one, on this thread. An error it throws ends
    ///   the wait; the worker is then of no further use.
    public func perform(
        _ request: WorkerRequest, onEvent: (WorkerEvent) throws -> Void = { _ in }
    ) throws -> WorkerEvent {
        let id = lock.withLock {
            defer { nextID += 1 }
            lastActivity = .now
            return nextID
        }
        let watchdog = watch()
        defer { watchdog.cancel() }
        do {
            let payload = try JSONEncoder().encode(WorkerRequest.Envelope(id: id, request: request))
            try input.fileHandleForWriting.write(contentsOf: Frame.encode(payload))
        } catch {
            throw ending(of: request.purpose)
        }
        while let event = try nextEvent(answering: id, of: request) {
            switch event {
            case .scored, .predicted, .diverged, .completed, .followed, .timed, .advanced, .calibrated, .collected:
                try onEvent(event)
            case .greeted, .loaded, .chunked, .rendered, .benchmarked, .probed, .serving, .done:
                return event
            case .failed(let failure):
                throw InferenceError(
                    failure.isBackendMissing ? .backendMissing : .refused, failure.message, remedy: failure.remedy,
                    lastWords: failure.isBackendMissing ? [] : lastWords.lines(waitForEnd: false))
            }
        }
        throw ending(of: request.purpose)
    }

    private func nextEvent(answering id: Int, of request: WorkerRequest) throws -> WorkerEvent? {
        do {
            guard
                let payload = try Frame.next(read: {
                    try self.output.fileHandleForReading.read(upToCount: $0) ?? Data()
                })
            else { return nil }
            let envelope = try JSONDecoder().decode(WorkerEvent.Envelope.self, from: payload)
            guard envelope.id == id else {
                throw InferenceError(.garbled, "the worker answered request \(envelope.id) while \(id) was open")
            }
            lock.withLock { lastActivity = .now }
            return envelope.event
        } catch Frame.Problem.truncated {
            return nil
        } catch let error as InferenceError {
            throw error
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw InferenceError(
                .garbled, "the worker sent something that is no event while it had to \(request.purpose): \(error)",
                remedy: "build the lab and its worker together: ./lab suites",
                lastWords: lastWords.lines(waitForEnd: true))
        }
    }

    /// Kills the worker when a request goes without any event for longer than the limit.
    private func watch() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + 0.25, repeating: 0.25)
        timer.setEventHandler { [weak self] in
            guard let self else { return }
            let isSilent = self.lock.withLock {
                guard ContinuousClock.now - self.lastActivity > self.silenceLimit else { return false }
                self.killedForSilence = true
                return true
            }
            if isSilent { kill(self.process.processIdentifier, SIGKILL) }
        }
        timer.resume()
        return timer
    }

    /// Kills a worker that said nothing for too long; what is explained then says so.
    func killForSilence() {
        lock.withLock { killedForSilence = true }
        kill(process.processIdentifier, SIGKILL)
    }

    /// Explains why the worker's output ended.
    func ending(of purpose: String) -> InferenceError {
        if exited.wait(timeout: .now() + 2) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            exited.wait()
        }
        exited.signal()
        let words = lastWords.lines(waitForEnd: true)
        if lock.withLock({ killedForSilence }) {
            return InferenceError(
                .hung, "the worker said nothing for \(silenceLimit) while it had to \(purpose), and was stopped",
                remedy: "run it again; if it hangs again, see whether the machine swaps", lastWords: words)
        }
        let status = process.terminationStatus
        guard process.terminationReason == .uncaughtSignal else {
            return InferenceError(
                .died, "the worker ended with status \(status) while it had to \(purpose)",
                remedy: "what was measured is kept; run the same command again", lastWords: words)
        }
        let cause =
            switch status {
            case SIGKILL: "was killed (signal 9; the system does this when memory runs out)"
            case SIGABRT: "aborted (signal 6)"
            case SIGSEGV: "crashed (signal 11)"
            default: "was ended by signal \(status)"
            }
        return InferenceError(
            .died, "the worker \(cause) while it had to \(purpose)",
            remedy: "what was measured is kept; run the same command again, with more memory if it ran out",
            lastWords: words)
    }
}

extension WorkerRequest {
    /// What the worker had to do, for messages.
    var purpose: String {
        switch self {
        case .hello: "introduce itself"
        case .connect(let parameters): "find a device for \(parameters.backend)"
        case .load(let parameters): "load \(parameters.path)"
        case .chunk: "tokenize a text"
        case .score(let parameters): "score \(parameters.chunks.count) chunks"
        case .predict(let parameters): "describe the predictions on \(parameters.chunks.count) chunks"
        case .diverge(let parameters): "compare \(parameters.chunks.count) chunks with the parent's"
        case .render(let parameters): "render \(parameters.prompts.count) prompts"
        case .follow(let parameters): "follow \(parameters.texts.count) texts"
        case .generate(let parameters): "continue \(parameters.prompts.count) prompts"
        case .benchmark(let parameters): "time \(parameters.repetitions) repetitions at depth \(parameters.depth)"
        case .probe(let parameters): "measure what \(parameters.backend) can do"
        case .restoreCalibration(let sums): "continue the calibration of \(sums.name)"
        case .calibrate(let parameters): "calibrate on \(parameters.chunks.count) chunks"
        case .serve: "begin to serve"
        }
    }
}
