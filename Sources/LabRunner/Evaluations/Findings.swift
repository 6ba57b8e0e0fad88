import Evaluation
import LabCore

/// What evaluations found out, as it enters the record of a run.
struct Findings {
    var measurements: [LabCore.Measurement] = []
    var verdicts: [Verdict] = []
    var series: [PairedSeries] = []
    var fidelity: [FidelityRecord] = []
    var prompts = PromptFindings()
    var speed = SpeedFindings()
    var consistency: [ConsistencyRecord] = []
    var datasets: [DatasetRecord] = []
    var changes: [String] = []
    var usage = SampleUsage()

    mutating func append(_ other: Findings) {
        measurements += other.measurements
        verdicts += other.verdicts
        series += other.series
        fidelity += other.fidelity
        prompts.append(other.prompts)
        speed.append(other.speed)
        consistency += other.consistency
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

/// What evaluations on prompts found out, as it enters the record of a run.
struct PromptFindings {
    var texts: [TextPairRecord] = []
    var languages: [LanguageRecord] = []
    var thoughts: [ThoughtRecord] = []
    var answers: [AnswersRecord] = []
    var series: [PromptSeries] = []

    mutating func append(_ other: PromptFindings) {
        texts += other.texts
        languages += other.languages
        thoughts += other.thoughts
        answers += other.answers
        series += other.series
    }

    /// Puts what there is into a record.
    func enter(_ record: inout RunRecord) {
        func some<T>(_ list: [T]) -> [T]? { list.isEmpty ? nil : list }
        record.texts = some(texts)
        record.languages = some(languages)
        record.thoughts = some(thoughts)
        record.answers = some(answers)
        record.promptSeries = some(series)
    }
}

/// What evaluations of speed found out, as it enters the record of a run.
struct SpeedFindings {
    var points: [ThroughputRecord] = []
    var setups: [SpeedSetupRecord] = []

    mutating func append(_ other: SpeedFindings) {
        points += other.points
        setups += other.setups
    }

    /// Puts what there is into a record.
    func enter(_ record: inout RunRecord) {
        record.throughput = points.isEmpty ? nil : points
        record.speedSetups = setups.isEmpty ? nil : setups
    }
}
