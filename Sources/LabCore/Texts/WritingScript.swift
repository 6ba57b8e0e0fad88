/// A script that letters belong to, by its ISO 15924 code.
///
/// Letters are told apart by Unicode's blocks, which hold one script each for those listed. Source: Unicode 16,
/// Blocks.txt.
public enum WritingScript: String, Sendable, Codable, CaseIterable {
    /// One script each; Han is written in Chinese, Japanese and, seldom, Korean.
    case latin = "Latn"
    case greek = "Grek"
    case cyrillic = "Cyrl"
    case armenian = "Armn"
    case hebrew = "Hebr"
    case arabic = "Arab"
    case devanagari = "Deva"
    case bengali = "Beng"
    case gurmukhi = "Guru"
    case gujarati = "Gujr"
    case tamil = "Taml"
    case telugu = "Telu"
    case kannada = "Knda"
    case malayalam = "Mlym"
    case thai = "Thai"
    case georgian = "Geor"
    case hangul = "Hang"
    case hiragana = "Hira"
    case katakana = "Kana"
    case han = "Hani"

    /// The script of a letter; nil for what is no letter, and for letters of other scripts.
    public init?(of scalar: Unicode.Scalar) {
        guard scalar.properties.isAlphabetic else { return nil }
        let value = scalar.value
        guard let block = Self.blocks.first(where: { $0.range.contains(value) }) else { return nil }
        self = block.script
    }

    /// The scripts that a language is written in, by its BCP 47 tag; empty where the lab does not know.
    ///
    /// A script in the tag ("sr-Latn") goes before the language's own; "zh-Hans" and "zh-Hant" are both Han here.
    public static func scripts(ofLanguage tag: String) -> Set<WritingScript> {
        let parts = tag.split(separator: "-").map(String.init)
        for part in parts.dropFirst() where part.count == 4 {
            switch part.lowercased() {
            case "hans", "hant": return [.han]
            case "jpan": return [.han, .hiragana, .katakana]
            case "kore": return [.hangul, .han]
            case let named: return WritingScript.allCases.first { $0.rawValue.lowercased() == named }.map { [$0] } ?? []
            }
        }
        return parts.first.flatMap { byLanguage[$0.lowercased()] } ?? []
    }

    /// Whether words of the script stand without spaces between them, or with endings attached as in Korean, so that a
    /// word has no boundaries to look for.
    public var isWithoutWordBoundaries: Bool {
        switch self {
        case .han, .hiragana, .katakana, .hangul, .thai: true
        default: false
        }
    }

    private static let byLanguage: [String: Set<WritingScript>] = {
        var table: [String: Set<WritingScript>] = [
            "zh": [.han], "ja": [.han, .hiragana, .katakana], "ko": [.hangul, .han], "th": [.thai], "el": [.greek],
            "he": [.hebrew], "hy": [.armenian], "ka": [.georgian], "bn": [.bengali], "as": [.bengali],
            "pa": [.gurmukhi], "gu": [.gujarati], "ta": [.tamil], "te": [.telugu], "kn": [.kannada],
            "ml": [.malayalam], "sr": [.cyrillic, .latin],
        ]
        let alike: [(String, WritingScript)] = [
            (
                "en de es fr it pt nl pl cs sk sv da nb nn no fi hu ro tr vi id ms sw ca gl eu hr bs sl et lv lt sq af tl "
                    + "cy ga is lb mt az uz eo la", .latin
            ),
            ("ru uk bg be mk kk ky tg mn", .cyrillic), ("ar fa ur ps", .arabic), ("hi mr ne", .devanagari),
        ]
        for (languages, script) in alike {
            for language in languages.split(separator: " ") { table[String(language)] = [script] }
        }
        return table
    }()

    private static let blocks: [(range: ClosedRange<UInt32>, script: WritingScript)] = [
        (0x0041...0x024F, .latin), (0x4E00...0x9FFF, .han), (0x0400...0x052F, .cyrillic), (0x3041...0x309F, .hiragana),
        (0x30A0...0x30FF, .katakana), (0xAC00...0xD7FF, .hangul), (0x0370...0x03FF, .greek),
        (0x0530...0x058F, .armenian),
        (0x0590...0x05FF, .hebrew), (0x0600...0x06FF, .arabic), (0x0750...0x077F, .arabic), (0x0870...0x08FF, .arabic),
        (0x0900...0x097F, .devanagari), (0x0980...0x09FF, .bengali), (0x0A00...0x0A7F, .gurmukhi),
        (0x0A80...0x0AFF, .gujarati), (0x0B80...0x0BFF, .tamil), (0x0C00...0x0C7F, .telugu),
        (0x0C80...0x0CFF, .kannada),
        (0x0D00...0x0D7F, .malayalam), (0x0E00...0x0E7F, .thai), (0x10A0...0x10FF, .georgian),
        (0x1100...0x11FF, .hangul), (0x1C80...0x1C8F, .cyrillic), (0x1C90...0x1CBF, .georgian),
        (0x1E00...0x1EFF, .latin), (0x1F00...0x1FFF, .greek), (0x2C60...0x2C7F, .latin), (0x2D00...0x2D2F, .georgian),
        (0x2DE0...0x2DFF, .cyrillic), (0x3005...0x3007, .han), (0x3130...0x318F, .hangul), (0x31F0...0x31FF, .katakana),
        (0x3400...0x4DBF, .han), (0xA640...0xA69F, .cyrillic), (0xA720...0xA7FF, .latin), (0xA960...0xA97F, .hangul),
        (0xF900...0xFAFF, .han), (0xFB00...0xFB06, .latin), (0xFB1D...0xFB4F, .hebrew), (0xFB50...0xFDFF, .arabic),
        (0xFE70...0xFEFF, .arabic), (0xFF21...0xFF5A, .latin), (0xFF66...0xFF9F, .katakana), (0xFFA0...0xFFDC, .hangul),
        (0x20000...0x323AF, .han),
    ]
}

extension WritingScript {
    /// How much of a text each script makes up: letters, where one that writes about a syllable or a word counts twice.
    public static func weights(in text: some StringProtocol) -> [WritingScript: Int] {
        text.unicodeScalars.reduce(into: [:]) { weights, scalar in
            guard let script = WritingScript(of: scalar) else { return }
            weights[script, default: 0] += script.isSyllabic ? 2 : 1
        }
    }

    /// The script with the most weight; nil without letters.
    public static func dominant(_ weights: [WritingScript: Int]) -> WritingScript? {
        weights.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key
    }

    private var isSyllabic: Bool {
        switch self {
        case .han, .hiragana, .katakana, .hangul: true
        default: false
        }
    }
}
