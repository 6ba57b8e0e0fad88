import Foundation

/// The pieces that drawings are made of.
enum Drawing {
    /// A coordinate, to a tenth.
    static func n(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard abs(tenths) < 0x1p52 else { return String(value) }
        let count = UInt64(abs(tenths))
        let isWhole = count % 10 == 0
        return Digits.text(isWhole ? count / 10 : count, decimals: isWhole ? 0 : 1, isNegative: tenths < 0)
    }

    static func text(_ style: String, _ x: Double, _ y: Double, _ content: String) -> String {
        "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\">\(VisibleText(content, limit: 200).escaped)</text>"
    }

    /// An SVG element with a name and a description for those who cannot see it.
    static func svg(
        width: Double, height: Double, id: String, heading: String, description: String, _ parts: [String]
    ) -> String {
        """
        <svg viewBox="0 0 \(n(width)) \(n(height))" role="img" aria-labelledby="\(id)t \(id)d" \
        xmlns="http://www.w3.org/2000/svg"><title id="\(id)t">\(VisibleText(heading, limit: 400).escaped)</title>\
        <desc id="\(id)d">\(VisibleText(description).escaped)</desc>\(parts.joined(separator: "\n"))</svg>
        """
    }
}
