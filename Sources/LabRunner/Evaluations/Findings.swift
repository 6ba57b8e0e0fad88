import Evaluation
import LabCore

/// What evaluations found out, as it enters the record of a run.
struct Findings {
    var measurements: [LabCore.Measurement] = []
    var verdicts: [Verdict] = []
    var series: [PairedSeries] = []
    var fidelity: [FidelityRecord] = []
    var datasets: [DatasetRecord] = []
    var changes: [String] = []
    var usage = SampleUsage()

    mutating func append(_ other: Findings) {
        measurements += other.measurements
        verdicts += other.verdicts
        series += other.series
        fidelity += other.fidelity
        datasets += other.datasets.filter { !datasets.contains($0) }
        changes += other.changes.filter { !changes.contains($0) }
        usage = usage + other.usage
    }

    static func skipped(_ plan: Suite.EvaluationPlan, backend: String, reason: String) -> Findings {
        var findings = Findings()
        findings.verdicts = [
            Verdict(
                evaluation: plan.name, backend: backend, artifact: nil, metric: nil, status: .skipped, value: nil,
                threshold: nil, reason: reason)
        ]
        return findings
    }
}
