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

    /// Takes both models' answers to a prompt, one for each draw.
    ///
    /// - Parameters:
    ///   - answer: the candidate's first answer, to be shown.
    ///   - candidate: whether each of its answers is right.
    ///   - parent: the same of the parent; nil where it was not asked.
    ///   - reason: why the answer shown is wrong, where that is known.
    ///   - flaw: what is wrong with its text, right or not; nil for nothing.
    /// - Returns: the shares of right answers; unscored where one cannot be graded.
    mutating func grade(
        _ sample: PromptSample, answer: String, candidate: [Scored<Bool>], parent: [Scored<Bool>]?,
        reason: String? = nil, flaw: String? = nil
    ) -> Scored<AnsweredScore> {
        asked += 1
        let (own, theirs) = (Self.share(candidate), parent.map(Self.share))
        let isRight = own.score.map { $0 > 0.5 }
        let isParentRight = theirs?.score.map { $0 > 0.5 }
        right += isRight == true ? 1 : 0
        parentRight = parent == nil ? nil : parentRight.map { $0 + (isParentRight == true ? 1 : 0) }
        if isRight == true, isParentRight == false { flips.onlyCandidate += 1 }
        if isRight == false, isParentRight == true { flips.onlyParent += 1 }
        if isRight != true || isParentRight == false || flaw != nil {
            notable.append(
                AnswersRecord.Notable(
                    id: sample.id, prompt: sample.question, expected: sample.answer, answer: answer,
                    isRight: isRight, isParentRight: isParentRight, reason: Self.sentence(isRight == true ? nil : reason, flaw)))
        }
        switch (own, theirs) {
        case (.unscored(let why), _), (_, .unscored(let why)): return .unscored("prompt '\(sample.id)': \(why)")
        case (.scored(let share), .scored(let parent)):
            return .scored(AnsweredScore(candidate: share, parent: parent))
        case (.scored(let share), nil): return .scored(AnsweredScore(candidate: share, parent: nil))
        }
    }

    /// Both in one line; nil where there is neither.
    private static func sentence(_ reason: String?, _ flaw: String?) -> String? {
        let parts = [reason, flaw].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// The share of right answers.
    private static func share(_ answers: [Scored<Bool>]) -> Scored<Double> {
        var right = 0
        for answer in answers {
            switch answer {
            case .scored(let isRight): right += isRight ? 1 : 0
            case .unscored(let why): return .unscored(why)
            }
        }
        return answers.isEmpty ? .unscored("there is no text") : .scored(Double(right) / Double(answers.count))
    }

    /// What the sheet says, for the record of a run; answers that only the parent had right come first.
    var record: AnswersRecord {
        func rank(_ answer: AnswersRecord.Notable) -> Int {
            // What is no text of sense is nobody's right answer.
            if answer.isRight == true, answer.reason != nil { return 0 }
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
