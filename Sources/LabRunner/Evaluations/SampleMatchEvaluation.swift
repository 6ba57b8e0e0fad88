import Evaluation
import LabCore

/// Greedy texts of parent and candidate side by side, and the candidate's choices along the parent's text.
struct SampleMatchEvaluation: PromptJob {
    let shared: PromptEvaluation

    func requireFitting() {}

    func prepare(_ parent: ArtifactRecord) throws -> SampleUsage {
        let prompts = try shared.rendered(isThinking: false)
        let texts = try shared.texts(isThinking: false, sampling: .greedy, of: parent)
        return texts.usage + (try shared.followed(Self.requests(prompts, texts.values), by: parent).usage)
    }

    func run() throws -> Findings {
        guard let parent = shared.runnableParent else {
            return .skipped(
                shared.plan, backend: shared.session.backend,
                reason: "it compares texts with the parent's, and a pack has none")
        }
        let prompts = try shared.rendered(isThinking: false)
        let expected = try shared.texts(isThinking: false, sampling: .greedy, of: parent)
        let requests = Self.requests(prompts, expected.values)
        // The parent along its own text: what of a disagreement is only arithmetic.
        let floor = try shared.followed(requests, by: parent)
        let texts = try shared.texts(isThinking: false, sampling: .greedy, of: shared.candidate)
        let followed = try shared.followed(requests, by: shared.candidate)
        let scores = prompts.indices.map { index -> Scored<ContinuationScore> in
            let (own, theirs) = (texts.values[index][0], expected.values[index][0])
            let asked = sample(index)
            func problems(_ text: GeneratedText) -> [CoherenceProblem] {
                // What goes on from a text has no end; an answer has one.
                Coherence.problems(of: text, language: asked.language, mayReachLimit: !asked.isConversation)
            }
            guard let agreement = followed.values[index].agreement(with: theirs.tokens) else {
                return .unscored("the parent wrote nothing after prompt '\(asked.id)'")
            }
            return .scored(
                ContinuationScore(
                    agreement: agreement, comparison: TextComparison(parent: theirs, candidate: own),
                    problems: problems(own), isParentCoherent: problems(theirs).isEmpty))
        }
        let candidateUsage = texts.usage + followed.usage
        let parentUsage = expected.usage + floor.usage
        var findings = shared.findings(
            scores, metrics: ContinuationScore.metrics, prompts: prompts,
            keys: texts.keys + followed.keys + expected.keys, usage: candidateUsage + parentUsage)
        let floors = zip(floor.values, expected.values).compactMap { $0.agreement(with: $1[0].tokens) }
        let mean = ClusteredMean(clusters: floors.map { (total: 100 * $0, weight: 1) })
        findings.measurements += shared.parentMeasurement(
            .followedAgreement, mean.map { Estimate($0) }, keys: floor.keys, cached: parentUsage.areAllReused)
        findings.prompts.texts = zip(prompts.indices, scores).compactMap { index, scored in
            scored.score.map { record(index, $0, texts.values[index][0], expected.values[index][0]) }
        }
        return findings
    }

    private func sample(_ index: Int) -> PromptSample { shared.samples[shared.samples.startIndex + index] }

    private func record(
        _ index: Int, _ score: ContinuationScore, _ own: GeneratedText, _ theirs: GeneratedText
    ) -> TextPairRecord {
        TextPairRecord(
            evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
            prompt: sample(index).question, parent: theirs.text, candidate: own.text,
            isMatch: score.comparison.isExact, firstDivergence: score.comparison.firstDivergence,
            similarity: score.comparison.similarity, agreement: score.agreement, problem: score.problems.words)
    }

    private static func requests(_ prompts: [RenderedPrompt], _ texts: [[GeneratedText]]) -> [FollowSolver.Request] {
        zip(prompts, texts).map { FollowSolver.Request(prompt: $0.tokens, continuation: $1[0].tokens) }
    }
}
