public import LabCore

/// Why a report could not be made from a run.
public enum ReportError: LabFailure {
    /// A number of the run is not finite, so no report may show it.
    case notFinite(run: String, field: String)
    /// A program error: the built-in template or an encoder refused its input.
    case rendering(run: String, report: String, cause: String)

    /// What happened, naming the run and the field.
    public var description: String {
        switch self {
        case .notFinite(let run, let field): "run \(run) cannot be reported: \(field) is not a finite number"
        case .rendering(let run, let report, let cause): "the \(report) report of run \(run) failed: \(cause)"
        }
    }

    /// How to mend it.
    public var remedy: String? {
        switch self {
        case .notFinite: "run the suite again; if it stays, the evaluation that made the number is at fault"
        case .rendering: "this is a fault of the lab; please report it with the run's record"
        }
    }
}

extension RunRecord {
    /// Throws for the first number that is not finite, naming its place.
    func requireFinite() throws(ReportError) {
        func check(_ value: Double?, _ field: @autoclosure () -> String) throws(ReportError) {
            if let value, !value.isFinite { throw .notFinite(run: id, field: field()) }
        }
        try check(durationSeconds, "duration_seconds")
        for (index, artifact) in artifacts.enumerated() {
            try check(artifact.bitsPerWeight, "artifacts[\(index)].bits_per_weight")
        }
        for (index, measurement) in measurements.enumerated() {
            try check(measurement.value, "measurements[\(index)].value")
            try check(measurement.interval?.low, "measurements[\(index)].interval.low")
            try check(measurement.interval?.high, "measurements[\(index)].interval.high")
            try check(measurement.interval?.level, "measurements[\(index)].interval.level")
        }
        for (index, verdict) in verdicts.enumerated() {
            try check(verdict.value, "verdicts[\(index)].value")
            try check(verdict.threshold?.limit, "verdicts[\(index)].threshold")
        }
        for (index, series) in pairedSeries.enumerated() {
            for (position, point) in series.points.enumerated() {
                try check(point.parent, "paired_series[\(index)].points[\(position)].parent")
                try check(point.candidate, "paired_series[\(index)].points[\(position)].candidate")
            }
        }
    }
}
