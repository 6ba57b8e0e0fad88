public import LabCore

/// What is wrong with a text whatever it was to say.
public enum CoherenceProblem: Hashable, Sendable, CustomStringConvertible {
    /// The answer has no visible character.
    case empty
    /// The text repeats itself to its end.
    case repetition(RepetitionLoop)
    /// Most of the answer is in a script that its language is not written in.
    case wrongScript(WritingScript)
    /// The bytes are no UTF-8.
    case invalidUTF8
    /// The limit of tokens was reached by a text that should have ended.
    case tokenLimit

    /// A few words for people.
    public var description: String {
        switch self {
        case .empty: return "the answer is empty"
        case .repetition(let loop):
            let times = Int(loop.repetitions)
            guard !loop.piece.isEmpty else { return "repeats \(loop.period) tokens \(times) times to the end" }
            let piece = loop.piece.prefix(Self.shownCharacters)
            let text = piece.count < loop.piece.count ? "\(piece)…" : String(piece)
            return
                "repeats \"\(text.split(whereSeparator: \.isNewline).joined(separator: " "))\" \(times) times to the end"
        case .wrongScript(let script): return "is mostly in the script \(script.rawValue)"
        case .invalidUTF8: return "holds bytes that are no UTF-8"
        case .tokenLimit: return "did not end within the limit of tokens"
        }
    }

    private static let shownCharacters = 40
}

/// Looks for what no sound model writes.
public enum Coherence {
    /// Letters that the answer must have before its script is judged; those of syllabic scripts count twice.
    static let leastLetters = 20

    /// What is wrong with a text; empty for a sound one.
    ///
    /// The script is judged on the answer's prose: code, formulas and addresses are left out, and where the language is
    /// not written in Latin letters, so are Latin words with a capital, which are names. Below 20 letters, or in a
    /// language whose scripts the lab does not know, it is not judged.
    ///
    /// - Parameters:
    ///   - language: what the answer should be in, as a BCP 47 tag.
    ///   - mayReachLimit: whether reaching the limit of tokens is all right, as for a continuation of fixed length.
    public static func problems(of text: GeneratedText, language: String, mayReachLimit: Bool) -> [CoherenceProblem] {
        var problems: [CoherenceProblem] = []
        if text.answer.allSatisfy(\.isWhitespace) { problems.append(.empty) }
        let isCut = text.finish == .length
        if let loop = RepetitionLoop(in: text.text, tokens: text.tokens, isCut: isCut) {
            problems.append(.repetition(loop))
        }
        if let script = wrongScript(in: text.answer, language: language) { problems.append(.wrongScript(script)) }
        if !text.isUTF8 { problems.append(.invalidUTF8) }
        if isCut && !mayReachLimit { problems.append(.tokenLimit) }
        return problems
    }

    private static func wrongScript(in answer: String, language: String) -> WritingScript? {
        let scripts = WritingScript.scripts(ofLanguage: language)
        guard !scripts.isEmpty else { return nil }
        var prose = Prose.of(answer)
        if !scripts.contains(.latin) { prose = Prose.withoutLatinNames(prose) }
        let weights = WritingScript.weights(in: prose)
        guard weights.values.reduce(0, +) >= leastLetters, let dominant = WritingScript.dominant(weights) else {
            return nil
        }
        // Japanese is written in three scripts: together they may outweigh one that no single one does.
        let own = weights.filter { scripts.contains($0.key) }.values.reduce(0, +)
        return scripts.contains(dominant) || 2 * own >= weights.values.reduce(0, +) ? nil : dominant
    }
}
