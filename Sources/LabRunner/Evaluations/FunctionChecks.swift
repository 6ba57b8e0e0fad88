import CodeSandbox
import Evaluation
import LabCore

/// Runs functions that models wrote against their cases, and remembers what came out: the same code, function and cases
/// are run once.
struct FunctionChecks {
    let sandbox: CodeSandbox
    let session: BackendSession
    let progress: ProgressHandler

    /// Whether each prompt's answer holds a function that passes its cases.
    ///
    /// - Parameter evaluation: the evaluation's name, for the progress.
    func outcomes(
        _ samples: [PromptSample], _ answers: [String], of artifact: ArtifactRecord, in evaluation: String
    ) throws -> [FunctionOutcome] {
        let conditions = SampleConditions(
            artifact: artifact.sha256, evaluator: FunctionCheck.id, parameters: sandbox.parameters, engine: "none",
            backend: "cpu", device: "none")
        let tasks = zip(samples, answers).map { sample, answer -> FunctionCheck.Task? in
            guard case .python(let function, let cases) = sample.check,
                let code = PythonExtraction.code(from: answer, defining: function)
            else { return nil }
            return FunctionCheck.Task(code: code, function: function, cases: cases)
        }
        let digests = tasks.map { task in
            task.map { Digest(of: [$0.function, $0.cases, $0.code].joined(separator: "\u{0}")) }
        }
        let keys = digests.compactMap { $0.map { conditions.key(sample: $0) } }
        var known = try session.history.outputs(for: keys, as: FunctionOutcome.self)
        let stage = "\(evaluation) \(artifact.model) \(artifact.recipe): running functions"
        let check = FunctionCheck(sandbox: sandbox)
        return try zip(tasks, digests).enumerated().map { index, pair in
            guard let task = pair.0, let digest = pair.1 else { return .noCode }
            let key = conditions.key(sample: digest)
            if let outcome = known[key] { return outcome }
            let outcome = try check.check(task)
            known[key] = outcome
            // On a busy machine a function may run out of time; that says nothing of the next run.
            if outcome != .timedOut {
                try session.history.store(
                    output: outcome, conditions: conditions, sample: digest, parent: nil, runID: session.runID)
            }
            progress(ProgressUpdate(stage: stage, completed: index + 1, total: tasks.count, unit: "functions"))
            return outcome
        }
    }
}
