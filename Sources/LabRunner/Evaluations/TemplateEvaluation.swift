import Evaluation
import LabCore

/// Whether the artifact's chat template makes the same tokens of conversations as its parent's, with thinking as the
/// template has it by itself and switched off.
struct TemplateEvaluation: PromptJob {
    let shared: PromptEvaluation

    func requireFitting() throws { try shared.require("is no conversation") { $0.isConversation } }

    func prepare(_ parent: ArtifactRecord) -> SampleUsage { SampleUsage() }

    func run() throws -> Findings {
        guard let parent = shared.runnableParent else {
            return .skipped(
                shared.plan, backend: shared.session.backend,
                reason: "it compares the artifact's chat template with the parent's, and a pack has none")
        }
        let expected = try shared.rendered(isThinking: nil, by: parent)
        let own = try shared.rendered(isThinking: nil, by: shared.candidate)
        let expectedPlain = try shared.rendered(isThinking: false, by: parent)
        let ownPlain = try shared.rendered(isThinking: false, by: shared.candidate)
        let scores = expected.indices.map { index in
            Scored.scored(
                TemplateScore(
                    isSame: own[index].tokens == expected[index].tokens,
                    isSameWithoutThinking: ownPlain[index].tokens == expectedPlain[index].tokens))
        }
        // Nothing is computed that a history could know; the tokens themselves are what the result rests on.
        let keys = (own + ownPlain + expected + expectedPlain).map { Digest(ofTokens: $0.tokens) }
        var findings = shared.findings(
            scores, metrics: TemplateScore.metrics, prompts: expected, keys: keys, usage: SampleUsage())
        findings.prompts.answers =
            differences(
                zip(expected, own).map { ($0, $1) }, mode: "as the template has it")
            + differences(zip(expectedPlain, ownPlain).map { ($0, $1) }, mode: "thinking switched off")
        return findings
    }

    /// The prompts that differ, side by side; empty where none does.
    private func differences(_ pairs: [(RenderedPrompt, RenderedPrompt)], mode: String) -> [AnswersRecord] {
        let notable = zip(shared.samples, pairs).compactMap { sample, pair -> AnswersRecord.Notable? in
            guard pair.0.tokens != pair.1.tokens else { return nil }
            return AnswersRecord.Notable(
                id: sample.id, prompt: sample.question, expected: pair.0.text, answer: pair.1.text, isRight: false,
                isParentRight: nil, reason: nil)
        }
        guard !notable.isEmpty else { return [] }
        return [
            AnswersRecord(
                evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
                mode: mode, prompts: pairs.count, right: pairs.count - notable.count, parentRight: nil, flips: nil,
                notable: notable)
        ]
    }
}
