/// How often a comparison fails a candidate that did not get worse than allowed, over many random orders.
package struct FlakeSimulation: Sendable {
    /// Orders tried.
    package let shuffles: Int
    /// Orders in which at least one metric failed, whenever the run stopped.
    package let failures: Int
    /// Orders in which some metric was not decided before the last chunk but one.
    package let undecided: Int

    /// Compares over `shuffles` random orders, as `RunComparison` does: each of m metrics has alpha / m.
    ///
    /// - Parameters:
    ///   - metrics: for each metric the worsenings of all chunks, equally many, and the mean worsening allowed, above 0.
    ///   - seed: decides the orders.
    package init(
        metrics: [(worsenings: [Double], allowed: Double)], alpha: Double, shuffles: Int, seed: Digest
    ) {
        let count = metrics.first?.worsenings.count ?? 0
        precondition(count > 0 && metrics.allSatisfy { $0.worsenings.count == count }, "equally many chunks")
        var generator = Xoshiro256(seed: seed)
        var (failures, undecided) = (0, 0)
        for _ in 0..<shuffles {
            let order = RandomOrder.permutation(count: count, using: &generator)
            var hasFailed = false
            var isOpen = false
            for metric in metrics {
                var gate = ChangeGate(
                    allowed: metric.allowed, populationSize: count, alpha: alpha / Double(metrics.count))
                // The last chunk makes the comparison exact, and then it cannot err.
                for index in order.dropLast() where gate.decision == .undecided {
                    gate.observe(metric.worsenings[index])
                }
                if gate.decision == .fail { hasFailed = true }
                if gate.decision == .undecided { isOpen = true }
            }
            if hasFailed { failures += 1 }
            if isOpen { undecided += 1 }
        }
        self.shuffles = shuffles
        self.failures = failures
        self.undecided = undecided
    }

    /// The share of orders that failed.
    package var failure: Double { Double(failures) / Double(shuffles) }

    /// The upper limit of the probability of a failure, one-sided at 99 %, by Clopper and Pearson.
    package var failureLimit: Double? {
        Binomial.clopperPearson(failures, trials: shuffles, level: 0.98)?.high
    }
}
