public import Foundation

/// Which runs are asked for; what is nil may be anything.
public struct RunFilter: Sendable {
    /// Name of the suite.
    public var suite: String?
    /// Name of a candidate's model, in any case.
    public var model: String?
    /// A candidate's recipe, in any case.
    public var recipe: String?
    /// The branch.
    public var branch: String?
    /// A tag.
    public var tag: String?
    /// Runs that started at this moment or later.
    public var since: Date?
    /// The newest; nil for all.
    public var limit: Int?

    /// Everything.
    public init() {}
}
