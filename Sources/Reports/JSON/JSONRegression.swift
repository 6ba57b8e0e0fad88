import LabCore

extension JSONDocument {
    /// The shape of `regression`.
    struct Regression: Encodable {
        var reference: String
        var referenceReason: String
        var verdict: VerdictStatus
        var alpha: Double
        var changes: [GateJSON.Change]
        var missing: [GateJSON.Missing]

        init(_ record: RegressionRecord) {
            reference = record.reference
            referenceReason = record.why
            verdict = record.verdict
            alpha = record.alpha
            changes = record.changes.map(GateJSON.Change.init)
            missing = record.missing.map(GateJSON.Missing.init)
        }
    }
}
