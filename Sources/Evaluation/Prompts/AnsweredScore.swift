/// How often a prompt was answered rightly.
public struct AnsweredScore: Hashable, Sendable {
    /// The candidate's share of right answers over its draws, from 0 to 1; 0 or 1 for one draw.
    public var candidate: Double
    /// The parent's; nil where it was not asked.
    public var parent: Double?

    /// Creates a score.
    public init(candidate: Double, parent: Double?) {
        self.candidate = candidate
        self.parent = parent
    }
}
