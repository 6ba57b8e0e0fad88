public import History
public import LabCore

/// The metrics that a run's gates judge, over time.
public enum RunTrends {
    /// Up to the run itself and never beyond, so that a report made again is the same.
    public static func trends(of run: RunRecord, in history: History) throws -> [Trend] { [] }
}
