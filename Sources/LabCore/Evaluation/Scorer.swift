/// A sample's score, or why it has none.
public enum Scored<Score: Sendable>: Sendable {
    /// The score.
    case scored(Score)
    /// No score, and why; never replaced by a number.
    case unscored(String)

    /// The score; nil where there is none.
    public var score: Score? {
        if case .scored(let score) = self { score } else { nil }
    }
}

/// The second step of an evaluation: a pure function of output and target.
public protocol Scorer: Sendable {
    /// What a solver put out.
    associatedtype Output: Sendable
    /// What it is held against: the parent's output, or a right answer.
    associatedtype Target: Sendable
    /// What comes out.
    associatedtype Score: Sendable

    /// Scores an output.
    func score(_ output: Output, against target: Target) -> Scored<Score>
}
