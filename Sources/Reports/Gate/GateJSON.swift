public import Foundation
public import LabCore

/// A gate's outcome for programs. Its schema is docs/gate.schema.json.
public enum GateJSON {
    /// The version of the schema; it rises when a field changes meaning or goes.
    public static let schemaVersion = 1

    private struct Document: Encodable {
        var schemaVersion = GateJSON.schemaVersion
        var run: String
        @Nullable var reference: String?
        var referenceReason: String
        var verdict: VerdictStatus
        var headline: String
        var look: String
        @Nullable var alpha: Double?
        var limits: [Limit]
        var changes: [Change]
        var missing: [Missing]
    }

    /// A metric that only one of the runs measured, as JSON has it.
    struct Missing: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var metric: String
        var measuredBy: String

        init(_ missing: MissingMetric) {
            evaluation = missing.evaluation
            backend = missing.backend
            artifact = missing.artifact
            metric = missing.metric
            measuredBy = missing.measuredBy
        }
    }

    private struct Limit: Encodable {
        var evaluation: String
        var backend: String
        @Nullable var metric: String?
        var status: VerdictStatus
        @Nullable var value: Double?
        @Nullable var threshold: Double?
        @Nullable var unit: String?
        var reason: String
    }

    /// A change between two runs, as JSON has it.
    struct Change: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var metric: String
        var unit: String
        var polarity: Polarity
        var reference: Double
        var value: Double
        var change: Double
        var changeUnit: String
        @Nullable var interval: Interval?
        @Nullable var toleranceRelativePercent: Double?
        @Nullable var toleranceAbsolute: Double?
        @Nullable var allowed: Double?
        @Nullable var pValue: Double?
        @Nullable var repetitions: MetricChange.Repetitions?
        var basis: MetricChange.Basis
        var chunksShared: Int
        @Nullable var chunksAvailable: Int?
        @Nullable var neededChunks: Int?
        var relation: MetricChange.Relation
        @Nullable var status: VerdictStatus?
        var reason: String
        var worst: [MetricChange.Chunk]
        @Nullable var part: String?

        init(_ change: MetricChange) {
            evaluation = change.evaluation
            backend = change.backend
            artifact = change.artifact
            metric = change.metric
            unit = change.unit
            polarity = change.polarity
            reference = change.reference
            value = change.value
            self.change = change.change
            changeUnit = change.changeUnit
            interval = change.interval
            toleranceRelativePercent = change.tolerance?.relativePercent
            toleranceAbsolute = change.tolerance?.absolute
            allowed = change.allowed
            pValue = change.pValue
            repetitions = change.repetitions
            basis = change.basis
            chunksShared = change.chunksShared
            chunksAvailable = change.chunksAvailable
            neededChunks = change.neededChunks
            relation = change.relation
            status = change.status
            reason = change.reason
            worst = change.worst
            part = change.part
        }
    }

    /// Renders an outcome: pretty-printed, keys sorted, the same bytes for the same outcome.
    ///
    /// - Throws: ``ReportError`` when a number is not finite.
    public static func render(_ outcome: GateOutcome) throws -> Data {
        let summary = GateSummary(outcome)
        var why = ""
        switch outcome.reference {
        case .run(_, let reason), .none(let reason): why = reason
        }
        return try encode(
            Document(
                run: outcome.run.id, reference: outcome.comparison?.reference.id, referenceReason: why,
                verdict: outcome.verdict, headline: summary.headline, look: summary.hint,
                alpha: outcome.comparison?.alpha,
                limits: outcome.run.verdicts.map {
                    Limit(
                        evaluation: $0.evaluation, backend: $0.backend, metric: $0.metric, status: $0.status,
                        value: $0.value, threshold: $0.threshold?.limit, unit: $0.threshold?.unit, reason: $0.reason)
                },
                changes: (outcome.comparison?.judged ?? []).map(Change.init),
                missing: (outcome.comparison?.missing ?? []).map(Missing.init)), run: outcome.run.id)
    }

    /// Encodes as all JSON of the reports.
    static func encode(_ document: some Encodable, run: String) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        do {
            return try encoder.encode(document) + [UInt8(ascii: "\n")]
        } catch {
            throw ReportError.rendering(run: run, report: "gate", cause: "\(error)")
        }
    }
}
