import LabCore

/// What a gate's verdict rests on, in words.
struct GateText {
    private let verdict: Verdict
    private let evidence: GateEvidence
    private let unit: String
    /// What the gate counts, in the singular: "chunk", "prompt".
    private let part: String

    /// Nil for a verdict without evidence, of which its own reason is all there is to say.
    init?(_ verdict: Verdict) {
        guard let evidence = verdict.evidence, let threshold = verdict.threshold else { return nil }
        self.verdict = verdict
        self.evidence = evidence
        unit = threshold.unit
        part = evidence.part ?? "chunk"
    }

    /// "41 of 592 chunks", "all 592 chunks".
    var chunks: String {
        let all = evidence.chunksAvailable
        guard evidence.basis == .exact || evidence.chunksUsed >= all else {
            return "\(evidence.chunksUsed) of \(Format.count(all, part))"
        }
        return all == 1 ? "the only \(part)" : "all \(Format.count(all, part))"
    }

    /// Whether the gate stopped before the last chunk.
    var isEarly: Bool {
        evidence.basis == .sequential && (verdict.status == .pass || verdict.status == .fail)
    }

    /// "93 % saved", rounded down; nil for a gate that did not stop early.
    var saved: String? {
        let all = evidence.chunksAvailable
        guard isEarly, all > evidence.chunksUsed else { return nil }
        let percent = 100 * (all - evidence.chunksUsed) / all
        return "\(percent < 1 ? "< 1" : "\(percent)")\(Format.percentSign) saved"
    }

    /// "stopped after 41 of 592 chunks, 93 % saved", "on all 592 chunks".
    var spent: String {
        guard isEarly else { return "on \(chunks)" }
        return "stopped after \(chunks)" + (saved.map { ", \($0)" } ?? "")
    }

    /// "98 % interval 1.20 to 4.41 %"; nil where no interval decided.
    var interval: String? {
        evidence.interval.map { interval in
            let level = Format.plain(interval.level * 100, digits: 4) + Format.percentSign
            return "\(level) interval \(Format.range(interval, unit: unit))\(Format.sign(unit))"
        }
    }

    /// "speaks of the clipped mean, each chunk held between −9.30 and 21.6 %"; nil for a verdict on values as they are.
    var clip: String? {
        guard isEarly else { return nil }
        guard let clip = evidence.clip else { return "speaks of the clipped mean" }
        // No share can lie outside.
        if unit == "percent", verdict.threshold?.polarity == .higherIsBetter, clip.low <= 0, clip.high >= 100 {
            return nil
        }
        let (low, high) = (Format.significant(clip.low, 3), Format.significant(clip.high, 3) + Format.sign(unit))
        return "speaks of the clipped mean, each chunk held between \(low) and \(high)"
    }

    /// "smallest detectable change 0.31 percentage points", or why there is none: said of every gate on a corpus.
    var effect: String? {
        // Repetitions are no part of anything that could be measured whole.
        if part == "repetition" { return nil }
        if evidence.basis == .exact { return "exact: no change is too small to see" }
        if let effect = evidence.minimumDetectableEffect {
            return "smallest detectable change \(Format.change(effect, unit: unit))"
        }
        return "smallest detectable change unknown" + (evidence.chunksUsed == 1 ? ": one \(part) has no spread" : "")
    }

    /// How many chunks an inconclusive gate would need; nil for the others.
    var needed: String? {
        guard verdict.status == .inconclusive else { return nil }
        if let needed = evidence.neededChunks {
            let isAll = needed == evidence.chunksAvailable
            return isAll ? "all \(Format.count(needed, part)) would decide" : "about \(needed) \(part)s would decide"
        }
        if part == "repetition" { return "more repetitions may decide" }
        return evidence.interval == nil ? "too few \(part)s for an interval" : "no number of \(part)s would decide"
    }

    /// All but the chunks spent, in one sentence without a full stop.
    var grounds: String { [needed, interval, clip, effect].compactMap { $0 }.joined(separator: "; ") }

    /// Everything in one sentence, without a full stop.
    var sentence: String { "\(spent); \(grounds)" }
}

extension RunRecord {
    /// Whether the gates say what they rest on; records of older labs do not.
    var hasEvidence: Bool { verdicts.contains { $0.evidence != nil } }

    /// What a gate limits, told from the run's other gates: "perplexity increase", "KL mean excess of Q4_K_M on cpu".
    func name(of verdict: Verdict) -> String {
        var name = Format.words(verdict.metric ?? verdict.evaluation) + Format.place(in: verdict.evaluation)
        let candidates = Set(verdicts.compactMap(\.artifact))
        if candidates.count > 1, let artifact = verdict.artifact { name += " of \(label(of: artifact))" }
        if Set(verdicts.map(\.backend)).count > 1 { name += " on \(verdict.backend)" }
        return name
    }
}
