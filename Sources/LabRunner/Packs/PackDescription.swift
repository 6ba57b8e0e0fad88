import Foundation
public import LabCore

/// Whose predictions a pack holds, and under which conditions they were made.
public struct PackDescription: Hashable, Sendable, Codable {
    /// The version of the format.
    public static let supportedVersion = 1

    /// The format's version.
    public var version = supportedVersion
    /// The full-precision model.
    public var parent: ArtifactRecord
    /// What the predictions depend on beside the text: model, window, engine, backend, device, settings.
    public var conditions: SampleConditions
    /// What is kept of each prediction.
    public var settings: PredictionSettings

    init(parent: ArtifactRecord, conditions: SampleConditions, settings: PredictionSettings) {
        self.parent = parent
        self.conditions = conditions
        self.settings = settings
    }

    /// The pack's identifier: the digest of the conditions.
    public var id: Digest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers: there is nothing in it that JSON cannot hold.
        let json = (try? encoder.encode(conditions)) ?? Data()
        return Digest(of: Data("pack/1\n".utf8) + json)
    }
}

/// A text that a pack holds predictions on.
public struct PackText: Hashable, Sendable, Codable {
    /// Name in suites and reports.
    public var name: String
    /// Digest of its bytes.
    public var sha256: Digest
    /// The digests of its windows' tokens, in order.
    public var windows: [Digest]
    /// The parent against itself on this text; nil where it was not measured.
    public var floor: FidelityRecord.NoiseFloor?
}
