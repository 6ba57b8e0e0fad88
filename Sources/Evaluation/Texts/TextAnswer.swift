import LabCore

/// Whether an answer says one of the forms that count as right.
///
/// The part that counts is the inside of the last "\boxed{…}", or the sentence after the last "the answer is" (in the
/// languages of ``FinalAnswer``); else the whole answer where it is short, up to 25 words or 50 letters of a script
/// without word boundaries; else its first and its last sentence. In that part an accepted form must occur as whole
/// words, as ``FoldedText`` folds them, and
///
/// - not as one of several alternatives: "Rome or Paris" joined by an "or" next to it, or a list with two or more other
///   short members ("Rome, Paris, Berlin"); "Paris, France" is an answer;
/// - not denied by the word before it, or by the ending after it in Japanese ("not Paris", "パリではない").
///
/// An answer that claims one thing after the other in sentences of their own is not seen through.
struct TextAnswer: Sendable {
    private static let shortWords = 25
    private static let shortLetters = 50
    /// Members of a list have few words; the clauses of a sentence have more.
    private static let memberWords = 3
    private static let memberLetters = 8

    private let language: String
    private let forms: [FoldedText]
    /// How many members of a list each form is.
    private var formMembers: [Int]

    /// Takes the accepted forms and their language, by its BCP 47 tag.
    init(forms: [String], language: String) {
        self.language = language
        let folded = forms.map { (form: $0, text: FoldedText($0, language: language)) }.filter {
            !$0.text.words.isEmpty
        }
        self.forms = folded.map(\.text)
        formMembers = []
        formMembers = folded.map { members(of: $0.form).count }
    }

    /// Whether the answer is right.
    func accepts(_ answer: String) -> Bool {
        switch FinalAnswer(of: answer) {
        case .boxed(let part), .phrase(let part): return accepts(part: part)
        case .hashes, .unmarked: break
        }
        // A list over several sentences or lines is one as a whole.
        guard !isList(answer) else { return false }
        if isShort(answer, words: Self.shortWords, letters: Self.shortLetters) { return accepts(part: answer) }
        let sentences = Self.sentences(of: answer)
        return [sentences.first, sentences.last].contains { $0.map(accepts(part:)) ?? false }
    }

    private func isShort(_ text: some StringProtocol, words: Int, letters: Int) -> Bool {
        let folded = FoldedText(text, language: language).words
        let isLetters = folded.contains { Self.isWithoutBoundaries($0) }
        return folded.count <= (isLetters ? letters : words)
    }

    private static func isWithoutBoundaries(_ word: String) -> Bool {
        word.unicodeScalars.first.flatMap(WritingScript.init(of:))?.isWithoutWordBoundaries ?? false
    }

    private static func sentences(of text: String) -> [String] {
        var sentences: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let sentence = FinalAnswer.sentence(rest)
            if sentence.contains(where: { $0.isLetter || $0.isNumber }) { sentences.append(sentence) }
            rest = rest.dropFirst(sentence.count + 1)
        }
        return sentences
    }

    private func accepts(part: String) -> Bool {
        guard !isList(part), !isAlternative(part) else { return false }
        let text = FoldedText(part, language: language)
        return forms.contains { form in
            text.positions(of: form).contains { !isDenied(text.words, at: $0, length: form.words.count) }
        }
    }

    private static let memberMarks: Set<Character> = [",", ";", "、", "，", "；", "/", "|", "•", "\n", "・", "*"]

    /// Whether the text is a list of short members, with two or more beside those that are accepted.
    private func isList(_ text: String) -> Bool {
        let members = members(of: text)
        // An accepted form may be a list itself: "red, white and blue".
        let folded = FoldedText(text, language: language)
        let own = zip(forms, formMembers).filter { !folded.positions(of: $0.0).isEmpty }.map(\.1).max() ?? 1
        guard members.count >= own + 2 else { return false }
        if own > 1 { return true }
        let others = members.filter { member in
            let folded = FoldedText(member, language: language)
            return isShort(member, words: Self.memberWords, letters: Self.memberLetters)
                && !forms.contains { !folded.positions(of: $0).isEmpty }
        }
        return others.count >= 2 && others.count + 1 >= members.count
    }

    private func members(of text: String) -> [Substring] {
        text.split(whereSeparator: Self.memberMarks.contains).flatMap { Self.split($0, at: ListWords.joins) }
            .filter { !FoldedText($0, language: language).words.isEmpty }
    }

    /// Whether an accepted form stands beside an "or", with something else that is not accepted on its other side.
    private func isAlternative(_ text: String) -> Bool {
        let clauses = Self.split(text[...], at: ListWords.or.contains).map { FoldedText($0, language: language) }
        guard clauses.count > 1 else { return false }
        func isAccepted(_ clause: FoldedText) -> Bool { forms.contains { !clause.positions(of: $0).isEmpty } }
        // "Two or three apples" is one form where it is accepted as a whole.
        let whole = FoldedText(text, language: language)
        let holdsOr = forms.contains { form in
            form.words.contains(where: ListWords.or.contains) && !whole.positions(of: form).isEmpty
        }
        return !holdsOr && clauses.contains(where: isAccepted) && !clauses.allSatisfy(isAccepted)
    }

    /// Splits at words; in scripts without word boundaries at the longest of them that fits.
    private static func split(_ text: Substring, at joins: (String) -> Bool) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index].isLetter else {
                index = text.index(after: index)
                continue
            }
            var end = text[index...].firstIndex { !$0.isLetter } ?? text.endIndex
            if isWithoutBoundaries(String(text[index])) {
                let lengths = (2...3).reversed().compactMap {
                    text.index(index, offsetBy: $0, limitedBy: end)
                }
                end = lengths.first { joins(String(text[index..<$0])) } ?? text.index(after: index)
                // One letter alone joins too little: "と" and "か" are parts of words.
                let isJoining =
                    joins(String(text[index..<end])) && (text.distance(from: index, to: end) > 1 || text[index] == "或")
                if !isJoining {
                    index = text.index(after: index)
                    continue
                }
            } else if !joins(text[index..<end].lowercased()) {
                index = end
                continue
            }
            parts.append(text[start..<index])
            start = end
            index = end
        }
        return (parts + [text[start...]])
    }

    private static let deniers: Set<String> = [
        "not", "isn", "never", "nicht", "kein", "keine", "keinen", "no", "pas", "jamais", "не", "нет", "非", "nunca",
    ]
    private static let denyingEndings = ["では", "じゃ"].map { Array($0).map(String.init) }

    private func isDenied(_ words: [String], at start: Int, length: Int) -> Bool {
        if start > 0, Self.deniers.contains(words[start - 1]) { return true }
        if start > 1, words[start - 2...start - 1].elementsEqual(["不", "是"]) { return true }
        // "isn't" and "is not": the "t" is a word of its own.
        if start > 1, words[start - 1] == "t", Self.deniers.contains(words[start - 2]) { return true }
        let rest = words[(start + length)...]
        return Self.denyingEndings.contains { ending in
            rest.starts(with: ending) && rest.dropFirst(ending.count).prefix(3).joined().hasPrefix("な")
        }
    }
}
