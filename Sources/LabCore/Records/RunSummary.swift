public import Foundation

/// One line of a list of runs.
public struct RunSummary: Hashable, Sendable {
    /// The run's identifier.
    public let id: String
    /// When it started, to the millisecond.
    public let startedAt: Date
    /// Name of its suite.
    public let suite: String
    /// Its overall verdict.
    public let verdict: VerdictStatus
    /// Wall time, in seconds.
    public let durationSeconds: Double
    /// Model and recipe of each candidate, in the run's order: "pajama-tiny Q4_K_M".
    public let candidates: [String]
    /// The command line that reproduces it.
    public let command: String
    /// The branch it was made from; nil where it is unknown.
    public let branch: String?
    /// Its tags, in alphabetical order.
    public let tags: [String]
    /// When it was accepted last; nil where it never was.
    public let acceptedAt: Date?

    /// Summarizes a run.
    public init(
        id: String, startedAt: Date, suite: String, verdict: VerdictStatus, durationSeconds: Double,
        candidates: [String], command: String, branch: String? = nil, tags: [String] = [], acceptedAt: Date? = nil
    ) {
        self.id = id
        self.startedAt = startedAt
        self.suite = suite
        self.verdict = verdict
        self.durationSeconds = durationSeconds
        self.candidates = candidates
        self.command = command
        self.branch = branch
        self.tags = tags
        self.acceptedAt = acceptedAt
    }
}
