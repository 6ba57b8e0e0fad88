public import History
public import LabCore

/// The metrics that a run's gates and its comparison with a reference judge, over time.
public enum RunTrends {
    /// Runs on the page of a run, the newest.
    public static let usualLimit = 30

    /// Up to the run itself and never beyond, so that a report made again is the same as long as the history has the
    /// runs before it, and no others.
    ///
    /// - Parameter limit: runs at most, the newest.
    public static func trends(
        of run: RunRecord, in history: History, limit: Int = usualLimit
    ) throws -> [Trend] {
        var metrics: [String] = []
        let judged = run.verdicts.compactMap(\.metric) + (run.regression?.changes.map(\.metric) ?? [])
        for metric in judged where !metrics.contains(metric) { metrics.append(metric) }
        guard !metrics.isEmpty else { return [] }
        return try history.trends(upTo: run, metrics: metrics, limit: limit)
    }
}
