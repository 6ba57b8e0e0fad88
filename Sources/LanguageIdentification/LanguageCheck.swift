import LabCore

/// Whether an answer is in the language that was asked for.
public enum LanguageVerdict: Hashable, Sendable {
    /// It is, with the engine's confidence, 0 to 100; nil where another evidence than the engine's says so.
    case right(confidence: Int?)
    /// It is in another language, or in a script that the language asked for is not written in: `found` is that language
    /// as BCP 47 names it, "und-Latn" for one that only its script is known of.
    case wrong(found: String, confidence: Int?)
    /// The answer does not tell, and why.
    case undecided(String)
}

/// Holds an answer against the language that was asked for.
public enum LanguageCheck {
    /// Fewer letters are too few to call a language wrong; those of syllabic scripts count twice.
    package static let leastLetters = 20
    /// Fewer are too few for a language that only the expectation of it brings up.
    package static let leastLettersWithHint = 10

    /// The verdict on an answer, thoughts left out.
    ///
    /// Code, formulas and addresses in it do not count (``Prose``), nor names in Latin letters where the language has
    /// others. Then, in this order:
    ///
    /// 1. without letters, a bare number say, it is undecided;
    /// 2. most letters in a script that the language is not written in: wrong;
    /// 3. equal to a form that counts as right in this language ("Moskau"): right by that evidence, with the engine's
    ///    confidence where it says so too;
    /// 4. the engine relies on the language asked for: right;
    /// 5. below 10 letters undecided; else the engine is asked again, with the language asked for as the likelier one
    ///    beforehand. If it now relies on it, that is right where at first it relied on one that is easily taken for it
    ///    ("La capital de Francia es París." passes for Catalan), or on none and would not rely on another one that was
    ///    expected just as well; otherwise the answer is undecided;
    /// 6. the engine relies on another language in spite of that, and there are 20 letters: wrong;
    /// 7. else undecided.
    ///
    /// Chinese that has no character of the other way of writing alone is right for "zh-Hans" and "zh-Hant".
    ///
    /// - Parameters:
    ///   - language: the language asked for, as a BCP 47 tag.
    ///   - accepted: right answers in that language.
    public static func verdict(of answer: String, asked language: String, accepted: [String]) -> LanguageVerdict {
        let scripts = WritingScript.scripts(ofLanguage: language)
        var prose = Prose.of(answer)
        var weights = WritingScript.weights(in: prose)
        if !scripts.isEmpty, !scripts.contains(.latin), scripts.contains(where: { weights[$0] != nil }) {
            prose = Prose.withoutLatinNames(prose)
            weights = WritingScript.weights(in: prose)
        }
        guard let dominant = WritingScript.dominant(weights) else { return .undecided("the answer has no letters") }
        let own = weights.filter { scripts.contains($0.key) }.values.reduce(0, +)
        let all = weights.values.reduce(0, +)
        if !scripts.isEmpty, 2 * own < all { return .wrong(found: "und-\(dominant.rawValue)", confidence: nil) }
        let words = FoldedText(prose, language: language)
        if !words.words.isEmpty, accepted.contains(where: { FoldedText($0, language: language) == words }) {
            let guess = identify(prose, expecting: language)
            let isSame = guess.language.map { fits($0, asked: language, text: prose) } ?? false
            return .right(confidence: isSame ? guess.confidence : nil)
        }
        return verdict(ofProse: prose, asked: language, letters: all)
    }

    private static func verdict(ofProse prose: String, asked language: String, letters: Int) -> LanguageVerdict {
        let plain = identify(prose, expecting: nil)
        if let found = plain.language, plain.isReliable, fits(found, asked: language, text: prose) {
            return .right(confidence: plain.confidence)
        }
        guard letters >= leastLettersWithHint else { return .undecided("the answer is too short to tell its language") }
        let hinted = identify(prose, expecting: language)
        guard let second = hinted.language, hinted.isReliable else {
            return .undecided("the answer is too short, or too mixed, to tell its language")
        }
        guard fits(second, asked: language, text: prose) else {
            guard letters >= leastLetters else { return .undecided("the answer is too short to tell its language") }
            return .wrong(found: second, confidence: hinted.confidence)
        }
        if let first = plain.isReliable ? plain.language : nil {
            guard !isRelated(first, language) else { return .right(confidence: hinted.confidence) }
            return .undecided("the answer can be read as \(first) and as \(second)")
        }
        for rival in rivals where rival != language.prefix(while: { $0 != "-" }).lowercased() {
            let guess = identify(prose, expecting: rival)
            if guess.language == rival, guess.isReliable {
                return .undecided("the answer can be read as \(rival) and as \(second)")
            }
        }
        return .right(confidence: hinted.confidence)
    }

    /// The engine's guess; what it takes for Japanese without a syllable of kana is Chinese.
    private static func identify(_ text: String, expecting language: String?) -> LanguageGuess {
        var guess = LanguageIdentifier.identify(text, expecting: language)
        guard guess.language == "ja" else { return guess }
        let weights = WritingScript.weights(in: text)
        if weights[.hiragana] == nil, weights[.katakana] == nil { guess.language = "zh" }
        return guess
    }

    /// Whether a language that was found is the one asked for.
    private static func fits(_ found: String, asked: String, text: String) -> Bool {
        let (found, asked) = (found.lowercased(), asked.lowercased())
        guard found.prefix(while: { $0 != "-" }) == asked.prefix(while: { $0 != "-" }) else { return false }
        // "zh" alone is both.
        guard found.hasPrefix("zh"), asked != "zh" else { return true }
        return !ChineseCharacters.isOnlyOther(text, isTraditionalAsked: LanguageIdentifier.isTraditional(asked))
    }

    /// Languages that a text full of names may pass for once one expects them.
    private static let rivals = ["en", "de", "es", "fr", "it", "pt"]

    /// Languages that short sentences of one another pass for.
    private static let relatives: [Set<Substring>] = [
        ["es", "ca", "gl", "pt"], ["ru", "bg", "uk", "be", "mk", "sr"], ["de", "nl", "lb"],
        ["nb", "nn", "no", "da", "sv"],
        ["cs", "sk"], ["hr", "bs", "sr", "sl"], ["id", "ms"], ["fr", "ca", "oc"], ["it", "co"], ["zh"],
    ]

    private static func isRelated(_ first: String, _ second: String) -> Bool {
        let pair = [first.lowercased(), second.lowercased()].map { $0.prefix { $0 != "-" } }
        return relatives.contains { $0.isSuperset(of: pair) }
    }
}
