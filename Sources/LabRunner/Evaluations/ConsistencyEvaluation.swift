import Evaluation
import LabCore

/// A backend's predictions along a text beside the CPU's, and beside its own computed otherwise.
struct ConsistencyEvaluation {
    let subject: ConsistencySubject
    let text: WindowText

    private var session: BackendSession { subject.session }

    /// Tokens that a record names.
    private static let worstTokens = 8

    func run() throws -> Findings {
        let windows = try session.windows(of: text, by: subject.candidate)
        var record = subject.record
        var findings = try floor(windows, into: &record)
        guard subject.comparison != nil else {
            findings.append(subject.nothingToCompare)
            findings.consistency = [record]
            return findings
        }
        let reference = try subject.session.reference()
        let expected = try reference.windows(of: text, by: subject.reference)
        let isAlike = (0..<max(windows.count, expected.count)).map { index in
            windows.indices.contains(index) && expected.indices.contains(index) && windows[index] == expected[index]
        }
        findings.append(tokenization(isAlike, keys: windows + expected))
        record.tokenizedDifferently = isAlike.count { !$0 }
        findings.append(
            try comparison(windows, isCutAlike: record.tokenizedDifferently == 0, with: reference, into: &record))
        findings.consistency = [record]
        return findings
    }

    /// What is said of the first windows of a text.
    ///
    /// - Parameter judged: how many of them a verdict is on; nil for all there are.
    private func findings<Score: Sendable>(
        _ scores: [Scored<Score>], _ metrics: [any Metric<Score>], limit: Int?, of available: Int, judged: Int? = nil,
        keys: [Digest], cached: Bool = false
    ) -> Findings {
        subject.findings(
            scores, metrics: metrics, input: (text.name, text.sha256), limit: limit, available: available,
            judged: judged, part: "chunk", keys: keys, cached: cached)
    }

    // MARK: - Against itself

    private func floor(_ windows: [Digest], into record: inout ConsistencyRecord) throws -> Findings {
        let own = WindowEvaluation(
            subject.plan, text: text, windows: windows, candidate: subject.candidate, on: session,
            against: subject.candidate, on: session, progress: subject.progress)
        let predictions = try PredictionSource(own, settings: PredictionSettings())
        let variation = subject.variation
        let floor = try NoiseFloorMeasurement(own, predictions: predictions).divergences(
            of: subject.candidate, variation)
        record.predictionsFloor = .init(of: floor.scores)
        record.variation = subject.record(of: variation)
        let usage = floor.usage + predictions.usage
        // The floor is a figure of the windows that it is made on: they are all of it.
        var findings = findings(
            floor.scores.map(Scored.scored), Registry.consistencyFloorMetrics, limit: floor.scores.count,
            of: windows.count, judged: floor.scores.count, keys: floor.keys, cached: usage.areAllReused)
        // The text is listed by what is compared on it.
        findings.datasets = []
        findings.usage = usage
        return findings
    }

    // MARK: - Against the CPU

    private func tokenization(_ isAlike: [Bool], keys: [Digest]) -> Findings {
        var findings = findings(
            isAlike.map(Scored.scored), [CountMetric<Bool>(.windowsTokenizedDifferently) { $0 ? 0 : 1 }], limit: nil,
            of: isAlike.count, keys: keys)
        findings.datasets = []
        return findings
    }

    private func comparison(
        _ windows: [Digest], isCutAlike: Bool, with reference: BackendSession, into record: inout ConsistencyRecord
    ) throws -> Findings {
        let plan = subject.plan
        let shared = WindowEvaluation(
            plan, text: text, windows: windows, candidate: subject.candidate, on: session,
            against: subject.reference, on: reference, progress: subject.progress)
        let metrics = Registry.consistencyMetrics
        guard isCutAlike else {
            let reason = "the text is other tokens on \(reference.backend)"
            return findings(
                [.unscored(reason)], metrics, limit: plan.chunkLimit, of: windows.count, keys: windows)
        }
        let predictions = try PredictionSource(shared, settings: PredictionSettings())
        let divergences = try Divergences(shared, of: subject.candidate, predictions: predictions) {
            session.host(of: subject.candidate)
        }
        let indices = shared.order(isSequential: false)
        divergences.source.upcoming = indices
        predictions.upcoming = indices
        let stage = "\(plan.name) \(subject.candidate.recipe)"
        if !indices.allSatisfy(divergences.isKnown) {
            // One of the two is in memory at a time.
            for (done, index) in indices.enumerated() {
                _ = try predictions.record(of: index)
                subject.progress(
                    ProgressUpdate(
                        stage: "\(stage) on \(reference.backend)", completed: done + 1, total: indices.count,
                        unit: "chunks"))
            }
            reference.release(subject.reference)
        }
        let scorer = DivergenceScorer()
        var scores: [(index: Int, score: Scored<ChunkDivergence>)] = []
        for index in indices {
            let output = try divergences.source.output(of: index)
            scores.append((index, scorer.score(output, against: output.parent)))
            subject.progress(
                ProgressUpdate(
                    stage: "\(stage) on \(session.backend)", completed: scores.count, total: indices.count,
                    unit: "chunks"))
        }
        let whole = scores.compactMap { index, scored in scored.score.map { (index: index, score: $0) } }
        record.predictions = .init(of: whole.map(\.score))
        record.worst = Array(
            whole.flatMap { index, score in score.worst.map { FidelityRecord.WorstToken(chunk: index, token: $0) } }
                .sorted { $0.token.klNats > $1.token.klNats }.prefix(Self.worstTokens))
        let usage = divergences.source.usage() + predictions.usage
        var findings = findings(
            scores.map(\.score), metrics, limit: plan.chunkLimit, of: windows.count,
            keys: indices.map { divergences.keys[$0] },
            cached: usage.areAllReused)
        findings.usage = usage
        return findings
    }
}

extension ConsistencyRecord.Predictions {
    /// Sums up divergences; nil without any.
    init?(of scores: [ChunkDivergence]) {
        guard let mean = KLMeanMetric().estimate(scores, level: 0.95),
            let largest = scores.flatMap(\.klNats).max(),
            let agreement = TopAgreementMetric().estimate(scores, level: 0.95),
            let difference = LogitDifferenceMetric().estimate(scores, level: 0.95)
        else { return nil }
        self.init(
            klMeanNats: mean.value, klMaxNats: Double(largest), topAgreementPercent: agreement.value,
            logitDifferenceMaxNats: difference.value, windows: scores.count)
    }
}
