/// A token, or the text around one, with its white space made visible.
///
/// ``VisibleText`` still has to make the result safe to show.
package enum VisibleToken {
    /// A token alone: every space is shown, and what has no shape of its own is shown as its code point.
    package static func token(_ raw: String) -> String {
        raw.isEmpty ? "\u{27E8}empty\u{27E9}" : visible(raw, showsSpaces: true)
    }

    /// Text in which single spaces stay, so that lines can break at them.
    package static func context(_ raw: String) -> String { visible(raw, showsSpaces: false) }

    /// No page shows more of a text, so no more of it is looked at.
    private static let longest = 8000

    private static func visible(_ raw: String, showsSpaces: Bool) -> String {
        let scalars = raw.unicodeScalars
        let end = scalars.index(scalars.startIndex, offsetBy: longest, limitedBy: scalars.endIndex) ?? scalars.endIndex
        var text = String.UnicodeScalarView()
        if showsSpaces, let first = raw.unicodeScalars.first, isMark(first) {
            text.append("\u{25CC}")  // else the mark would sit on what stands before the token
        }
        for scalar in scalars[..<end] {
            switch scalar {
            case " ": text.append(showsSpaces ? "\u{2423}" : " ")
            case "\n": text.append("\u{21B5}")
            case "\r": text.append(contentsOf: "\u{27E8}U+000D\u{27E9}".unicodeScalars)
            case "\t": text.append("\u{21E5}")
            case let other where showsSpaces && hasNoShape(other):
                let digits = String(other.value, radix: 16, uppercase: true)
                let padding = String(repeating: "0", count: max(0, 4 - digits.count))
                text.append(contentsOf: "\u{27E8}U+\(padding)\(digits)\u{27E9}".unicodeScalars)
            default: text.append(scalar)
            }
        }
        return String(text) + raw[end...]
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    private static func hasNoShape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .lineSeparator, .paragraphSeparator, .format: true
        default: false
        }
    }
}
