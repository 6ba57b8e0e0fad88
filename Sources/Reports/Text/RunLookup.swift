import LabCore

extension RunRecord {
    /// What the gate on a measured value said; nil for a value that no gate judged.
    func verdict(on measurement: LabCore.Measurement) -> Verdict? {
        verdicts.first {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact && $0.metric == measurement.metric
        }
    }

    /// The measured value that a gate judged; nil when it judged none.
    func measurement(under verdict: Verdict) -> LabCore.Measurement? {
        measurements.first {
            $0.evaluation == verdict.evaluation && $0.backend == verdict.backend
                && $0.artifact == verdict.artifact && $0.metric == verdict.metric
        }
    }

    /// What was measured for a fidelity record; nil where a metric was not.
    func measurement(_ metric: MetricDefinition, of record: FidelityRecord) -> LabCore.Measurement? {
        measurements.first { $0.metric == metric.name && isMeasured($0, for: record) }
    }

    /// The limit that a gate sets to what was measured for a fidelity record.
    func limit(on metric: MetricDefinition, of record: FidelityRecord) -> Double? {
        measurement(metric, of: record).flatMap { verdict(on: $0)?.threshold?.limit }
    }

    /// The comparison of backends that a gate judged; nil where it judged something else.
    func comparison(of verdict: Verdict) -> ConsistencyRecord? {
        consistency?.first {
            $0.evaluation == verdict.evaluation && $0.side.backend == verdict.backend
                && $0.side.artifact == verdict.artifact
        }
    }

    /// Whether a value belongs to the same candidate, backend and evaluation as a fidelity record.
    func isMeasured(_ measurement: LabCore.Measurement, for record: FidelityRecord) -> Bool {
        measurement.evaluation == record.evaluation && measurement.backend == record.backend
            && measurement.artifact == record.artifact
    }

    /// The chunks whose divergences a fidelity record sums up; nil where none are kept.
    func divergenceSeries(of record: FidelityRecord) -> PairedSeries? {
        pairedSeries.first { series in
            series.evaluation == record.evaluation && series.backend == record.backend
                && series.artifact == record.artifact && series.points.contains { $0.klMean != nil }
        }
    }

    /// The series whose differences are worth a chart: not those of a fidelity evaluation beside a perplexity
    /// evaluation, for they are the same differences on the same chunks or on fewer.
    var differenceSeries: [PairedSeries] {
        func hasIncrease(_ series: PairedSeries) -> Bool {
            measurements.contains {
                $0.metric == MetricDefinition.perplexityIncrease.name && $0.evaluation == series.evaluation
                    && $0.backend == series.backend && $0.artifact == series.artifact
            }
        }
        return pairedSeries.filter { series in
            hasIncrease(series) || series.points.allSatisfy { $0.klMean == nil }
                || !pairedSeries.contains {
                    $0.backend == series.backend && $0.artifact == series.artifact && hasIncrease($0)
                }
        }
    }

    /// The gates that no measured value stands beside: skipped, infeasible, or without enough evidence.
    var unmeasuredVerdicts: [Verdict] {
        verdicts.filter { measurement(under: $0) == nil }
    }

    /// What a person calls the artifact at a path: its recipe where that is unique, its file's name otherwise.
    func label(of path: String?) -> String {
        guard let path else { return "no artifact" }
        guard let artifact = artifact(at: path), artifacts.filter({ $0.recipe == artifact.recipe }).count == 1 else {
            return path.split(separator: "/").last.map(String.init) ?? path
        }
        return artifact.recipe
    }
}
