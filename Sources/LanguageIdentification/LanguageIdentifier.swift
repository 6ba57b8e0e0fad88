#if canImport(NaturalLanguage)
    import NaturalLanguage
#else
    import CCLD2
#endif

/// Tells languages apart: with Apple's NaturalLanguage where it is there, with CLD2 elsewhere.
public enum LanguageIdentifier {
    /// The language of a text, as the engine sees it.
    public static func identify(_ text: String) -> LanguageGuess { identify(text, expecting: nil) }

    #if canImport(NaturalLanguage)
        /// The engine and its version.
        public static let engine = "NaturalLanguage"

        /// Below this the second language is too near.
        private static let reliableProbability = 0.8
        /// What a language that is expected weighs beforehand; the others share the rest.
        private static let expectedProbability = 0.5

        /// The language of a text, where one is likelier than the others beforehand.
        package static func identify(_ text: String, expecting language: String?) -> LanguageGuess {
            let recognizer = NLLanguageRecognizer()
            if let language {
                recognizer.languageHints = [NLLanguage(rawValue: appleTag(language)): expectedProbability]
            }
            recognizer.processString(text)
            guard let (found, probability) = recognizer.languageHypotheses(withMaximum: 1).first, found != .undetermined
            else { return .none }
            return LanguageGuess(
                language: found == .simplifiedChinese ? "zh" : found.rawValue,
                confidence: Int((100 * probability).rounded()), isReliable: probability >= reliableProbability)
        }

        private static func appleTag(_ language: String) -> String {
            let tag = language.lowercased()
            if tag.hasPrefix("zh") { return isTraditional(tag) ? "zh-Hant" : "zh-Hans" }
            return String(tag.prefix { $0 != "-" })
        }
    #else
        /// The engine and its version.
        public static let engine = "CLD2 " + String(cString: ccld2_version())

        /// The language of a text, where one is likelier than the others beforehand.
        package static func identify(_ text: String, expecting language: String?) -> LanguageGuess {
            var text = text
            let guess = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    guard let language else { return ccld2_identify(characters.baseAddress, characters.count, nil) }
                    return ccld2_identify(characters.baseAddress, characters.count, cld2Code(language))
                }
            }
            guard let code = guess.code else { return .none }
            let name = String(cString: code)
            return LanguageGuess(
                language: modernCodes[name] ?? name, confidence: Int(guess.percent), isReliable: guess.is_reliable)
        }

        /// CLD2 has codes that ISO 639 gave up.
        private static let modernCodes = ["iw": "he", "jw": "jv", "no": "nb"]

        private static func cld2Code(_ language: String) -> String {
            let tag = language.lowercased()
            if tag.hasPrefix("zh") { return isTraditional(tag) ? "zh-Hant" : "zh" }
            let primary = String(tag.prefix { $0 != "-" })
            return modernCodes.first { $0.value == primary }?.key ?? primary
        }
    #endif

    /// Whether a tag of Chinese, in small letters, means traditional characters.
    static func isTraditional(_ tag: String) -> Bool {
        tag.split(separator: "-").dropFirst().contains { ["hant", "tw", "hk", "mo"].contains($0) }
    }
}
