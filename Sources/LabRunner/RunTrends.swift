public import History
public import LabCore

/// The metrics that a run's gates judge, over time.
public enum RunTrends {
    /// Runs at most, the newest: more would not be told apart on a phone.
    private static let limit = 50

    /// Up to the run itself and never beyond, so that a report made again is the same.
    public static func trends(of run: RunRecord, in history: History) throws -> [Trend] {
        var metrics: [String] = []
        for metric in run.verdicts.compactMap(\.metric) where !metrics.contains(metric) { metrics.append(metric) }
        guard !metrics.isEmpty else { return [] }
        return try history.trends(upTo: run, metrics: metrics, limit: limit)
    }
}
