/// Text from outside (names, paths, model output, a worker's last words), made safe to show in one line.
///
/// Control characters could drive a terminal and are not allowed in XML; directional marks could make a name read
/// as another, and what takes no room could hide in it. These are shown as their code point; line breaks and tabs
/// become spaces. Text without end is cut, and marks piled on one letter are counted rather than drawn.
package struct VisibleText {
    /// Code points that are shown of a text, where nothing else is asked for.
    package static let usualLimit = 4000
    /// Marks on one letter that are drawn: more than any script's spelling needs.
    private static let markLimit = 8

    package let text: String

    /// - Parameter limit: code points that are shown; what is left out is counted at the end.
    package init(_ raw: String, limit: Int = usualLimit) {
        // Most text is plain and short, and a site has a million pieces of it.
        if raw.utf8.count <= limit, raw.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            text = raw
            return
        }
        if raw.utf8.count <= limit, raw.unicodeScalars.allSatisfy(Self.isPlain) {
            text = raw
            return
        }
        var text = String.UnicodeScalarView()
        var marks = 0
        func endMarks() {
            guard marks > Self.markLimit else { return }
            text.append(contentsOf: "\u{27E8}\(marks - Self.markLimit) more marks\u{27E9}".unicodeScalars)
        }
        for (index, scalar) in raw.unicodeScalars.enumerated() {
            if index >= limit {
                let rest = raw.unicodeScalars.count - index
                // A cut that leaves out less than it takes to say so is none.
                if rest > 40 {
                    endMarks()
                    marks = 0
                    text.append(
                        contentsOf: "\u{2026} \u{27E8}\(Format.grouped(rest)) more characters\u{27E9}".unicodeScalars)
                    break
                }
            }
            if Self.isMark(scalar) {
                marks += 1
                if marks > Self.markLimit { continue }
            } else {
                endMarks()
                marks = 0
            }
            Self.append(scalar, to: &text)
        }
        endMarks()
        self.text = String(text)
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView) {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029:
            text.append(" ")
        case 0x00..<0x20, 0x7F..<0xA0, 0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F,
            0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
            text.append(contentsOf: "\u{27E8}U+\(hex(scalar.value))\u{27E9}".unicodeScalars)
        case let value where value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(value):
            text.append(contentsOf: "\u{27E8}U+\(hex(value))\u{27E9}".unicodeScalars)
        default:
            text.append(scalar)
        }
    }

    /// Letters of Latin scripts, and the punctuation and signs of the lab's own sentences: neither marks nor harmful.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F, 0xA0..<0xAD, 0xAE..<0x300, 0x2010...0x2027, 0x2070...0x209F, 0x2190...0x2BFF: true
        default: false
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.value >= 0x300 else { return false }
        let category = scalar.properties.generalCategory
        return category == .nonspacingMark || category == .enclosingMark
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Escaped for HTML and XML text and attributes.
    ///
    /// Goes by bytes: a quote followed by a combining mark is one Character that equals no quote.
    package var escaped: String {
        guard text.utf8.contains(where: Self.needsEscape) else { return text }
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 64)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): result += "&amp;".utf8
            case UInt8(ascii: "<"): result += "&lt;".utf8
            case UInt8(ascii: ">"): result += "&gt;".utf8
            case UInt8(ascii: "\""): result += "&quot;".utf8
            case UInt8(ascii: "'"): result += "&#39;".utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
