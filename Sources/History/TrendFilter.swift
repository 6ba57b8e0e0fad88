public import Foundation

/// Which trends are asked for; what is nil may be anything.
public struct TrendFilter: Sendable {
    /// Name of the suite.
    public var suite: String?
    /// The evaluation's name.
    public var evaluation: String?
    /// Name of the model, in any case.
    public var model: String?
    /// The recipe, in any case.
    public var recipe: String?
    /// The backend.
    public var backend: String?
    /// Text that the device's name contains, in any case.
    public var device: String?
    /// Runs that started at this moment or later.
    public var since: Date?
    /// The newest points of each series. Default: 100.
    public var pointLimit = 100
    /// The series with the newest runs. Default: 20.
    public var seriesLimit = 20

    /// Everything.
    public init() {}
}
