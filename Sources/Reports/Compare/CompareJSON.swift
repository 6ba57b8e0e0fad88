public import Foundation
public import LabCore

/// A comparison of two runs for programs: its changes are those of docs/gate.schema.json.
public enum CompareJSON {
    private struct Document: Encodable {
        var schemaVersion = GateJSON.schemaVersion
        var run: String
        var reference: String
        var alpha: Double
        var changes: [GateJSON.Change]
    }

    /// Renders a comparison: pretty-printed, keys sorted, the same bytes for the same comparison.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ comparison: RunComparison) throws -> Data {
        try GateJSON.encode(
            Document(
                run: comparison.run.id, reference: comparison.reference.id, alpha: comparison.alpha,
                changes: comparison.changes.map(GateJSON.Change.init)), run: comparison.run.id)
    }
}
