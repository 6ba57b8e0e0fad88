import LabCore

/// The words of a comparison of two runs.
struct CompareText {
    /// One metric in both runs.
    struct Row {
        let metric: String
        /// Where it was measured: "perplexity on cpu", with the artifact where there are several.
        let place: String
        /// What numbers without a sign are in: "nats per token"; empty for a pure number.
        let unit: String
        let reference: String
        let value: String
        /// "+0.31 %", "unchanged".
        let change: String
        /// "95 % CI 0.1 to 0.5"; empty for an exact change.
        let interval: String
        /// What the change is known from.
        let basis: String
        let relation: MetricChange.Relation
    }

    let rows: [Row]
    /// How many metrics went which way.
    let sentence: String

    init(_ comparison: RunComparison) {
        let areSeveral = Set(comparison.changes.map(\.artifact)).count > 1
        rows = comparison.changes.map { Row($0, withArtifact: areSeveral) }
        guard !comparison.changes.isEmpty else {
            sentence =
                "The runs have no measurement in common: no candidate of theirs was measured by the same evaluation on "
                + "the same backend."
            return
        }
        let counts: [(MetricChange.Relation, String)] = [
            (.worse, "worse"), (.better, "better"), (.same, "the same"), (.unknown, "unknown"),
        ]
        let parts = counts.compactMap { relation, word in
            let count = comparison.changes.count { $0.relation == relation }
            return count == 0 ? nil : "\(count) \(word)"
        }
        sentence =
            "B beside A, \(Format.count(comparison.changes.count, "metric")): \(parts.joined(separator: ", "))."
    }

    /// "20261123-…, balanced, pajama-tiny Q4_K_M".
    static func name(of run: RunRecord) -> String {
        "run \(run.id), \(run.suite.name), \(candidates(of: run))"
    }

    /// "pajama-tiny Q4_K_M".
    static func candidates(of run: RunRecord) -> String {
        let candidates = run.artifacts.filter { $0.role == .candidate }.map { "\($0.model) \($0.recipe)" }
        return candidates.isEmpty ? "no candidate" : candidates.joined(separator: ", ")
    }

    static func amount(_ change: MetricChange) -> String {
        guard change.change != 0 else { return "unchanged" }
        let sign = change.change > 0 ? "+" : "\u{2212}"
        let amount = abs(change.change)
        let isCount = Format.isCount(amount, unit: change.changeUnit)
        return sign + (isCount ? Format.fixed(amount, 0) : Format.significant(amount, 3))
            + (change.isInPoints ? " points" : Format.sign(change.changeUnit))
    }

    fileprivate static func basis(_ change: MetricChange) -> String {
        let part = change.part ?? "chunk"
        let shared = Format.count(change.chunksShared, part)
        switch change.basis {
        case .sameSamples: return "the very same samples"
        case .exact:
            return change.chunksShared > 0
                ? "all \(shared), paired" : "the whole \(change.part == nil ? "text" : "set")"
        case .sequential, .paired: return "\(shared) in common, paired"
        case .repetitions:
            let counts = change.repetitions.map { "\($0.new) repetitions against \($0.reference)" } ?? "repetitions"
            return counts + (change.pValue.map { ", p = \(Format.significant($0, 2))" } ?? "")
        case .unpaired: return change.interval == nil ? "no interval to compare" : "no \(part) in common"
        }
    }
}

extension CompareText.Row {
    /// - Parameter isNamed: whether the artifact is told from others.
    init(_ change: MetricChange, withArtifact isNamed: Bool) {
        let limit = change.reference == change.value ? nil : change.reference
        self.init(
            metric: Format.words(change.metric),
            place: (isNamed ? "\(change.artifact), " : "") + "\(change.evaluation) on \(change.backend)",
            unit: String(Format.unitWords(change.unit).dropFirst()),
            reference: Format.valueBesideUnit(
                change.reference, of: change.metric, unit: change.unit, limit: change.value),
            value: Format.valueBesideUnit(change.value, of: change.metric, unit: change.unit, limit: limit),
            change: CompareText.amount(change),
            interval: change.interval.map { Format.interval($0, unit: change.changeUnit) } ?? "",
            basis: CompareText.basis(change), relation: change.relation)
    }
}
