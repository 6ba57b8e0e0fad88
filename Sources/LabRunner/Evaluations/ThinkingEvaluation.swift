import Evaluation
import LabCore

/// Problems to think about: solved with thinking on, and with thinking off.
struct ThinkingEvaluation: PromptJob {
    let shared: PromptEvaluation

    func prepare(_ parent: ArtifactRecord) throws -> SampleUsage {
        try both(of: parent).usage
    }

    func run() throws -> Findings {
        let own = try both(of: shared.candidate)
        let theirs = try shared.runnableParent.map(both)
        var thinkingSheet = AnswerSheet(shared, mode: "thinking")
        var plainSheet = AnswerSheet(shared, mode: "no thinking")
        var records: [ThoughtRecord] = []
        let scores = shared.samples.enumerated().map { index, sample -> Scored<ThinkingScore> in
            let (thinking, plain) = (own.thinking.values[index], own.plain.values[index])
            let parentThinking = theirs?.thinking.values[index]
            func check(_ text: GeneratedText) -> Scored<Bool> {
                // A thought that does not end has no answer after it.
                text.isThoughtClosed ? AnswerChecker.check(text.answer, of: sample) : .scored(false)
            }
            let problems = shared.problems(in: thinking + plain, of: sample)
            let solved = thinkingSheet.grade(
                sample, answer: thinking[0].answer, candidate: thinking.map(check), parent: parentThinking?.map(check),
                flaw: problems[0].words)
            let plainly = plainSheet.grade(
                sample, answer: plain[0].answer, candidate: plain.map(check),
                parent: theirs?.plain.values[index].map(check),
                flaw: plain[0].hasThought ? "it thinks though it was told not to" : problems[thinking.count].words)
            guard case .scored(let answered) = solved else { return solved.unscored() }
            guard case .scored(let answeredPlainly) = plainly else { return plainly.unscored() }
            records.append(
                record(
                    sample, thinking, answered, parentTokens: parentThinking?.first?.thoughtTokens,
                    problem: problems.prefix(thinking.count).lazy.compactMap(\.words).first))
            return .scored(
                ThinkingScore(
                    thinking: answered, plain: answeredPlainly,
                    unclosed: mean(thinking) { $0.isThoughtClosed ? 0 : 1 },
                    thoughtTokens: mean(thinking) { Double($0.thoughtTokens) },
                    parentThoughtTokens: parentThinking.map { texts in mean(texts) { Double($0.thoughtTokens) } },
                    thoughtsWhenOff: plain.count { $0.hasThought }, incoherent: problems.count { !$0.isEmpty }))
        }
        var findings = shared.findings(
            scores, metrics: ThinkingScore.metrics, prompts: own.prompts, keys: own.keys + (theirs?.keys ?? []),
            usage: own.usage + (theirs?.usage ?? SampleUsage()))
        findings.prompts.answers = [thinkingSheet.record, plainSheet.record]
        findings.prompts.thoughts = records
        return findings
    }

    func requireFitting() throws {
        try shared.require("has no answer to hold others against") { AnswerSheet.canCheck($0) }
        try shared.require("is no conversation") { $0.isConversation }
    }

    /// Texts with thinking on and off.
    private struct Both {
        let prompts: [RenderedPrompt]
        let thinking: PromptEvaluation.Outputs<[GeneratedText]>
        let plain: PromptEvaluation.Outputs<[GeneratedText]>

        var keys: [Digest] { thinking.keys + plain.keys }
        var usage: SampleUsage { thinking.usage + plain.usage }
    }

    private func both(of artifact: ArtifactRecord) throws -> Both {
        Both(
            prompts: try shared.rendered(isThinking: true),
            thinking: try shared.texts(isThinking: true, sampling: .thinking, of: artifact),
            plain: try shared.texts(isThinking: false, sampling: .plain, of: artifact))
    }

    private func mean(_ texts: [GeneratedText], _ value: (GeneratedText) -> Double) -> Double {
        texts.reduce(0) { $0 + value($1) } / Double(max(1, texts.count))
    }

    private func record(
        _ sample: PromptSample, _ texts: [GeneratedText], _ answered: AnsweredScore, parentTokens: Int?,
        problem: String?
    ) -> ThoughtRecord {
        let shown = texts.first
        return ThoughtRecord(
            evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path,
            task: sample.question, isSolved: answered.candidate > 0.5, thinkingTokens: shown?.thoughtTokens ?? 0,
            text: shown?.text ?? "", expected: sample.answer, isParentSolved: answered.parent.map { $0 > 0.5 },
            parentThinkingTokens: parentTokens, isClosed: shown?.isThoughtClosed, problem: problem)
    }
}

extension GeneratedText {
    /// Whether something was thought; marks around nothing are no thought.
    fileprivate var hasThought: Bool { !(thought ?? "").allSatisfy(\.isWhitespace) || !isThoughtClosed }
}
