import Foundation
public import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A worker that serves: requests come and go while others are answered.
///
/// When the worker ends, `onEnd` is told why, and then every open request gets a failure.
public final class ServingConnection: @unchecked Sendable {
    /// What the worker can do.
    public let start: WorkerEvent.ServingStart

    // `lock` protects everything below it.
    private let lock = NSLock()
    private var streams: [UInt32: ServedStream] = [:]
    private var nextID: UInt32 = 1
    private var lastActivity = ContinuousClock.now
    private var isOver = false

    private let worker: Worker
    /// Writing of frames, one whole one after the other.
    private let writing = DispatchQueue(label: "serving.requests")
    private let watchdog: any DispatchSourceTimer
    private let onEnd: @Sendable (InferenceError) -> Void

    /// Has a worker serve that has an artifact loaded.
    ///
    /// - Parameter onEnd: called once when the worker has ended, also where ``stop()`` ended it.
    /// - Throws: ``InferenceError`` when it cannot.
    public init(
        _ worker: Worker, parameters: WorkerRequest.ServeParameters = .init(),
        onEnd: @escaping @Sendable (InferenceError) -> Void = { _ in }
    ) throws {
        guard case .serving(let start) = try worker.perform(.serve(parameters)) else {
            throw InferenceError(.garbled, "the worker did not begin to serve")
        }
        self.worker = worker
        self.start = start
        self.onEnd = onEnd
        watchdog = DispatchSource.makeTimerSource(queue: .global())
        watchdog.schedule(deadline: .now() + 1, repeating: 1)
        watchdog.setEventHandler { [weak self] in self?.watch() }
        watchdog.resume()
        // The thread ends with the worker's output, which `stop` closes.
        let thread = Thread { [self] in read() }
        thread.name = "serving.events"
        thread.start()
    }

    /// The worker's process id.
    public var processIdentifier: Int32 { worker.processIdentifier }

    /// Asks for an answer; its events go to `stream`, which may give the request up.
    public func begin(_ prompt: ServedPrompt, stream: ServedStream) {
        let id: UInt32? = lock.withLock {
            guard !isOver else { return nil }
            defer { nextID &+= 1 }
            // What was silent while nothing was asked for is not hung.
            if streams.isEmpty { lastActivity = .now }
            streams[nextID] = stream
            return nextID
        }
        guard let id else { return stream.put([.failed(ServedFailure(.worker, "the worker has ended"))]) }
        write(ServingRequest(id: id, begin: prompt))
        stream.onCancel { [weak self] in self?.write(ServingRequest(id: id, begin: nil)) }
    }

    /// Ends the worker.
    public func stop() { worker.stop() }

    private func write(_ request: ServingRequest) {
        writing.async { [worker] in
            // A worker that has ended is told of by its output.
            guard let payload = try? JSONEncoder().encode(request) else { return }
            try? worker.input.fileHandleForWriting.write(contentsOf: Frame.encode(payload))
        }
    }

    private func watch() {
        let isSilent = lock.withLock {
            !isOver && !streams.isEmpty && ContinuousClock.now - lastActivity > worker.silenceLimit
        }
        if isSilent { worker.killForSilence() }
    }

    /// Reads events until the worker ends.
    private func read() {
        var buffer = FrameBuffer()
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let descriptor = worker.output.fileHandleForReading.fileDescriptor
        var problem: (any Error)?
        reading: while true {
            let count = bytes.withUnsafeMutableBytes { Self.readSome(descriptor, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            buffer.append(bytes.prefix(count))
            do {
                while let frame = try buffer.next() { deliver(try ServingFrame.decode(frame)) }
            } catch {
                problem = error
                break reading
            }
        }
        end(problem)
    }

    private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private func deliver(_ events: [ServingFrame.Event]) {
        var deliveries: [(stream: ServedStream, events: [ServedEvent])] = []
        lock.withLock {
            lastActivity = .now
            var last: UInt32?
            for event in events {
                if event.id == last {
                    deliveries[deliveries.count - 1].events.append(event.event)
                } else if let stream = streams[event.id] {
                    deliveries.append((stream, [event.event]))
                    last = event.id
                } else {
                    last = nil
                    continue
                }
                if event.event.isClosing {
                    streams[event.id] = nil
                    last = nil
                }
            }
        }
        for (stream, events) in deliveries { stream.put(events) }
    }

    private func end(_ problem: (any Error)?) {
        watchdog.cancel()
        let error: InferenceError
        if let problem {
            worker.killForSilence()
            error = InferenceError(
                .garbled, "the worker sent something that is no event while it served: \(problem)",
                remedy: "build the lab and its worker together: ./lab suites")
        } else {
            error = worker.ending(of: "answer requests")
        }
        // First, so that nobody gives this worker more when its open requests end.
        onEnd(error)
        let open = lock.withLock {
            isOver = true
            defer { streams = [:] }
            return Array(streams.values)
        }
        for stream in open { stream.put([.failed(ServedFailure(.worker, error.message))]) }
    }
}

/// Bytes of a pipe on their way to whole frames.
private struct FrameBuffer {
    private var data = Data()
    private var place = 0

    mutating func append(_ bytes: some Collection<UInt8>) {
        // What has been read is dropped now and then, not with every frame.
        if place > 1 << 16 || place == data.count {
            data = Data(data[place...])
            place = 0
        }
        data.append(contentsOf: bytes)
    }

    mutating func next() throws -> Data? {
        guard data.count - place >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(data[place + $1]) << (8 * $1) }
        guard length <= Frame.maximumLength else { throw Frame.Problem.tooLong(length) }
        guard data.count - place - 4 >= length else { return nil }
        defer { place += 4 + length }
        return data.subdata(in: (place + 4)..<(place + 4 + length))
    }
}
