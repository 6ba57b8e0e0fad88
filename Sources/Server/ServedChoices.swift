import Foundation
import Hummingbird
import Inference
import LabCore
import NIOCore
import Serving

/// The answers to one request's prompts on their way to its client.
///
/// They are given up when the client goes, and when the request takes longer than it may.
final class ServedChoices: @unchecked Sendable {
    private typealias Merged = AsyncThrowingStream<(index: Int, events: [ServedEvent]), any Error>

    private let service: ModelService
    private let client: String
    private let prompts: [ServedPrompt]
    private let watch: ConnectionWatch?
    private let channel: any Channel

    // Read by the one task that asks for what is next.
    private var openCount: Int
    private var iterator: Merged.AsyncIterator
    private let source: Merged.Continuation

    // `lock` protects everything below it.
    private let lock = NSLock()
    private var streams: [ServedStream] = []
    private var isGivenUp = false
    private var isOverTime = false
    private var watchNumber: Int?
    private var timer: Scheduled<Void>?

    /// How long a client may take to read what is left when a request has been given up.
    private static let patience = TimeAmount.seconds(20)

    init(
        _ prompts: [ServedPrompt], service: ModelService, client: String, channel: any Channel, limit: Duration
    ) async {
        self.prompts = prompts
        self.service = service
        self.client = client
        self.channel = channel
        openCount = prompts.count
        let merged = Merged.makeStream()
        iterator = merged.stream.makeAsyncIterator()
        source = merged.continuation
        watch = try? await channel.pipeline.handler(type: ConnectionWatch.self).get()
        watchNumber = watch?.onClose { [weak self] in self?.giveUp() }
        let seconds = TimeAmount.nanoseconds(Int64(limit / .nanoseconds(1)))
        timer = channel.eventLoop.scheduleTask(in: seconds) { [weak self, channel] in
            self?.runOut()
            // One who does not read holds the connection no longer.
            channel.eventLoop.scheduleTask(in: Self.patience) { [weak self] in
                if self != nil { channel.close(promise: nil) }
            }
        }
    }

    /// Has nothing given up any more.
    func close() {
        let number = lock.withLock {
            timer?.cancel()
            defer { watchNumber = nil }
            return watchNumber
        }
        if let number { watch?.forget(number) }
    }

    /// Whether the request took longer than it may.
    var isLate: Bool { lock.withLock { isOverTime } }

    /// Gives all answers up.
    func giveUp() {
        let open = lock.withLock {
            isGivenUp = true
            return streams
        }
        open.forEach { $0.cancel() }
    }

    private func runOut() {
        lock.withLock { isOverTime = true }
        giveUp()
    }

    /// Asks for the answers.
    ///
    /// An answer to the same prompt as the one before begins when that has its first token: what the prompt left in its
    /// slot is then of use.
    func begin() throws {
        for first in prompts.indices where first == 0 || prompts[first].source != prompts[first - 1].source {
            let stream = try submit(first)
            if prompts.count > 1 { Task { [self] in await forward(first, stream) } }
        }
    }

    /// What is told of answers, by the numbers of their prompts, as soon as there is anything; nil when all are whole.
    ///
    /// - Throws: `ServingError` where one of several answers is not taken.
    func next() async throws -> (index: Int, events: [ServedEvent])? {
        guard openCount > 0 else { return nil }
        let next: (index: Int, events: [ServedEvent])?
        if prompts.count == 1 {
            next = await (0, streams[0].next())
        } else {
            next = try await iterator.next()
        }
        if let next, next.events.contains(where: \.isClosing) { openCount -= 1 }
        return next
    }

    private func submit(_ index: Int) throws -> ServedStream {
        let stream = try service.submit(prompts[index], client: client)
        let isLost = lock.withLock {
            streams.append(stream)
            return isGivenUp
        }
        if isLost { stream.cancel() }
        return stream
    }

    /// Forwards an answer's events, and has the further answers to its prompt begin.
    private func forward(_ first: Int, _ stream: ServedStream) async {
        var hasBegunOthers = false
        while true {
            let events = await stream.next()
            guard !events.isEmpty else { return }
            if !hasBegunOthers, !events.allSatisfy({ if case .started = $0 { true } else { false } }) {
                hasBegunOthers = true
                beginOthers(after: first)
            }
            source.yield((first, events))
        }
    }

    private func beginOthers(after first: Int) {
        var index = first + 1
        while index < prompts.count, prompts[index].source == prompts[first].source {
            do {
                let stream = try submit(index)
                Task { [self, index] in
                    while true {
                        let events = await stream.next()
                        guard !events.isEmpty else { return }
                        source.yield((index, events))
                    }
                }
            } catch {
                return source.finish(throwing: error)
            }
            index += 1
        }
    }
}
