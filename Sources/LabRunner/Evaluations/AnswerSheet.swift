import Evaluation
import LabCore

/// Grades answers of candidate and parent to the same prompts, and keeps those that are worth a look.
struct AnswerSheet {
    private let shared: PromptEvaluation
    private let mode: String?
    private var asked = 0
    private var right = 0
    private var parentRight: Int? = 0
    private var flips = (onlyParent: 0, onlyCandidate: 0)
    private var notable: [AnswersRecord.Notable] = []

    /// An empty sheet.
    ///
    /// - Parameter mode: how the prompts are asked, where an evaluation asks them in several ways.
    init(_ shared: PromptEvaluation, mode: String?) {
        self.shared = shared
        self.mode = mode
    }

    /// Whether a prompt has an answer that others can be held against.
    static func canCheck(_ sample: PromptSample) -> Bool {
        switch sample.check {
        case .number, .text: true
        case .python, .none: false
        }
    }

    /// Grades both models' texts for a prompt, one for each draw.
    ///
    /// - Parameters:
    ///   - theirs: the parent's; nil where it was not asked.
    ///   - reason: why an answer of the candidate's is wrong, where that is known.
    ///   - check: whether a text's answer is right.
    /// - Returns: the shares of right answers; unscored where an answer cannot be graded.
    mutating func grade(
        _ sample: PromptSample, _ own: [GeneratedText], _ theirs: [GeneratedText]?,
        reason: (GeneratedText) throws -> String? = { _ in nil }, by check: (GeneratedText) throws -> Scored<Bool>
    ) rethrows -> Scored<AnsweredScore> {
        asked += 1
        let (candidate, parent) = (try Self.share(own, check), try theirs.map { try Self.share($0, check) })
        let isRight = candidate.score.map { $0 > 0.5 }
        let isParentRight = parent?.score.map { $0 > 0.5 }
        right += isRight == true ? 1 : 0
        parentRight = parent == nil ? nil : parentRight.map { $0 + (isParentRight == true ? 1 : 0) }
        if isRight == true, isParentRight == false { flips.onlyCandidate += 1 }
        if isRight == false, isParentRight == true { flips.onlyParent += 1 }
        if isRight != true || isParentRight == false, let shown = own.first {
            notable.append(
                AnswersRecord.Notable(
                    id: sample.id, prompt: sample.question, expected: sample.answer, answer: shown.answer,
                    isRight: isRight, isParentRight: isParentRight, reason: try reason(shown)))
        }
        switch (candidate, parent) {
        case (.unscored(let why), _), (_, .unscored(let why)): return .unscored("prompt '\(sample.id)': \(why)")
        case (.scored(let share), .scored(let parent)):
            return .scored(AnsweredScore(candidate: share, parent: parent))
        case (.scored(let share), nil): return .scored(AnsweredScore(candidate: share, parent: nil))
        }
    }

    /// The share of texts with a right answer.
    private static func share(
        _ texts: [GeneratedText], _ check: (GeneratedText) throws -> Scored<Bool>
    ) rethrows -> Scored<Double> {
        var right = 0
        for text in texts {
            switch try check(text) {
            case .scored(let isRight): right += isRight ? 1 : 0
            case .unscored(let why): return .unscored(why)
            }
        }
        return texts.isEmpty ? .unscored("there is no text") : .scored(Double(right) / Double(texts.count))
    }

    /// What the sheet says, for the record of a run; answers that only the parent had right come first.
    var record: AnswersRecord {
        func rank(_ answer: AnswersRecord.Notable) -> Int {
            if answer.isRight == false, answer.isParentRight == true { return 0 }
            return answer.isRight == true ? 2 : 1
        }
        return AnswersRecord(
            evaluation: shared.plan.name, backend: shared.session.backend, artifact: shared.candidate.path, mode: mode,
            prompts: asked, right: right, parentRight: parentRight,
            flips: parentRight.map { _ in
                FidelityRecord.Flips(
                    onlyParentRight: flips.onlyParent, onlyCandidateRight: flips.onlyCandidate,
                    mcNemarP: McNemar.pValue(onlyFirst: flips.onlyParent, onlySecond: flips.onlyCandidate))
            },
            notable: notable.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
                .map(\.element))
    }
}

extension Scored {
    /// The same reason for a score of another kind; a score has none.
    func unscored<Other>() -> Scored<Other> {
        switch self {
        case .unscored(let why): .unscored(why)
        case .scored: .unscored("there is no score")
        }
    }
}
