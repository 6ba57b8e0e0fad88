/// How a language writes numbers: which mark goes before the decimals, and what may stand between thousands.
///
/// Source: Unicode CLDR 46, numeric symbols of the languages' main regions. Other languages write as English does.
struct NumberNotation: Hashable, Sendable {
    /// "." or ",".
    let decimalMark: Unicode.Scalar
    /// Whether an ordinary space may stand between thousands; a no-break or thin one may in every language.
    let groupsBySpace: Bool

    /// Digits as a program writes them: "." before decimals, "," between thousands.
    static let plain = NumberNotation(decimalMark: ".", groupsBySpace: false)

    init(decimalMark: Unicode.Scalar, groupsBySpace: Bool) {
        self.decimalMark = decimalMark
        self.groupsBySpace = groupsBySpace
    }

    /// The notation of a language, by its BCP 47 tag.
    init(language: String) {
        let primary = String(language.lowercased().prefix { $0 != "-" })
        let usesComma = Self.withComma.contains(primary)
        self.init(decimalMark: usesComma ? "," : ".", groupsBySpace: usesComma)
    }

    private static let withComma: Set<String> = [
        "de", "es", "fr", "it", "pt", "nl", "ru", "uk", "be", "bg", "pl", "cs", "sk", "sl", "hr", "sr", "bs", "ro",
        "hu",
        "sv", "da", "nb", "nn", "no", "fi", "et", "lv", "lt", "tr", "el", "id", "vi", "ca", "gl", "eu", "is", "kk",
    ]

    /// The number that runs of digits stand for, with the marks between them; nil where they are none: a date, a version.
    ///
    /// Both marks: the last is the decimal mark. One mark several times, between groups of three digits: thousands (of
    /// two but the last, as in India, after a comma too). One mark once: this notation's decimal mark, or else
    /// thousands where three digits follow ("1.234" in German), or else decimals ("3.5" in German, too).
    func value(parts: [[UInt8]], marks: [Unicode.Scalar], exponent: Int) -> ExactNumber? {
        guard let last = marks.last else { return ExactNumber(whole: parts.joined().map { $0 }, exponent: exponent) }
        let isDecimal: Bool
        let isOnce = marks.count { $0 == last } == 1
        if Self.isSpace(last) || Set(marks).count > 2 {
            isDecimal = false
        } else if marks.count > 1 {
            isDecimal = isOnce
        } else {
            isDecimal = last == decimalMark || !Self.isGrouped(parts, isIndian: false)
        }
        let whole = isDecimal ? Array(parts.dropLast()) : parts
        let groupMarks = isDecimal ? marks.dropLast() : marks[...]
        guard Set(groupMarks).count <= 1 else { return nil }
        let isIndian = groupMarks.first == ","
        guard whole.count == 1 || Self.isGrouped(whole, isIndian: isIndian) else { return nil }
        return ExactNumber(
            whole: whole.flatMap { $0 }, fraction: isDecimal ? parts[parts.count - 1] : [], exponent: exponent)
    }

    static func isSpace(_ mark: Unicode.Scalar) -> Bool { mark != "." && mark != "," }

    private static func isGrouped(_ parts: [[UInt8]], isIndian: Bool) -> Bool {
        guard let first = parts.first, let last = parts.last, (1...3).contains(first.count), first[0] != 0 else {
            return false
        }
        let middle = parts.dropFirst().dropLast()
        return last.count == 3
            && (middle.allSatisfy { $0.count == 3 }
                || isIndian && first.count <= 2 && middle.allSatisfy { $0.count == 2 })
    }
}
