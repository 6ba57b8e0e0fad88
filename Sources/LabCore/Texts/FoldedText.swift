import Foundation

/// The words of a text without what does not tell words of a language apart.
///
/// Letter case, the widths of characters, punctuation and kinds of apostrophe never do. Accents are left out of English,
/// Spanish, French, Portuguese, Italian, Catalan, Galician, Dutch, German and Russian, whose writers leave them out too
/// ("París", "PARIS"), but not where the letter is one of its own and makes another word: ñ stays ("año", "ano"), й
/// stays, and German ä, ö and ü are the same as ae, oe and ue, never as a, o and u ("schön", "schon"). ё is е, ß is ss.
/// In all other languages every mark stays.
///
/// A word is a run of letters, digits and marks. Where words have no boundaries (Chinese, Japanese, Korean, Thai), each
/// letter is a word, so that a phrase is found inside a sentence.
public struct FoldedText: Hashable, Sendable {
    /// The words.
    public let words: [String]

    /// Folds a text in a language, given by its BCP 47 tag.
    public init(_ text: some StringProtocol, language: String) {
        let folding = Folding(language: language)
        let compatible = String(text).precomposedStringWithCompatibilityMapping.lowercased()
        var words: [String] = []
        var word = ""
        func finish() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for character in compatible {
            guard let first = character.unicodeScalars.first, Self.isPartOfWord(first) else {
                // "C++" and "C#" are other words than "C".
                if character == "+" || character == "#", word.last?.isLetter == true || "+#".contains(word.last ?? " ")
                {
                    word.append(character)
                } else {
                    finish()
                }
                continue
            }
            if "+#".contains(word.last ?? " ") {
                // "a+b" is two words.
                word.removeAll { "+#".contains($0) }
                finish()
            }
            let folded = folding.fold(character)
            if WritingScript(of: first)?.isWithoutWordBoundaries == true {
                finish()
                words.append(folded)
            } else {
                word += folded
            }
        }
        finish()
        self.words = words
    }

    /// Where a phrase begins, by word; empty for a phrase without words.
    public func positions(of phrase: FoldedText) -> [Int] {
        let count = phrase.words.count
        guard count > 0, count <= words.count else { return [] }
        return (0...words.count - count).filter { words[$0..<$0 + count].elementsEqual(phrase.words) }
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || scalar.properties.generalCategory == .nonspacingMark
    }
}

/// What a language lets fall of a letter.
private struct Folding {
    private let dropsAccents: Bool
    private let isGerman: Bool

    private static let accentDroppers: Set<Substring> = [
        "en", "es", "fr", "pt", "it", "ca", "gl", "nl", "de", "ru",
    ]
    private static let grave: UInt32 = 0x300, acute: UInt32 = 0x301, circumflex: UInt32 = 0x302
    private static let tilde: UInt32 = 0x303, diaeresis: UInt32 = 0x308, cedilla: UInt32 = 0x327

    init(language: String) {
        let primary = language.lowercased().prefix { $0 != "-" }
        dropsAccents = Self.accentDroppers.contains(primary)
        isGerman = primary == "de"
    }

    func fold(_ character: Character) -> String {
        guard !character.isASCII else { return String(character) }
        guard dropsAccents else { return character == "ß" ? "ss" : String(character) }
        switch character {
        case "ß": return "ss"
        case "œ": return "oe"
        case "æ": return "ae"
        default: break
        }
        var folded = String.UnicodeScalarView()
        let scalars = String(character).decomposedStringWithCanonicalMapping.unicodeScalars
        let base = scalars.first
        for scalar in scalars {
            switch scalar.value {
            case Self.grave, Self.acute, Self.circumflex, Self.cedilla: continue
            case Self.tilde where base != "n": continue
            case Self.diaeresis where isGerman && (base == "a" || base == "o" || base == "u"): folded.append("e")
            case Self.diaeresis: continue
            default: folded.append(scalar)
            }
        }
        return String(folded).precomposedStringWithCanonicalMapping
    }
}
