import LabCore

/// What a record of answers says, in words.
struct AnswersText {
    private let record: AnswersRecord
    private let candidate: String
    private let parent: String
    /// Whether the answers are conversations as chat templates render them.
    let areRenderings: Bool

    init(_ record: AnswersRecord, in run: RunRecord) {
        self.record = record
        candidate = run.label(of: record.artifact)
        parent = run.parent.map { run.label(of: $0.path) } ?? "the parent"
        areRenderings = run.measurements.contains {
            $0.metric == MetricDefinition.promptsRenderedDifferently.name && $0.evaluation == record.evaluation
                && $0.backend == record.backend && $0.artifact == record.artifact
        }
    }

    /// "Q4_K_M, thinking on cpu: no thinking".
    var heading: String {
        "\(candidate), \(record.evaluation) on \(record.backend)" + (record.mode.map { ": \($0)" } ?? "")
    }

    /// How many are right, and where only one of the models is, in sentences.
    var sentences: String {
        let all = Format.count(record.prompts, "prompt")
        if areRenderings {
            return
                "\(record.prompts - record.right) of \(all) become other tokens than by the parent\u{2019}s template."
        }
        var text = "\(candidate) answers \(record.right) of \(all) rightly\(share(record.right))"
        if let right = record.parentRight { text += ", \(parent) \(right)\(share(right))" }
        text += "."
        if let flips = record.flips {
            text +=
                flips.mcNemarText.map {
                    " Only \(parent) is right about \(flips.onlyParentRight), only \(candidate) about "
                        + "\(flips.onlyCandidateRight): \($0) (exact McNemar test)."
                } ?? " Both are right about the same prompts."
        }
        return text
    }

    /// "5 only the parent, 1 only the candidate, p = 0.22"; nil where the parent was not asked.
    var flips: String? {
        record.flips.map { flips in
            flips.mcNemarText.map {
                "\(flips.onlyParentRight) only the parent, \(flips.onlyCandidateRight) only the candidate, \($0)"
            } ?? "right about the same prompts as the parent"
        }
    }

    private func share(_ right: Int) -> String {
        record.prompts > 0 ? " (\(Format.share(Double(right) / Double(record.prompts))))" : ""
    }

    /// The answers worth a look: those that only the parent got right, then the other wrong ones.
    static func sorted(_ answers: [AnswersRecord.Notable]) -> [AnswersRecord.Notable] {
        func rank(_ answer: AnswersRecord.Notable) -> Int {
            switch (answer.isRight, answer.isParentRight) {
            case (false, true): 0
            case (false, _): 1
            case (nil, _): 2
            case (true, _): 3
            }
        }
        return (0...3).flatMap { place in answers.filter { rank($0) == place } }
    }

    /// What came out for a prompt, as a status and its word.
    static func outcome(_ answer: AnswersRecord.Notable) -> (status: VerdictStatus, word: String) {
        switch (answer.isRight, answer.isParentRight) {
        case (false, true): (.fail, "Only the parent is right")
        case (false, false): (.inconclusive, "Neither is right")
        case (false, nil): (.fail, "Wrong")
        case (nil, _): (.skipped, "Without a score")
        case (true, false): (.pass, "Only the candidate is right")
        case (true, _): (.pass, "Right")
        }
    }
}
