public import LabCore

/// Tells whether an answer is right.
public enum AnswerChecker {
    /// Checks an answer, thoughts left out, against what its prompt says is right.
    ///
    /// Numbers are compared exactly as rational numbers, as ``NumberAnswer`` finds them in the notation of the prompt's
    /// language; what counts as right is written plainly ("1234.5", "3/4", "12 km"). Texts follow ``TextAnswer``, and so
    /// do accepted forms of a number that are words ("a dozen").
    ///
    /// - Returns: unscored for prompts whose answers are checked by running them, or not at all.
    public static func check(_ answer: String, of sample: PromptSample) -> Scored<Bool> {
        switch sample.check {
        case .number(let expected):
            guard let right = number(expected) else { return .unscored("'\(expected)' is not a number") }
            let accepted = sample.accept.map { (form: $0, number: number($0)) }
            let found = NumberAnswer(answer, language: sample.language).number
            if let found, ([right] + accepted.compactMap(\.number)).contains(where: found.isSameAmount) {
                return .scored(true)
            }
            let words = accepted.filter { $0.number == nil }.map(\.form)
            // A word is no answer beside another number.
            return .scored(found == nil && TextAnswer(forms: words, language: sample.language).accepts(answer))
        case .text(let forms):
            return .scored(TextAnswer(forms: forms, language: sample.language).accepts(answer))
        case .python: return .unscored("a program is checked by running it")
        case .none: return .unscored("the prompt has no right answer")
        }
    }

    /// The number that a plainly written text is; nil where it holds none, or more than one.
    static func number(_ text: String) -> WrittenNumber? {
        let numbers = NumberReader(PlainMath.scalars(of: text), notation: .plain).numbers()
        return numbers.count == 1 ? numbers[0] : nil
    }
}
