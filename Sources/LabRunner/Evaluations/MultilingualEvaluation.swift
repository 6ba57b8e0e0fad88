import Evaluation
import LabCore
import LanguageIdentification

/// Questions in several languages: whether the answer is right, whether it is in the language asked, and how much
/// likelihood the right answer lost against the parent.
struct MultilingualEvaluation: PromptJob {
    let shared: PromptEvaluation

    func requireFitting() throws {
        try shared.require("has no answer to hold others against") { AnswerSheet.canCheck($0) }
    }

    func prepare(_ parent: ArtifactRecord) throws -> SampleUsage {
        let prompts = try shared.rendered(isThinking: false)
        let texts = try shared.texts(isThinking: false, sampling: .greedy, of: parent)
        return texts.usage + (try shared.followed(references(after: prompts), by: parent).usage)
    }

    func run() throws -> Findings {
        let prompts = try shared.rendered(isThinking: false)
        let references = try references(after: prompts)
        let texts = try shared.texts(isThinking: false, sampling: .greedy, of: shared.candidate)
        let losses = try shared.followed(references, by: shared.candidate)
        let expected = try shared.runnableParent.map {
            (
                texts: try shared.texts(isThinking: false, sampling: .greedy, of: $0),
                losses: try shared.followed(references, by: $0)
            )
        }
        var sheet = AnswerSheet(shared, mode: nil)
        var verdicts: [LanguageVerdict] = []
        let scores = shared.samples.enumerated().map { index, sample -> Scored<LanguageScore> in
            let own = texts.values[index]
            let verdict = LanguageCheck.verdict(
                of: own[0].answer, asked: sample.language, accepted: sample.accepted)
            verdicts.append(verdict)
            let problems = shared.problems(in: own, of: sample)[0]
            let scored = sheet.grade(
                sample, answer: own[0].answer, candidate: [AnswerChecker.check(own[0].answer, of: sample)],
                parent: expected.map { [AnswerChecker.check($0.texts.values[index][0].answer, of: sample)] },
                flaw: problems.words)
            guard case .scored(let answered) = scored else { return scored.unscored() }
            let loss = expected.flatMap { parent in
                losses.values[index].meanNats.flatMap { own in
                    parent.losses.values[index].meanNats.map { own - $0 }
                }
            }
            return .scored(
                LanguageScore(
                    language: sample.language, answered: answered, isInLanguage: verdict.isRight, lossNats: loss,
                    problems: problems))
        }
        let usage =
            texts.usage + losses.usage + (expected?.texts.usage ?? SampleUsage())
            + (expected?.losses.usage ?? SampleUsage())
        var findings = shared.findings(
            scores, metrics: LanguageScore.metrics, prompts: prompts,
            keys: texts.keys + losses.keys + (expected.map { $0.texts.keys + $0.losses.keys } ?? []), usage: usage)
        findings.prompts.answers = [sheet.record]
        findings.prompts.languages = records(scores, verdicts)
        return findings
    }

    /// The right answers, to be followed after the prompts.
    private func references(after prompts: [RenderedPrompt]) throws -> [FollowSolver.Request] {
        let artifact = shared.runnableParent ?? shared.candidate
        let answers = try shared.session.rendered(shared.samples.map { .text($0.answer ?? "") }, by: artifact)
        // A text by itself may begin with a token that says so; behind a prompt it must not.
        let beginning = try shared.session.rendered([.text("")], by: artifact)[0].tokens
        return zip(prompts, answers).map { prompt, answer in
            FollowSolver.Request(prompt: prompt.tokens, continuation: Array(answer.tokens.dropFirst(beginning.count)))
        }
    }

    private func records(_ scores: [Scored<LanguageScore>], _ verdicts: [LanguageVerdict]) -> [LanguageRecord] {
        let known = scores.compactMap(\.score)
        var languages: [String] = []
        for sample in shared.samples where !languages.contains(sample.language) { languages.append(sample.language) }
        return languages.map { language in
            let here = zip(shared.samples, zip(scores, verdicts)).filter { $0.0.language == language }
            let scored = here.compactMap(\.1.0.score)
            let excess = LanguageDegradationMetric.excess(of: language, in: known, level: 0.95)
            let confidences = here.compactMap(\.1.1.confidencePercent)
            return LanguageRecord(
                evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
                language: language, prompts: here.count, right: scored.count { $0.answered.candidate > 0.5 },
                wrong: scored.count { $0.answered.candidate <= 0.5 },
                parentRight: scored.contains { $0.answered.parent == nil }
                    ? nil : scored.count { ($0.answered.parent ?? 0) > 0.5 },
                inLanguage: scored.count { $0.isInLanguage == true },
                inOther: scored.count { $0.isInLanguage == false },
                confidencePercent: Quantile.of(confidences, at: 0.5),
                lossNats: LanguageDegradationMetric.loss(of: language, in: known)?.mean,
                excessNats: excess?.value, excessInterval: excess?.interval)
        }
    }
}
