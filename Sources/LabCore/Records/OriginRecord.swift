/// Where in version control a run's command was given.
public struct OriginRecord: Hashable, Sendable, Codable {
    /// The branch; nil for a detached head, and where it is unknown.
    public var branch: String?
    /// The commit's full digest; nil where it is unknown.
    public var commit: String?

    /// Describes an origin.
    public init(branch: String?, commit: String?) {
        self.branch = branch
        self.commit = commit
    }
}
