import CodeSandbox
import Evaluation
import LabCore

/// Python functions to write, each run against its cases in a sandbox.
struct CodeEvaluation: PromptJob {
    let shared: PromptEvaluation

    /// Whether this machine can keep a program apart; tried once.
    private static let sandbox = CodeSandbox.make()

    func prepare(_ parent: ArtifactRecord) throws -> SampleUsage {
        guard case .available = Self.sandbox else { return SampleUsage() }
        return try texts(of: parent).usage
    }

    func run() throws -> Findings {
        let sandbox: CodeSandbox
        switch Self.sandbox {
        case .available(let found): sandbox = found
        case .unavailable(let reason, let remedy):
            // Code that a model wrote is never run bare.
            return .skipped(
                shared.plan, backend: shared.session.backend,
                reason: "functions are not run without a sandbox: \(reason); \(remedy)")
        }
        let prompts = try shared.rendered(isThinking: false)
        let own = try texts(of: shared.candidate)
        let theirs = try shared.runnableParent.map(texts)
        let samples = Array(shared.samples)
        let checks = FunctionChecks(sandbox: sandbox, session: shared.session)
        let outcomes = try checks.outcomes(samples, own.values.map { $0[0].answer }, of: shared.candidate)
        let parentOutcomes = try theirs.map {
            try checks.outcomes(samples, $0.values.map { $0[0].answer }, of: shared.parent.record)
        }
        var sheet = AnswerSheet(shared, mode: nil)
        let scores = samples.enumerated().map { index, sample -> Scored<CodeScore> in
            let problems = shared.problems(in: own.values[index], of: sample)[0]
            let scored = sheet.grade(
                sample, answer: own.values[index][0].answer, candidate: [.scored(outcomes[index].isPassed)],
                parent: parentOutcomes.map { [.scored($0[index].isPassed)] }, reason: outcomes[index].reason,
                flaw: problems.words)
            guard case .scored(let answered) = scored else { return scored.unscored() }
            return .scored(CodeScore(answered: answered, problems: problems))
        }
        var findings = shared.findings(
            scores, metrics: CodeScore.metrics, prompts: prompts, keys: own.keys + (theirs?.keys ?? []),
            usage: own.usage + (theirs?.usage ?? SampleUsage()))
        findings.prompts.answers = [sheet.record]
        return findings
    }

    func requireFitting() throws {
        try shared.require("has no function with cases") { if case .python = $0.check { true } else { false } }
    }

    private func texts(of artifact: ArtifactRecord) throws -> PromptEvaluation.Outputs<[GeneratedText]> {
        try shared.texts(isThinking: false, sampling: .greedy, of: artifact)
    }
}
