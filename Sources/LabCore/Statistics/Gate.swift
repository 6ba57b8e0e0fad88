import Foundation

/// How a gate decides.
public enum Gate {
    /// Judges an estimate against a limit.
    ///
    /// The gate is a margin on a finite corpus. When every chunk of it was measured, the point estimate is the
    /// corpus's own value and decides. When only a part was measured, the interval decides: pass when it lies inside
    /// the limit, fail when it lies outside, inconclusive when it straddles it or cannot be computed. What is not
    /// finite is inconclusive too.
    ///
    /// - Parameters:
    ///   - isWholeCorpus: whether every chunk of the corpus was measured.
    ///   - part: what the corpus is made of, in the singular.
    public static func judge(
        _ estimate: Estimate, against threshold: Threshold, isWholeCorpus: Bool, part: String = "chunk"
    ) -> (status: VerdictStatus, reason: String) {
        let limit = "the limit of \(threshold.text(threshold.limit))"
        let value = threshold.text(estimate.value)
        guard estimate.value.isFinite, threshold.limit.isFinite else {
            return (.inconclusive, "\(value) against \(limit): there is no number to judge")
        }
        if isWholeCorpus {
            let isInside = threshold.admits(estimate.value)
            let extent = part == "measurement" ? ", measured once," : " on all \(estimate.n) \(part)s"
            return (
                isInside ? .pass : .fail,
                "\(value)\(extent) is \(isInside ? "inside" : "outside") \(limit)"
            )
        }
        guard let interval = estimate.interval, interval.low.isFinite, interval.high.isFinite else {
            return (
                .inconclusive,
                "\(estimate.n) \(part)(s) of a larger \(part == "chunk" ? "text" : "set") give no interval; measure more \(part)s"
            )
        }
        let range = "\(Gate.text(interval.low)) to \(Gate.text(interval.high))"
        switch (threshold.admits(interval.low), threshold.admits(interval.high)) {
        case (true, true):
            return (.pass, "\(value), interval \(range) from \(estimate.n) \(part)s, is inside \(limit)")
        case (false, false):
            return (.fail, "\(value), interval \(range) from \(estimate.n) \(part)s, is outside \(limit)")
        default:
            return (
                .inconclusive,
                "\(value), interval \(range) from \(estimate.n) \(part)s, straddles \(limit); measure more \(part)s"
            )
        }
    }

    /// Why a sequential gate stopped: what it knows, of what, and how surely.
    public static func earlyReason(
        _ value: Double, of threshold: Threshold, evidence: GateEvidence, isInside: Bool
    ) -> String {
        let chunks = "\(evidence.chunksUsed) of \(evidence.chunksAvailable) \(evidence.part ?? "chunk")s"
        var text = "\(threshold.text(value)) on \(chunks): the mean of all"
        if let clip = evidence.clip { text += ", each clipped to \(Gate.text(clip.low)) to \(Gate.text(clip.high))," }
        text +=
            " is \(isInside ? "inside" : "outside") the limit of \(threshold.text(threshold.limit)) with "
        return text + "\(Gate.text(100 * (1 - evidence.alpha))) % confidence"
    }

    /// A number with at most three decimals, or four significant digits where it is small, for sentences.
    static func text(_ value: Double) -> String {
        let isSmall = value != 0 && abs(value) < 0.1 && value.isFinite
        let scale = isSmall ? pow(10, 3 - log10(abs(value)).rounded(.down)) : 1000
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int64(rounded)) : String(rounded)
    }

    /// A unit as it stands behind a number, with its space; empty where there is none.
    static func unitText(_ unit: String, of amount: Double) -> String {
        switch unit {
        case "percent": " %"
        case "1": ""
        case "texts", "prompts", "languages", "tokens", "percentage_points":
            " " + (amount == 1 ? String(unit.dropLast()) : unit).replacing("_", with: " ")
        default: " " + unit.replacing("_", with: " ")
        }
    }
}

extension Threshold {
    /// An amount in the limit's unit.
    fileprivate func text(_ amount: Double) -> String { Gate.text(amount) + Gate.unitText(unit, of: amount) }
}
