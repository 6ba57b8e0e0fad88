/// Text from outside (names, paths, a worker's last words), made safe to show in one line.
///
/// Control characters could drive a terminal and are not allowed in XML; directional marks could make a name read
/// as another. Both are shown as their code point; line breaks and tabs become spaces.
package struct VisibleText {
    package let text: String

    package init(_ raw: String) {
        var text = String.UnicodeScalarView()
        for scalar in raw.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029:
                text.append(" ")
            case 0x00..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF,
                0xE0000...0xE007F:
                text.append(contentsOf: "\u{27E8}U+\(Self.hex(scalar.value))\u{27E9}".unicodeScalars)
            case let value where value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(value):
                text.append(contentsOf: "\u{27E8}U+\(Self.hex(value))\u{27E9}".unicodeScalars)
            default:
                text.append(scalar)
            }
        }
        self.text = String(text)
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Escaped for HTML and XML text and attributes.
    ///
    /// Goes by scalars: a quote followed by a combining mark is one Character that equals no quote.
    package var escaped: String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
