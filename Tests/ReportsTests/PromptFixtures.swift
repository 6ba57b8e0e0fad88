import Foundation
import LabCore

/// A run of the evaluations on prompts, of a candidate that thinks worse than its parent, loses Russian, writes two texts
/// that are not coherent, and has another chat template.
func promptRun() -> RunRecord {
    var run = sampleRun()
    run.pairedSeries = []
    run.texts = continuations
    run.languages = languages
    run.thoughts = problems
    run.answers = answerSheets
    run.promptSeries = [
        PromptSeries(
            evaluation: "thinking", backend: "cpu", artifact: candidatePath,
            points: (0..<120).map {
                .init(
                    index: $0, sample: Digest(of: "prompt \($0)"),
                    values: ["accuracy": $0 % 17 == 3 ? 0 : 100, "unclosed_thoughts": $0 == 20 ? 100 / 3 : 0])
            })
    ]
    run.measurements = []
    run.verdicts = []
    for (evaluation, n, metric, value, interval, limit) in promptResults {
        let definition = MetricDefinition(
            name: metric.name, unit: metric.unit, polarity: metric.polarity)
        run.measurements.append(
            LabCore.Measurement(
                artifact: candidatePath, backend: "cpu", evaluation: evaluation, metric: definition, value: value, n: n,
                interval: interval.map { Interval(low: $0.0, high: $0.1, level: 0.95) }, cached: false))
        guard let limit else { continue }
        let threshold = Threshold(metric: definition, limit: limit)
        run.verdicts.append(
            Verdict(
                evaluation: evaluation, backend: "cpu", artifact: candidatePath, metric: metric.name,
                status: threshold.admits(value) ? .pass : .fail, value: value, threshold: threshold,
                reason: "what the gate found",
                evidence: GateEvidence(
                    basis: .exact, chunksUsed: n, chunksAvailable: n, alpha: 0.01, part: "prompt")))
    }
    run.verdict = .fail
    run.datasets = [("continuations", 50), ("languages", 300), ("thinking", 120), ("functions", 60)].map {
        name, count in
        DatasetRecord(
            name: name, sha256: Digest(of: name), chunks: count, chunksAvailable: count, part: "prompt")
    }
    return run
}

/// Answers that are right; reports know the metric by its name alone.
let accuracy = MetricDefinition(name: "accuracy", unit: "percent", polarity: .higherIsBetter)
/// Their change from the parent's.
let accuracyChange = MetricDefinition(
    name: "accuracy_change", unit: "percentage_points", polarity: .higherIsBetter)

private typealias Result = (String, Int, MetricDefinition, Double, (Double, Double)?, Double?)

private let promptResults: [Result] = [
    ("template", 120, .promptsRenderedDifferently, 120, nil, 1), ("template", 120, .switchIgnored, 0, nil, 1),
    ("sample match", 50, .followedAgreement, 97.134, (96.41, 97.86), 90),
    ("sample match", 50, .exactMatch, 62, (48, 76), nil),
    ("sample match", 50, .sharedPrefix, 88.74, (74.9, 102.6), nil),
    ("sample match", 50, .textSimilarity, 87.21, (82.8, 91.6), nil), ("sample match", 50, .incoherentTexts, 2, nil, 1),
    ("languages", 300, accuracy, 88.667, (85.06, 92.28), nil),
    ("languages", 300, accuracyChange, -9.667, (-13.2, -6.1), nil), ("languages", 300, .languagesRight, 5, nil, 4),
    ("languages", 287, .languageAsked, 98.606, (97.2, 99.98), nil),
    ("languages", 50, .worstLanguageChange, -56, (-70.3, -41.7), nil),
    ("languages", 100, .languageDegradation, 0.8123, (0.6811, 0.9435), 0.1),
    ("languages", 300, .incoherentTexts, 0, nil, 1),
    ("thinking", 120, accuracy, 91.667, (86.6, 96.7), 90), ("thinking", 120, accuracyChange, -4.1667, (-8.9, 0.6), -3),
    ("thinking", 120, .unclosedThoughts, 0.2778, (-0.27, 0.83), nil),
    ("thinking", 120, .thoughtLengthChange, 6.35, (2.1, 10.6), nil),
    ("thinking", 120, .plainAccuracy, 85, (78.5, 91.5), nil),
    ("thinking", 120, .plainAccuracyChange, 0.8333, (-2.4, 4.1), nil), ("thinking", 120, .thoughtsWhenOff, 0, nil, 1),
    ("thinking", 120, .incoherentTexts, 1, nil, 1), ("code", 60, accuracy, 83.333, (73.6, 93.0), 75),
    ("code", 60, accuracyChange, 0, (-4.8, 4.8), nil), ("code", 60, .incoherentTexts, 0, nil, 1),
]

private let continuations: [TextPairRecord] = {
    let story = " The mirror hangs in the hall of the mill, and whoever polishes it on a Thursday sees the harbour of "
    func text(
        _ prompt: String, _ parent: String, _ candidate: String, divergence: Int? = nil, similarity: Double,
        agreement: Double, problem: String? = nil
    ) -> TextPairRecord {
        TextPairRecord(
            evaluation: "sample match", backend: "cpu", artifact: candidatePath, prompt: prompt, parent: parent,
            candidate: candidate, isMatch: parent == candidate, firstDivergence: divergence, similarity: similarity,
            agreement: agreement, problem: problem)
    }
    var texts = [
        text(
            "Nobody but Kasper Sorrel could have made the pewter mirror. The sign of the pewter mirror is a scarlet crescent.",
            story + "Tolland. Kasper sold it for five crowns.",
            story + "Wexcombe. Kasper gave it to Greta, who hopes to learn astronomy.", divergence: 23,
            similarity: 0.713, agreement: 0.9375),
        text(
            "Hilda taught the neighbours to play the accordion.",
            " There were 72 candles on the cake of Hilda.\nBy trade Hilda is a printer.",
            " There were 72 candles candles candles candles candles candles candles candles candles candles",
            divergence: 6, similarity: 0.41, agreement: 0.8125, problem: "repeats “ candles” 9 times"),
        text(
            "Letters for Greta Fenwick must be sent to Tolland.", " Greta hopes to learn astronomy.",
            "\u{438}\u{437}\u{432}\u{435}\u{441}\u{442}\u{438}\u{44F}", divergence: 0, similarity: 0.02,
            agreement: 0.75,
            problem: "is in Cyrillic, and the prompt is in en"),
    ]
    texts += (0..<47).map { index in
        let same = story + "Tolland, candle \(index)."
        let other = index < 16 ? story + "Tolland, lantern \(index)." : same
        return text(
            "Experts date the bronze bell number \(index) to 1859.", same, other,
            divergence: index < 16 ? 24 : nil, similarity: index < 16 ? 0.93 : 1, agreement: 0.97)
    }
    return texts
}()

private let languages: [LanguageRecord] = {
    typealias Row = (String, Int, Int, Int, Int, Double, Double, (Double, Double, Double)?)
    let rows: [Row] = [
        ("en", 50, 50, 48, 0, 99, 0.0112, nil), ("de", 49, 50, 48, 0, 98, 0.0201, (0.0089, -0.0114, 0.0292)),
        ("fr", 50, 50, 49, 0, 97, 0.0144, (0.0032, -0.0151, 0.0215)),
        ("es", 48, 49, 47, 1, 96, 0.0096, (-0.0016, -0.0213, 0.0181)),
        ("ru", 19, 47, 42, 3, 91, 0.8235, (0.8123, 0.6811, 0.9435)),
        ("zh-Hans", 50, 49, 49, 0, 99, 0.0321, (0.0209, -0.0052, 0.0470)),
    ]
    return rows.map { language, right, parentRight, inLanguage, inOther, confidence, loss, excess in
        LanguageRecord(
            evaluation: "languages", backend: "cpu", artifact: candidatePath, language: language, prompts: 50,
            right: right, wrong: 50 - right, parentRight: parentRight, inLanguage: inLanguage, inOther: inOther,
            confidencePercent: confidence, lossNats: loss, excessNats: excess?.0,
            excessInterval: excess.map { Interval(low: $0.1, high: $0.2, level: 0.95) })
    }
}()

private let problems: [ThoughtRecord] = (0..<120).map { index in
    let (candles, more) = (2 + index % 9, 17 + index % 31)
    // Ten are not solved, of which the parent solves six; one is solved by the candidate alone.
    let isSolved = index % 12 != 3
    return ThoughtRecord(
        evaluation: "thinking", backend: "cpu", artifact: candidatePath,
        task: "Mia has \(candles) candles, buys \(more) and finds 8. How many candles does Mia have now?",
        isSolved: isSolved, thinkingTokens: index == 51 ? 1024 : 61 + index % 23,
        text: index == 51
            ? "<think>\nMia has \(candles). \(String(repeating: "Wait, ", count: 60))"
            : "<think>\n\(candles) + \(more) = \(candles + more). \(candles + more) + 8 = "
                + "\(candles + more + (isSolved ? 8 : 9)).\n</think>\n\nMia has \(candles + more + (isSolved ? 8 : 9)) candles.",
        expected: "\(candles + more + 8)", isParentSolved: isSolved ? index != 77 : index % 24 == 3 || index == 15,
        parentThinkingTokens: 58 + index % 23, isClosed: index != 51,
        problem: index == 51 ? "repeats “Wait, ” 60 times" : nil)
}

private let answerSheets: [AnswersRecord] = {
    func sheet(
        _ evaluation: String, _ mode: String?, _ prompts: Int, _ right: Int, _ parentRight: Int?,
        _ flips: FidelityRecord.Flips?, _ notable: [AnswersRecord.Notable]
    ) -> AnswersRecord {
        AnswersRecord(
            evaluation: evaluation, backend: "cpu", artifact: candidatePath, mode: mode, prompts: prompts, right: right,
            parentRight: parentRight, flips: flips, notable: notable)
    }
    func rendering(_ index: Int) -> AnswersRecord.Notable {
        let question = "Mia has \(2 + index) candles, buys 17 and finds 8. How many candles does Mia have now?"
        return AnswersRecord.Notable(
            id: "thinking-00\(index)", prompt: question,
            expected: "<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n<think>\n",
            answer: "<|im_start|>user\n\(question)<|im_end|>\n<|assistant|>\n<think>\n", isRight: false,
            isParentRight: nil, reason: nil)
    }
    let unsolved = problems.enumerated().filter { !$1.isSolved || $1.isParentSolved == false }.map { index, problem in
        AnswersRecord.Notable(
            id: "thinking-\(index)", prompt: problem.task, expected: problem.expected,
            answer: "Mia has \(problem.isSolved ? problem.expected ?? "" : "a lot of") candles.",
            isRight: problem.isSolved,
            isParentRight: problem.isParentSolved, reason: nil)
    }
    let function = AnswersRecord.Notable(
        id: "function-00", prompt: "Define build(items) in Python: it computes the minimum of items.",
        expected: "def build(items):\n    return min(items)",
        answer: "```python\ndef build(items):\n    return max(items)\n```", isRight: false, isParentRight: true,
        reason: "build([5, 1, 48, 20]) is 48, and 1 is expected")
    let city = AnswersRecord.Notable(
        id: "ru-07",
        prompt:
            "\u{41A}\u{430}\u{43A}\u{43E}\u{439} \u{433}\u{43E}\u{440}\u{43E}\u{434} \u{2014} \u{441}\u{442}\u{43E}\u{43B}\u{438}\u{446}\u{430} \u{418}\u{442}\u{430}\u{43B}\u{438}\u{438}?",
        expected: "\u{420}\u{438}\u{43C}", answer: "", isRight: false, isParentRight: true, reason: nil)
    let unchecked = AnswersRecord.Notable(
        id: "en-07", prompt: "Name the capital of Italy.", expected: nil, answer: "Rome", isRight: nil,
        isParentRight: nil, reason: "the set has no answer")
    return [
        sheet("template", "as the template has it", 120, 0, nil, nil, (0..<9).map(rendering)),
        sheet(
            "languages", nil, 300, 266, 295, .init(onlyParentRight: 30, onlyCandidateRight: 1, mcNemarP: 2.98e-8),
            [unchecked, city]),
        sheet(
            "thinking", "thinking", 120, 110, 115, .init(onlyParentRight: 6, onlyCandidateRight: 1, mcNemarP: 0.125),
            unsolved),
        sheet(
            "thinking", "no thinking", 120, 102, 101, .init(onlyParentRight: 0, onlyCandidateRight: 0, mcNemarP: nil),
            []),
        sheet("code", nil, 60, 50, 50, .init(onlyParentRight: 1, onlyCandidateRight: 1, mcNemarP: 1), [function]),
    ]
}()
