import Foundation
import LabCore

/// The ways in which a gate can end, with what it then rests on.
///
/// By hand: 41 of 592 chunks leave 551, which is 93.07 %.
enum GateEnding: String, CaseIterable {
    /// `nothingHelps` is what older labs recorded of a mean that is the limit itself.
    case earlyPass, earlyFail, needsMore, nothingHelps, exact

    var status: VerdictStatus {
        switch self {
        case .earlyPass, .exact: .pass
        case .earlyFail: .fail
        case .needsMore, .nothingHelps: .inconclusive
        }
    }

    /// Of a gate on an increase of 5 percent.
    var percent: (value: Double, evidence: GateEvidence) {
        let clip = Interval(low: -9.2971, high: 21.5506, level: 1)
        return switch self {
        case .earlyPass:
            (2.5315120524428858, evidence(.sequential, 41, Interval(low: 1.2, high: 4.41, level: 0.98), clip, 0.314))
        case .earlyFail:
            (11.25, evidence(.sequential, 9, Interval(low: 5.37, high: 19.6, level: 0.98), clip, 2.06))
        case .needsMore:
            (4.75, evidence(.interval, 41, Interval(low: 3.6, high: 5.9, level: 0.98), nil, 0.98, needed: 480))
        case .nothingHelps:
            (4.999, evidence(.interval, 41, Interval(low: 3.849, high: 6.149, level: 0.98), nil, 0.98))
        case .exact: (2.5315120524428858, evidence(.exact, 592, nil, nil, 0))
        }
    }

    private func evidence(
        _ basis: GateEvidence.Basis, _ used: Int, _ interval: Interval?, _ clip: Interval?, _ effect: Double,
        needed: Int? = nil
    ) -> GateEvidence {
        GateEvidence(
            basis: basis, chunksUsed: used, chunksAvailable: 592, alpha: 0.01, interval: interval, clip: clip,
            minimumDetectableEffect: effect, neededChunks: needed)
    }
}

/// A run of two evaluations, perplexity and fidelity, on a backend that is there and one that is not.
func fidelityRun(
    _ ending: GateEnding = .earlyPass, source: FidelityRecord.Source = .pack, hasFloor: Bool = true
) -> RunRecord {
    var run = sampleRun()
    let gate = ending.percent
    run.verdict = ending.status
    run.measurements[2].value = gate.value
    run.measurements += [
        fidelityValue(.klMean, 0.0321456, interval: Interval(low: 0.0302, high: 0.0341, level: 0.95)),
        fidelityValue(.klMeanExcess, 0.0321454, interval: Interval(low: 0.0302, high: 0.0341, level: 0.95)),
        fidelityValue(.klMedian, 0.00891), fidelityValue(.klP90, 0.0714), fidelityValue(.klP99, 0.4021),
        fidelityValue(.klMax, 9.123),
        fidelityValue(.topAgreement, 93.214, interval: Interval(low: 92.81, high: 93.61, level: 0.95)),
    ]
    run.verdicts = [
        Verdict(
            evaluation: "perplexity", backend: "cpu", artifact: candidatePath, metric: "perplexity_increase",
            status: ending.status, value: gate.value,
            threshold: Threshold(metric: .perplexityIncrease, limit: 5), reason: "what the gate found",
            evidence: gate.evidence),
        Verdict(
            evaluation: "fidelity", backend: "cpu", artifact: candidatePath, metric: "kl_mean_excess", status: .pass,
            value: 0.0321454, threshold: Threshold(metric: .klMeanExcess, limit: 0.08), reason: "what the gate found",
            evidence: GateEvidence(
                basis: .sequential, chunksUsed: 57, chunksAvailable: 592, alpha: 0.01,
                interval: Interval(low: 0.0249, high: 0.0651, level: 0.98),
                clip: Interval(low: 0, high: 0.32, level: 1), minimumDetectableEffect: 0.0041)),
        run.verdicts[1],
    ]
    let digests = (0..<2).map { Digest(of: "\($0)") }
    run.pairedSeries.append(
        PairedSeries(
            evaluation: "fidelity", backend: "cpu", artifact: candidatePath,
            points: [
                .init(index: 0, sample: digests[0], parent: 1.7, candidate: 1.71, klMean: 0.041, topAgreement: 0.9375),
                .init(index: 1, sample: digests[1], parent: 2, candidate: 2.04, klMean: 0.025, topAgreement: 0.9258),
            ]))
    let floor = FidelityRecord.NoiseFloor(
        klMeanNats: 1.7e-7, klMaxNats: 0.000031, topAgreementPercent: 99.98, chunks: 8, microBatches: [512, 128])
    run.fidelity = [
        FidelityRecord(
            evaluation: "fidelity", backend: "cpu", artifact: candidatePath, source: source, positions: 14_592,
            klStandardErrorNats: source == .pack ? 0.000118 : 0, floor: hasFloor ? floor : nil,
            flips: .init(onlyParentRight: 412, onlyCandidateRight: 296, mcNemarP: 1.4e-5),
            pack: source == .pack
                ? .init(
                    id: Digest(of: "pack"), settings: PredictionSettings(topCount: 128, tailCount: 64),
                    bytes: 12_345_678,
                    shareOfLogitsPercent: 0.2917)
                : nil,
            worst: worstTokens)
    ]
    return run
}

private func fidelityValue(_ metric: MetricDefinition, _ value: Double, interval: Interval? = nil)
    -> LabCore.Measurement
{
    LabCore.Measurement(
        artifact: candidatePath, backend: "cpu", evaluation: "fidelity", metric: metric, value: value, n: 57,
        interval: interval, cached: false)
}

/// Four tokens, worst first: one plain, one at a line break, one hostile, one in a script of another direction.
private let worstTokens: [FidelityRecord.WorstToken] = [
    (
        12, 300, 9.123, "It was built by the Romans, and is today the capital of", " France", " France", " the", 0.071,
        8.6
    ),
    (3, 257, 4.5, "= Gameplay =\n\n The player\ttakes", "\n", "\n", "", 0.3, 3.1),
    (7, 411, 3.25, hostileText, hostileText, "\u{301}", "\u{200D}", 1.2, 5.4),
    (8, 400, 2.125, "\u{5DB}\u{5DC} \u{4F60}\u{597D}", " \u{5D0}", "\u{A0}", " \u{4E16}", 2.5, 2.75),
].map { chunk, position, kl, context, token, parent, candidate, parentNats, candidateNats in
    FidelityRecord.WorstToken(
        chunk: chunk,
        token: DivergentToken(
            position: position, klNats: kl, context: context, token: token, parentChoice: parent,
            candidateChoice: candidate, parentNats: parentNats, candidateNats: candidateNats))
}

/// A run of two evaluations in which every text is hostile.
func hostileFidelityRun() -> RunRecord {
    var run = hostileRun()
    let source = fidelityRun(.needsMore)
    run.fidelity = source.fidelity
    run.verdicts[0].evidence = source.verdicts[0].evidence
    run.reuse.changes = [hostileText]
    run.fidelity?[0].artifact = run.artifacts[1].path
    run.fidelity?[0].evaluation = hostileText
    run.fidelity?[0].backend = hostileText
    for index in run.pairedSeries[0].points.indices { run.pairedSeries[0].points[index].klMean = 0.02 }
    for index in worstTokens.indices {
        run.fidelity?[0].worst[index].token.context = hostileText
        run.fidelity?[0].worst[index].token.parentChoice = hostileText
        run.fidelity?[0].worst[index].token.candidateChoice = hostileText
    }
    return run
}

/// A run as an older lab recorded it, without any of what is known of gates, fidelity and changes today.
func olderRun() -> RunRecord {
    var run = sampleRun()
    run.fidelity = nil
    run.reuse.changes = nil
    for index in run.measurements.indices { run.measurements[index].unscored = nil }
    return run
}
