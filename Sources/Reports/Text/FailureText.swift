import LabCore

/// What went wrong at one gate, and the evidence, in words.
struct FailureText {
    let verdict: Verdict
    /// The gate's name among the run's others.
    let name: String
    let sentence: String
    /// Further facts, each a sentence without a full stop.
    let evidence: [String]
    /// The interval of the value judged, where the verdict does not carry it.
    let interval: Interval?

    /// What is no pass and no skip: against the reference, then of the suite's gates, the gravest first.
    static func all(_ run: RunRecord) -> [FailureText] {
        let changes = (run.regression?.changes ?? []).filter { $0.status == .fail || $0.status == .inconclusive }
        let gates = run.verdictsByWeight.filter { $0.status != .pass && $0.status != .skipped }
        return changes.sorted { $0.status == .fail && $1.status != .fail }.compactMap { FailureText($0, in: run) }
            + gates.map { FailureText($0, in: run) }
    }

    /// A change against the run's reference; nil for a run that has none.
    private init?(_ change: MetricChange, in run: RunRecord) {
        guard let regression = run.regression else { return nil }
        verdict = regression.verdict(of: change, in: run)
        interval = change.interval
        let place = Format.place(in: change.evaluation)
        name = "\(ReportPage.capitalized(Format.words(change.metric)))\(place) against run \(regression.reference)"
        sentence = "\(ReportPage.capitalized(RegressionText.subject(change))): \(change.reason)."
        let worst = change.status == .fail ? RegressionText.worst(change).map(ReportPage.capitalized) : nil
        evidence = [worst, "To look closer: " + RegressionText(regression).look(at: run.id)].compactMap { $0 }
    }

    private init(_ verdict: Verdict, in run: RunRecord) {
        self.verdict = verdict
        interval = nil
        name = ReportPage.capitalized(run.name(of: verdict))
        sentence = Headline.sentence(verdict, in: run)
        var evidence: [String] = []
        if let gate = GateText(verdict) {
            evidence.append(ReportPage.capitalized(gate.sentence))
            evidence.append(verdict.reason)
        } else if !sentence.contains(verdict.reason) {
            evidence.append(verdict.reason)
        }
        if let worst = Self.worstChunks(under: verdict, in: run) { evidence.append(worst) }
        evidence += PromptEvidence(verdict, in: run).lines
        self.evidence = evidence.filter { !$0.isEmpty }
    }

    /// "Farthest off: chunk 12 (+0.3123 nats per token), chunk 7 (+0.2511), chunk 3 (+0.2009)".
    private static func worstChunks(under verdict: Verdict, in run: RunRecord) -> String? {
        let series = run.pairedSeries.first {
            $0.evaluation == verdict.evaluation && $0.backend == verdict.backend && $0.artifact == verdict.artifact
        }
        guard let series, series.points.count > 1, verdict.status == .fail || verdict.status == .inconclusive else {
            return nil
        }
        let isDivergence = verdict.metric?.hasPrefix("kl_") == true
        let values = series.points.compactMap { point -> (chunk: Int, value: Double)? in
            let value = isDivergence ? point.klMean : point.candidate - point.parent
            return value.map { (point.index, $0) }
        }
        let worst = values.filter { $0.value > 0 }.sorted { ($0.value, $1.chunk) > ($1.value, $0.chunk) }.prefix(3)
        guard !worst.isEmpty else { return nil }
        let listed = worst.enumerated().map { rank, chunk in
            let value = isDivergence ? Format.significant(chunk.value) : Format.signed(chunk.value, 4)
            return "chunk \(chunk.chunk) (\(value)\(rank == 0 ? " nats per token" : ""))"
        }
        return "Farthest off: \(listed.joined(separator: ", "))"
    }
}

extension RunRecord {
    /// The gates, those first that decide against the run.
    var verdictsByWeight: [Verdict] {
        let order: [VerdictStatus] = [.fail, .infeasible, .inconclusive, .pass, .skipped]
        return order.flatMap { status in verdicts.filter { $0.status == status } }
    }
}
