import Foundation

/// Fetches small things whole, beside each other: descriptions, and the beginnings of files.
struct HubFetches {
    /// What is wanted.
    struct Wanted {
        /// The address.
        var address: String
        /// The bytes; nil for all.
        var range: Range<Int64>?
        /// What for.
        var question: HubQuestion
    }

    /// More than any description has.
    private static let limitBytes = 256 << 20

    private let settings: HubSettings

    init(settings: HubSettings) { self.settings = settings }

    /// The bytes of everything wanted, in the same order.
    ///
    /// Follows redirections and tries again what fails. Throws the first ``HubError`` that no try mends.
    func callAsFunction(_ wanted: [Wanted]) throws -> [[UInt8]] {
        let loop = try TransferLoop(connections: settings.connections)
        let all = wanted.map { Fetch($0, settings: settings) }
        while let next = all.first(where: { $0.result == nil }) {
            for fetch in all where fetch.isIdle && loop.count < settings.connections {
                if let begin = fetch.begins, begin > .now { continue }
                try fetch.start(in: loop)
            }
            loop.turn(atMost: next.isIdle ? .milliseconds(20) : .milliseconds(200))
            for fetch in all { if case .failure(let error) = fetch.result { throw error } }
        }
        return try all.map { try $0.result?.get() ?? [] }
    }

    /// One of them.
    private final class Fetch {
        private let wanted: Wanted
        private let settings: HubSettings
        private var address: String
        private var bytes: [UInt8] = []
        private var redirections = 0
        private var failures = 0
        private var isRunning = false
        private(set) var begins: ContinuousClock.Instant?
        private(set) var result: Result<[UInt8], HubError>?

        init(_ wanted: Wanted, settings: HubSettings) {
            self.wanted = wanted
            self.settings = settings
            address = wanted.address
        }

        var isIdle: Bool { !isRunning && result == nil }

        func start(in loop: TransferLoop) throws {
            isRunning = true
            bytes = []
            let transfer = try Transfer(
                wanted.question.request(address, range: wanted.range), settings: settings)
            var answer: HubAnswer?
            transfer.onHead = { [unowned self] head in
                answer = read(head)
                if case .content = answer { return true }
                return false
            }
            transfer.onBytes = { [unowned self] more in
                guard bytes.count + more.count <= HubFetches.limitBytes else { return false }
                bytes.append(contentsOf: more)
                // A part ends by itself, and its connection is kept.
                return bytes.count <= (wantedCount ?? .max)
            }
            transfer.onEnd = { [unowned self] end in
                isRunning = false
                settle(answer, end)
            }
            loop.add(transfer)
        }

        /// Content that is not what was asked for is a fault too.
        private func read(_ head: HTTPHead) -> HubAnswer {
            let answer = wanted.question.answer(head, from: address)
            guard case .content = answer, let range = wanted.range else { return answer }
            if head.status == 206, let part = head.contentRange, part.bytes.lowerBound == range.lowerBound {
                return .content
            }
            // All of the file may begin with what is wanted; the rest is not read.
            if head.status == 200, range.lowerBound == 0 { return .content }
            return .later("other bytes than were asked for", pause: nil)
        }

        private func settle(_ answer: HubAnswer?, _ end: Transfer.End) {
            switch (answer, end) {
            case (.elsewhere(let place), _):
                redirections += 1
                guard redirections <= 6 else {
                    return fail(HubError(.malformed, "\(wanted.question.subject): the hub leads in circles"))
                }
                address = place
            case (.final(let error), _): fail(error)
            case (.later(let why, let pause), _): retry(why, pause: pause)
            case (_, .failed(let why, let isFinal)):
                // Who is offline should hear of it in seconds.
                isFinal || failures >= 3 ? fail(unreachable(why)) : retry(why, pause: nil)
            case (_, .stopped) where bytes.count >= wantedCount ?? .max: succeed()
            case (_, .stopped): fail(HubError(.malformed, "\(wanted.question.subject): the answer does not end"))
            case (_, .whole) where bytes.count < wantedCount ?? 0: retry("the answer ends too early", pause: nil)
            case (_, .whole): succeed()
            }
        }

        private var wantedCount: Int? { wanted.range.map { Int($0.upperBound - $0.lowerBound) } }

        private func succeed() {
            result = .success(wantedCount.map { Array(bytes.prefix($0)) } ?? bytes)
        }

        private func retry(_ why: String, pause: Duration?) {
            failures += 1
            guard failures <= settings.patience else { return fail(unreachable(why)) }
            address = wanted.address
            redirections = 0
            let wait = min(max(pause ?? .zero, settings.pause(afterFailures: failures)), settings.longestPause)
            begins = .now + wait
        }

        private func unreachable(_ why: String) -> HubError {
            .unreachable(wanted.question.subject, why, settings: settings)
        }

        private func fail(_ error: HubError) { result = .failure(error) }
    }
}

extension HubError {
    /// What is said when tries have not helped.
    static func unreachable(_ subject: String, _ why: String, settings: HubSettings) -> HubError {
        HubError(
            .unreachable, "\(subject) cannot be had from \(settings.endpoint): \(why)",
            remedy: "check the network, and https_proxy and HF_ENDPOINT where they are set; what came is kept, and the "
                + "same command goes on from there")
    }
}
