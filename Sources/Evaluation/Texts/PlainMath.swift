import Foundation

/// A text whose numbers are written in one way: ASCII digits and signs, fractions as "a/b".
enum PlainMath {
    /// Stands for all spaces that are narrow or do not break.
    static let narrowSpace: Unicode.Scalar = "\u{202F}"

    /// Rewrites LaTeX ("\frac{3}{4}", "1{,}234", "18\%"), digits of all scripts and widths, signs and vulgar fractions.
    static func scalars(of text: String) -> [Unicode.Scalar] {
        var text = text
        if text.contains("\\") || text.contains("{,}") { text = withoutLaTeX(text) }
        var result: [Unicode.Scalar] = []
        let scalars = Array(text.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\u{2212}", "\u{FF0D}", "\u{FE63}": result.append("-")
            case "\u{2044}", "\u{2215}", "\u{FF0F}": result.append("/")
            case "\u{FF0E}": result.append(".")
            case "\u{FF05}", "\u{FE6A}": result.append("%")
            case "\u{FF04}": result.append("$")
            case "\u{FF0B}": result.append("+")
            case "\u{FF1D}": result.append("=")
            case "\u{A0}", "\u{2007}", "\u{2009}", "\u{202F}": result.append(narrowSpace)
            // Between wide digits a mark of thousands; elsewhere in Chinese and Japanese it separates clauses.
            case "\u{FF0C}" where isWideDigit(scalars, index - 1) && isWideDigit(scalars, index + 1): result.append(",")
            default: append(scalar, to: &result)
            }
        }
        return result
    }

    private static func isWideDigit(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
        scalars.indices.contains(index) && ("\u{FF10}"..."\u{FF19}").contains(scalars[index])
    }

    private static func append(_ scalar: Unicode.Scalar, to result: inout [Unicode.Scalar]) {
        guard !scalar.isASCII, let kind = scalar.properties.numericType else { return result.append(scalar) }
        if kind == .decimal, let value = scalar.properties.numericValue {
            return result.append(Unicode.Scalar(UInt8(ascii: "0") + UInt8(value)))
        }
        let parts = String(scalar).decomposedStringWithCompatibilityMapping.unicodeScalars
        guard parts.contains("\u{2044}") else { return result.append(scalar) }
        // "1¾" is a mixed number, not 13/4.
        if result.last.map(isDigit) == true { result.append(" ") }
        result += parts.map { $0 == "\u{2044}" ? "/" : $0 }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func withoutLaTeX(_ text: String) -> String {
        var text = text.replacingOccurrences(of: "{,}", with: ",")
        for fraction in ["\\dfrac", "\\tfrac", "\\cfrac", "\\frac"] { text = withoutFractions(text, command: fraction) }
        for (command, plain) in [
            ("\\%", "%"), ("\\$", "$"), ("\\,", String(narrowSpace)), ("\\!", ""), ("\\;", " "), ("\\:", " "),
            ("\\ ", " "),
            ("\\times", "×"), ("\\cdot", "×"), ("\\text", " "), ("\\mathrm", " "), ("\\mathbf", " "),
        ] {
            text = text.replacingOccurrences(of: command, with: plain)
        }
        return text
    }

    /// "\frac{a}{b}" and "\frac ab" as " a/b"; what is not made of two plain arguments stays.
    private static func withoutFractions(_ text: String, command: String) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.range(of: command) {
            result += rest[..<range.lowerBound]
            rest = rest[range.upperBound...]
            guard let numerator = argument(&rest), let denominator = argument(&rest) else {
                result += command
                continue
            }
            if result.last?.isNumber == true { result += " " }
            result += "\(numerator)/\(denominator)"
        }
        return result + rest
    }

    private static func argument(_ rest: inout Substring) -> String? {
        let start = rest.drop { $0 == " " }
        guard let first = start.first else { return nil }
        if first.isNumber {
            rest = start.dropFirst()
            return String(first)
        }
        guard first == "{", let end = start.firstIndex(of: "}") else { return nil }
        let inside = start[start.index(after: start.startIndex)..<end]
        guard !inside.contains("{") else { return nil }
        rest = start[start.index(after: end)...]
        return inside.trimmingCharacters(in: .whitespaces)
    }
}
