import CodeSandbox
import Dispatch
import Evaluation
import Foundation
import LabCore

/// Runs functions that models wrote against their cases, and remembers what came out: the same code, function and cases
/// are run once.
struct FunctionChecks {
    let sandbox: CodeSandbox
    let session: BackendSession

    /// Name and version of the check, as samples are kept under.
    private static let id = "function/1"

    /// Whether each prompt's answer holds a function that passes its cases.
    func outcomes(
        _ samples: [PromptSample], _ answers: [String], of artifact: ArtifactRecord
    ) throws -> [FunctionOutcome] {
        let conditions = SampleConditions(
            artifact: artifact.sha256, evaluator: Self.id,
            parameters: ["python": sandbox.pythonVersion, "limits": sandbox.limits.summary], engine: "none",
            backend: "cpu", device: "none")
        let programs = zip(samples, answers).map { sample, answer -> FunctionProgram? in
            guard case .python(let function, let cases) = sample.check else { return nil }
            let code = PythonExtraction.code(from: answer, defining: function)
            return FunctionProgram(code: code, function: function, cases: cases)
        }
        let digests = programs.map { program in
            program.flatMap { program in
                program.code.map { Digest(of: [program.function, program.cases, $0].joined(separator: "\u{0}")) }
            }
        }
        var known = try session.history.outputs(
            for: digests.compactMap { $0.map { conditions.key(sample: $0) } }, as: FunctionOutcome.self)
        var isAsked = Set(known.keys)
        let missing = digests.indices.filter { index in
            digests[index].map { isAsked.insert(conditions.key(sample: $0)).inserted } ?? false
        }
        let outcomes = try FunctionCheck(sandbox: sandbox).check(missing.compactMap { programs[$0] })
        for (index, outcome) in zip(missing, outcomes) {
            guard let digest = digests[index] else { continue }
            known[conditions.key(sample: digest)] = outcome
            // On a busy machine a function may run out of time, which says nothing of the next run.
            guard outcome != .timedOut else { continue }
            try session.history.store(
                output: outcome, conditions: conditions, sample: digest, parent: nil, runID: session.runID)
        }
        return digests.map { digest in digest.flatMap { known[conditions.key(sample: $0)] } ?? .noCode }
    }
}

extension SandboxLimits {
    /// The limits that a result may depend on.
    fileprivate var summary: String {
        "\(processorSeconds) s, \(memoryBytes) bytes of memory, \(outputBytes) bytes handed back"
    }
}

extension FunctionOutcome {
    /// Whether the function passes its cases.
    var isPassed: Bool { self == .passed }

    /// Why it does not, for people; nil where it does.
    var reason: String? {
        switch self {
        case .passed: nil
        case .failed(let reason): reason
        case .timedOut: "ran out of time"
        case .noCode: "the answer holds no function"
        }
    }
}
