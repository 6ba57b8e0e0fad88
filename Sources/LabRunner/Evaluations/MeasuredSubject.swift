import Evaluation
import LabCore

/// What an evaluation measures on: a candidate, on a backend, with the chunks of a text or the prompts of a set.
struct MeasuredSubject {
    let evaluation: String
    let backend: String
    let candidate: ArtifactRecord
    /// The text's or the set's name.
    let name: String
    /// Digest of its bytes.
    let sha256: Digest
    /// Most parts asked for; nil for all.
    let limit: Int?
    /// Parts there are.
    let available: Int
    /// What its parts are, in the singular: "chunk", "prompt".
    let part: String

    /// Measurements, verdicts and the data set of scores.
    ///
    /// - Parameter samples: the digest of the keys of the samples behind them.
    func findings<Score>(
        _ scores: [Score], metrics: [any Metric<Score>], judgements: [GateWatch<Score>.Judgement], samples: Digest,
        cached: Bool, unscored: Int
    ) -> Findings {
        var findings = Findings()
        findings.measurements = metrics.compactMap { metric in
            measurement(
                metric.definition, metric.estimate(scores, level: 0.95), of: candidate, samples: samples,
                cached: cached, unscored: unscored)
        }
        findings.verdicts = judgements.map { judgement in
            Verdict(
                evaluation: evaluation, backend: backend, artifact: candidate.path,
                metric: judgement.threshold.metric, status: judgement.status, value: judgement.value,
                threshold: judgement.threshold, reason: judgement.reason, evidence: judgement.evidence)
        }
        findings.datasets = [
            DatasetRecord(
                name: name, sha256: sha256, chunks: scores.count, chunksAvailable: available,
                part: part == "chunk" ? nil : part)
        ]
        return findings
    }

    /// One value; nil where there is none.
    func measurement(
        _ definition: MetricDefinition, _ estimate: Estimate?, of artifact: ArtifactRecord, samples: Digest,
        cached: Bool, unscored: Int = 0
    ) -> LabCore.Measurement? {
        estimate.map {
            Measurement(
                artifact: artifact.path, backend: backend, evaluation: evaluation, metric: definition,
                value: $0.value, n: $0.n, interval: $0.interval, cached: cached, unscored: unscored, samples: samples,
                dataset: label)
        }
    }

    /// The text or set, and how much of it was asked for.
    private var label: String {
        guard let limit, limit < available else { return name }
        return "\(name), first \(limit) \(part)s"
    }
}
