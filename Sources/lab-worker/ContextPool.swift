import CLlama
import Dispatch
import Foundation
import LabCore

/// A context of a pool, and its parent's for comparisons in lockstep.
struct PooledContext {
    let context: Context
    let parent: Context?
    let batch: Batch
}

/// Contexts over one model that compute windows and texts side by side.
///
/// The threads that share a small model's matrices wait for each other longer than they compute. With a context for
/// each of them nobody waits. A model whose weights no cache holds has one context with all threads, since each context
/// reads the weights for itself.
struct ContextPool {
    let all: [PooledContext]

    /// The most bytes of weights that are read from caches.
    private static let cachedBytes: UInt64 = 1 << 24

    /// Windows worth asking for at once, so that none waits for the next question; nil for one context.
    var windowsAtOnce: Int? { all.count > 1 ? 4 * all.count : nil }

    /// - Parameter isWhole: one context with all threads, however small the model is.
    init(_ parameters: WorkerRequest.LoadParameters, model: Model, parent: Model?, isWhole: Bool = false) throws {
        let isShared =
            !isWhole && parameters.backend == "cpu" && !parameters.calibrates
            && [model, parent].allSatisfy { $0.map { llama_model_size($0.handle) <= Self.cachedBytes } ?? true }
        let count = isShared ? max(1, parameters.threads) : 1
        var own = parameters
        own.threads = parameters.threads / count
        own.parallelSequences = (parameters.parallelSequences + count - 1) / count
        all = try (0..<count).map { _ in
            let context = try Context(own, model: model)
            return PooledContext(
                context: context,
                parent: try parent.map { try Context(own, microBatch: parameters.parentMicroBatch, model: $0) },
                batch: Batch(capacity: context.contextLength))
        }
    }

    /// Computes an event for each item, on whichever context is free, and tells them in the items' order.
    func compute<Item>(
        _ items: [Item], report: (WorkerEvent) -> Void, _ body: (PooledContext, Item) throws -> WorkerEvent
    ) throws {
        let queue = OrderedEvents(count: items.count)
        try run { _, member in
            do {
                while let index = queue.next() { queue.finish(index, try body(member, items[index]), report) }
            } catch {
                queue.stop()
                throw error
            }
        }
    }

    /// Deals items to the contexts, which take them on at the same time.
    ///
    /// Which items a context gets depends on nothing but their order, and so do the batches in which they are computed.
    ///
    /// - Parameter check: throws for an item that cannot be computed; called for all of them before anything is.
    func deal<Item>(
        _ items: [Item], check: (Context, Item) throws -> Void, _ body: (Context, [Item]) throws -> Void
    ) throws {
        for item in items { try check(all[0].context, item) }
        try run { index, member in
            let own = stride(from: index, to: items.count, by: all.count).map { items[$0] }
            try body(member.context, own)
        }
    }

    /// Calls `body` with each context at the same time; throws the first one's error.
    private func run(_ body: (Int, PooledContext) throws -> Void) throws {
        guard all.count > 1 else { return try body(0, all[0]) }
        var results = [Result<Void, any Error>](repeating: .success(()), count: all.count)
        results.withUnsafeMutableBufferPointer { results in
            withoutActuallyEscaping(body) { body in
                // Each iteration writes its own result and uses its own context; all outlive the call.
                nonisolated(unsafe) let (results, body, members) = (results, body, all)
                DispatchQueue.concurrentPerform(iterations: members.count) { index in
                    results[index] = Result { try body(index, members[index]) }
                }
            }
        }
        try results.forEach { try $0.get() }
    }
}

/// Hands out the places of a list, and tells what was made of them in their order.
private final class OrderedEvents: @unchecked Sendable {
    private let count: Int
    // `lock` protects everything below it.
    private let lock = NSLock()
    private var begun = 0
    private var told = 0
    private var waiting: [Int: WorkerEvent] = [:]

    init(count: Int) { self.count = count }

    /// The next place; nil when there is none.
    func next() -> Int? {
        lock.withLock {
            guard begun < count else { return nil }
            defer { begun += 1 }
            return begun
        }
    }

    func finish(_ index: Int, _ event: WorkerEvent, _ report: (WorkerEvent) -> Void) {
        lock.withLock {
            waiting[index] = event
            while let event = waiting.removeValue(forKey: told) {
                report(event)
                told += 1
            }
        }
    }

    /// Hands out nothing more.
    func stop() { lock.withLock { begun = count } }
}
