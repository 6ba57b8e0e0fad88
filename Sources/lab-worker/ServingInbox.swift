import Foundation
import LabCore

/// Where requests wait for the loop that serves them.
///
/// Conversations are rendered and cut into tokens on a queue of their own, so that a long one delays no running text.
final class ServingInbox: @unchecked Sendable {
    /// What there is for the loop to do.
    enum Item {
        case begin(PreparedPrompt)
        case cancel(UInt32)
    }

    // `condition` protects `items`; `preparation` is set before the first request comes and then read on `queue` alone.
    private let condition = NSCondition()
    private var items: [Item] = []
    private let queue = DispatchQueue(label: "worker.preparation")
    private var preparation: ServingPreparation?
    private var report: (@Sendable (UInt32, ServedFailure) -> Void)?

    /// Has what comes made ready by `preparation`; `report` is told of what cannot be.
    func open(_ preparation: ServingPreparation, report: @escaping @Sendable (UInt32, ServedFailure) -> Void) {
        queue.sync {
            self.preparation = preparation
            self.report = report
        }
    }

    /// Takes a request from the lab.
    @Sendable
    func take(_ request: ServingRequest) {
        let arrival = ContinuousClock.now
        queue.async { [self] in
            guard let begin = request.begin else { return put(.cancel(request.id)) }
            guard let preparation else { return }
            do {
                put(.begin(try preparation.prepare(begin, id: request.id, arrival: arrival)))
            } catch let failure as ServedFailure {
                report?(request.id, failure)
            } catch let problem as WorkerProblem {
                report?(request.id, ServedFailure(.request, problem.failure.message))
            } catch {
                report?(request.id, ServedFailure(.worker, "\(error)"))
            }
        }
    }

    private func put(_ item: Item) {
        condition.withLock {
            items.append(item)
            condition.signal()
        }
    }

    /// All that came since the last call; waits for something where `waits` says so.
    func next(waits: Bool) -> [Item] {
        condition.withLock {
            while waits && items.isEmpty { condition.wait() }
            defer { items.removeAll(keepingCapacity: true) }
            return items
        }
    }
}
