import LabCore

/// A run whose candidate lost so many nats on every chunk since the one before, held against that.
///
/// - Parameters:
///   - hasReference: false for a run that there is nothing to compare with.
///   - hostile: what the suite's gate says in place of its reason; empty for that.
///   - hasMissing: whether the reference measured something more that is judged.
func gateOutcome(
    lost: Double, hasReference: Bool = true, hostile: String = "", hasMissing: Bool = false,
    tolerances: [RegressionTolerance] = RegressionTolerance.usual
) -> GateOutcome {
    var before = sampleRun()
    before.datasets[0].chunksAvailable = 2
    before.verdicts.removeLast()
    var after = before
    (before.id, after.id) = ("20261122-100000-aaaaaa", "20261123-100000-bbbbbb")
    for index in after.pairedSeries.indices {
        for point in after.pairedSeries[index].points.indices {
            after.pairedSeries[index].points[point].candidate += lost
        }
    }
    if !hostile.isEmpty { after.verdicts[0].reason = hostile }
    if hasMissing {
        before.measurements.append(
            Measurement(
                artifact: candidatePath, backend: "cpu", evaluation: "fidelity", metric: .klMean, value: 0.03, n: 2,
                interval: nil, cached: false))
    }
    let comparison = RunComparison(after, against: before, tolerances: tolerances)
    return GateOutcome(
        after, reference: hasReference ? .run(comparison, why: "accepted last") : .none("nothing is accepted yet"))
}

/// A run of two of a corpus's thousand chunks, held against one of the same two, which decides nothing.
func undecidedOutcome() -> GateOutcome {
    let outcome = gateOutcome(lost: 0.05)
    guard case .run(let comparison, let why) = outcome.reference else { return outcome }
    var (before, after) = (comparison.reference, outcome.run)
    before.datasets[0].chunksAvailable = 1000
    after.datasets[0].chunksAvailable = 1000
    after.pairedSeries[0].points[0].candidate += 1
    let undecided = RunComparison(after, against: before, tolerances: RegressionTolerance.usual)
    return GateOutcome(after, reference: .run(undecided, why: why))
}

/// A run that its suite's limits let through, and that is worse than its reference.
func regressedRun() -> RunRecord { gateOutcome(lost: 0.05, hasMissing: true).record }

/// A run that is no worse than its reference.
func heldRun() -> RunRecord { gateOutcome(lost: 0).record }

/// A run of which nothing can be said against its reference.
func incomparableRun() -> RunRecord {
    var outcome = gateOutcome(lost: 0)
    let comparison = RunComparison(outcome.run, against: emptyRun(), tolerances: RegressionTolerance.usual)
    outcome = GateOutcome(outcome.run, reference: .run(comparison, why: "as named"))
    return outcome.record
}

/// A run whose reference and whose judgements against it are hostile.
func hostileRegressionRun() -> RunRecord {
    var run = hostileFidelityRun()
    run.verdict = .fail
    run.regression = regressedRun().regression
    run.regression?.reference = hostileText
    run.regression?.why = hostileText
    for index in (run.regression?.changes ?? []).indices {
        run.regression?.changes[index].artifact = hostileText
        run.regression?.changes[index].reason = hostileText
        run.regression?.changes[index].evaluation = hostileText
    }
    return run
}
