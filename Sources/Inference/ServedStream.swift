import Foundation
public import LabCore

/// One served request's events on their way to whoever asked.
///
/// Events wait here, so that a slow reader holds up no other; they are no more than the answer's tokens.
public final class ServedStream: @unchecked Sendable {
    // `lock` protects everything below it.
    private let lock = NSLock()
    private var waiting: [ServedEvent] = []
    private var isOver = false
    private var isCancelled = false
    private var reader: CheckedContinuation<[ServedEvent], Never>?
    private var onCancel: (@Sendable () -> Void)?
    private var onEnd: (@Sendable (ServedEvent) -> Void)?

    /// Creates a stream; `onEnd` is called once with the event that closes the request.
    public init(onEnd: (@Sendable (ServedEvent) -> Void)? = nil) {
        self.onEnd = onEnd
    }

    /// All events since the last call, as soon as there are any; none once the request is closed.
    public func next() async -> [ServedEvent] {
        await withCheckedContinuation { continuation in
            let ready: [ServedEvent]? = lock.withLock {
                guard waiting.isEmpty, !isOver else {
                    defer { waiting = [] }
                    return waiting
                }
                reader = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    /// Gives the request up; its closing event comes all the same.
    public func cancel() {
        let action: (@Sendable () -> Void)? = lock.withLock {
            guard !isCancelled, !isOver else { return nil }
            isCancelled = true
            return onCancel
        }
        action?()
    }

    /// Has `action` called when the request is given up, at once where it was already.
    public func onCancel(_ action: @escaping @Sendable () -> Void) {
        let isLate = lock.withLock {
            onCancel = action
            return isCancelled
        }
        if isLate { action() }
    }

    /// Takes events; what comes after the closing one is dropped.
    public func put(_ events: [ServedEvent]) {
        var closing: ServedEvent?
        var end: (@Sendable (ServedEvent) -> Void)?
        let resumed: (CheckedContinuation<[ServedEvent], Never>, [ServedEvent])? = lock.withLock {
            guard !isOver else { return nil }
            for event in events {
                waiting.append(event)
                guard event.isClosing else { continue }
                isOver = true
                closing = event
                end = onEnd
                onEnd = nil
                onCancel = nil
                break
            }
            guard let reader, !waiting.isEmpty else { return nil }
            self.reader = nil
            defer { waiting = [] }
            return (reader, waiting)
        }
        if let (reader, events) = resumed { reader.resume(returning: events) }
        if let closing { end?(closing) }
    }
}

extension ServedEvent {
    /// Whether nothing comes after it.
    public var isClosing: Bool {
        switch self {
        case .finished, .failed: true
        case .started, .prompt, .text, .call, .tokens: false
        }
    }
}
