import LabCore

/// Text for a terminal of a certain width.
struct TerminalText {
    /// Columns.
    let width: Int
    /// Whether verdicts are coloured.
    let hasColor: Bool

    /// A verdict's word, coloured.
    func paint(_ text: String, _ status: VerdictStatus) -> String {
        guard hasColor else { return text }
        let code =
            switch status {
            case .pass: "32"
            case .fail, .infeasible: "31"
            case .inconclusive: "33"
            case .skipped: "2"
            }
        return "\u{1B}[1;\(code)m\(text)\u{1B}[0m"
    }

    /// A sentence behind a verdict's word, both made safe to show.
    func judged(_ status: VerdictStatus, _ text: String) -> [String] {
        var lines = wrap("  \(status.rawValue)  \(VisibleText(text).text)", indent: 4)
        lines[0] = "  " + paint(status.rawValue, status) + lines[0].dropFirst(2 + status.rawValue.count)
        return lines
    }

    /// Breaks a sentence at spaces; a word longer than a line stays whole, for it may be a path to copy.
    func wrap(_ text: String, indent: Int) -> [String] {
        let leading = text.prefix { $0 == " " }
        var lines: [String] = []
        var line = String(leading)
        for word in text.dropFirst(leading.count).split(separator: " ", omittingEmptySubsequences: false) {
            let isFresh = line.allSatisfy { $0 == " " }
            if !isFresh, line.count + 1 + word.count > width {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += (isFresh ? "" : " ") + word
            }
        }
        return lines + [line]
    }

    /// The columns that a text takes: two for characters of East Asia and pictures, none for marks.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { $0 + ($1.unicodeScalars.first.map(columns) ?? 0) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: scalar.properties.generalCategory == .nonspacingMark ? 0 : 1
        }
    }

    /// The end of a text that fits into so many columns, with an ellipsis where something is left out.
    static func end(of text: String, columns limit: Int) -> String {
        shortened(text, columns: limit, fromStart: false)
    }

    /// The start of a text that fits into so many columns, with an ellipsis where something is left out.
    static func start(of text: String, columns limit: Int) -> String {
        shortened(text, columns: limit, fromStart: true)
    }

    private static func shortened(_ text: String, columns limit: Int, fromStart: Bool) -> String {
        guard columns(text) > limit else { return text }
        var kept = ""
        var used = 1
        for character in fromStart ? Array(text) : text.reversed() {
            used += columns(String(character))
            guard used <= limit else { break }
            kept.append(character)
        }
        return fromStart ? kept + "\u{2026}" : "\u{2026}" + String(kept.reversed())
    }
}
