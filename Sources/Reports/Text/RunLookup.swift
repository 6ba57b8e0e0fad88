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

    /// The gates that no measured value stands beside: skipped, infeasible, or without enough evidence.
    var unmeasuredVerdicts: [Verdict] {
        verdicts.filter { measurement(under: $0) == nil }
    }

    /// The artifact listed under a path.
    func artifact(at path: String?) -> ArtifactRecord? {
        path.flatMap { path in artifacts.first { $0.path == path } }
    }

    /// The full-precision reference of the run.
    var parent: ArtifactRecord? { artifacts.first { $0.role == .parent } }

    /// What a person calls the artifact at a path: its recipe where that is unique, its file's name otherwise.
    func label(of path: String?) -> String {
        guard let path else { return "no artifact" }
        guard let artifact = artifact(at: path), artifacts.filter({ $0.recipe == artifact.recipe }).count == 1 else {
            return path.split(separator: "/").last.map(String.init) ?? path
        }
        return artifact.recipe
    }
}
