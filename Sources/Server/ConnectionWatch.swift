import Foundation
import NIOCore

/// Notices that a client has gone, also while nothing is written to it.
///
/// A client that closes its side only is taken for one that has gone: no client of this interface does that and waits.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler, @unchecked Sendable {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    // `lock` protects everything below it.
    private let lock = NSLock()
    private var isClosed = false
    private var actions: [Int: @Sendable () -> Void] = [:]
    private var nextNumber = 0

    func channelInactive(context: ChannelHandlerContext) {
        close()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { close() }
        context.fireUserInboundEventTriggered(event)
    }

    private func close() {
        let due = lock.withLock {
            isClosed = true
            defer { actions = [:] }
            return Array(actions.values)
        }
        due.forEach { $0() }
    }

    /// Has `action` called when the client goes, at once where it is gone; returns a number for ``forget(_:)``.
    func onClose(_ action: @escaping @Sendable () -> Void) -> Int {
        let (number, isLate) = lock.withLock {
            nextNumber += 1
            if !isClosed { actions[nextNumber] = action }
            return (nextNumber, isClosed)
        }
        if isLate { action() }
        return number
    }

    /// Forgets an action.
    func forget(_ number: Int) { lock.withLock { actions[number] = nil } }
}
