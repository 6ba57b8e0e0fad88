import Evaluation
import LabCore

/// A backend's greedy texts beside the CPU's, and beside its own written otherwise; and whether both make the same tokens
/// of the prompts.
struct TextConsistencyEvaluation {
    let subject: ConsistencySubject
    let promptSet: PromptSet
    let generation: Suite.GenerationPlan

    /// Texts that a record shows.
    private static let shownTexts = 6

    func run() throws -> Findings {
        let session = subject.session
        let own = try prompts(on: session, subject.candidate, generation)
        let texts = try own.texts(isThinking: false, sampling: .greedy, of: subject.candidate)
        var record = subject.record
        var findings = try floor(texts, into: &record)
        if texts.usage.computed > 0 { session.release(subject.candidate) }
        guard subject.comparison != nil else {
            findings.append(subject.nothingToCompare)
            findings.consistency = [record]
            return findings
        }
        let reference = try session.reference()
        let theirs = try prompts(on: reference, subject.reference, generation)
        let expected = try theirs.texts(isThinking: false, sampling: .greedy, of: subject.reference)
        if expected.usage.computed > 0 { reference.release(subject.reference) }
        let (ownPrompts, theirPrompts) = (
            try own.rendered(isThinking: false, by: subject.candidate),
            try theirs.rendered(isThinking: false, by: subject.reference)
        )
        let scores = theirPrompts.indices.map { index in
            TextConsistencyScore(
                isRenderedAlike: ownPrompts[index].text == theirPrompts[index].text,
                isTokenizedAlike: ownPrompts[index].tokens == theirPrompts[index].tokens,
                comparison: TextComparison(parent: expected.values[index][0], candidate: texts.values[index][0]))
        }
        record.tokenizedDifferently = scores.count { $0.isRenderedAlike && !$0.isTokenizedAlike }
        record.renderedDifferently = scores.count { !$0.isRenderedAlike }
        record.texts = Self.summary(of: scores.map(\.comparison))
        record.differences = differences(scores.map(\.comparison), of: own, texts.values, expected.values)
        var compared = judged(
            scores, TextConsistencyScore.metrics, keys: texts.keys + expected.keys,
            cached: (texts.usage + expected.usage).areAllReused)
        compared.usage = expected.usage
        findings.append(compared)
        findings.consistency = [record]
        return findings
    }

    /// The texts of an artifact on a backend; its prompts are the tokens that the CPU's artifact makes of them.
    private func prompts(
        on session: BackendSession, _ artifact: ArtifactRecord, _ generation: Suite.GenerationPlan,
        _ variation: BackendSession.Variation? = nil
    ) throws -> PromptEvaluation {
        PromptEvaluation(
            plan: subject.plan, generation: generation, promptSet: promptSet, session: session,
            parent: .model(subject.reference), candidate: artifact, variation: variation,
            promptSession: try session.reference(), progress: subject.progress)
    }

    private func judged<Score: Sendable>(
        _ scores: [Score], _ metrics: [any Metric<Score>], keys: [Digest], cached: Bool
    ) -> Findings {
        subject.findings(
            scores.map(Scored.scored), metrics: metrics, input: (promptSet.name, promptSet.digest),
            limit: subject.plan.chunkLimit, available: promptSet.samples.count, part: "prompt", keys: keys,
            cached: cached)
    }

    /// The same texts written fewer at a time and with other threads; what both took counts here.
    private func floor(
        _ texts: PromptEvaluation.Outputs<[GeneratedText]>, into record: inout ConsistencyRecord
    ) throws -> Findings {
        var other = generation
        other.parallelSequences = generation.parallelSequences > 1 ? (generation.parallelSequences + 1) / 2 : 2
        let variation = subject.variation
        let again = try prompts(on: subject.session, subject.candidate, other, variation)
            .texts(isThinking: false, sampling: .greedy, of: subject.candidate)
        let usage = texts.usage + again.usage
        let comparisons = zip(texts.values, again.values).map { TextComparison(parent: $0[0], candidate: $1[0]) }
        record.textsFloor = Self.summary(of: comparisons)
        record.variation = subject.record(of: variation, parallelSequences: other.parallelSequences)
        var findings = judged(
            comparisons, TextConsistencyScore.floorMetrics, keys: texts.keys + again.keys,
            cached: usage.areAllReused)
        findings.usage = usage
        return findings
    }

    private static func summary(of comparisons: [TextComparison]) -> ConsistencyRecord.Texts? {
        guard !comparisons.isEmpty else { return nil }
        let count = Double(comparisons.count)
        return ConsistencyRecord.Texts(
            exactPercent: 100 * Double(comparisons.count(where: \.isExact)) / count,
            similarityPercent: 100 * comparisons.reduce(0) { $0 + $1.similarity } / count,
            firstDivergence: comparisons.compactMap(\.firstDivergence).min(), texts: comparisons.count)
    }

    private func differences(
        _ comparisons: [TextComparison], of own: PromptEvaluation, _ texts: [[GeneratedText]],
        _ expected: [[GeneratedText]]
    ) -> [ConsistencyRecord.Difference] {
        let parted = comparisons.indices.filter { !comparisons[$0].isExact }
            .sorted { comparisons[$0].similarity < comparisons[$1].similarity }
        return parted.prefix(Self.shownTexts).compactMap { index in
            comparisons[index].firstDivergence.map {
                ConsistencyRecord.Difference(
                    prompt: own.samples[own.samples.startIndex + index].question, reference: expected[index][0].text,
                    other: texts[index][0].text, firstDivergence: $0)
            }
        }
    }
}
