public import Foundation

/// The word of a person that a run is the reference for those that follow.
public struct Acceptance: Hashable, Sendable, Codable {
    /// The run's identifier.
    public var runID: String
    /// When it was accepted, to the millisecond.
    public var acceptedAt: Date
    /// Why; may be empty.
    public var note: String

    /// Describes an acceptance.
    public init(runID: String, acceptedAt: Date, note: String) {
        self.runID = runID
        self.acceptedAt = acceptedAt
        self.note = note
    }
}
