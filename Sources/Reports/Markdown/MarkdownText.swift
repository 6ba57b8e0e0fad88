/// Text from outside, made safe to show in a line of GitHub's Markdown: nothing in it is markup, a link or a mention.
package struct MarkdownText {
    package let text: String

    /// - Parameter limit: code points that are shown.
    /// - Parameter startsLine: whether it stands at the start of a line, where a dash would begin a list.
    package init(_ raw: String, limit: Int = 300, startsLine: Bool = false) {
        let scalars = Array(VisibleText(raw, limit: limit).text.drop { $0 == " " }.unicodeScalars)
        let digits = scalars.prefix { ("0"..."9").contains($0) }.count
        var text = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            let next = index + 1 < scalars.count ? scalars[index + 1] : " "
            let isStart = startsLine && index == 0 && "-+#=".unicodeScalars.contains(scalar)
            let isItem = startsLine && digits > 0 && index == digits && (scalar == "." || scalar == ")")
            switch scalar {
            case "&": text.append(contentsOf: "&amp;".unicodeScalars)
            case "<": text.append(contentsOf: "&lt;".unicodeScalars)
            case ">": text.append(contentsOf: "&gt;".unicodeScalars)
            // Tables are cut at bars, by some readers even behind a backslash.
            case "|": text.append(contentsOf: "&#124;".unicodeScalars)
            case "\u{A0}": text.append(contentsOf: "&nbsp;".unicodeScalars)
            case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "!", "~", "$":
                text.append("\\")
                text.append(scalar)
            case _ where isStart || isItem:
                text.append("\\")
                text.append(scalar)
            default: text.append(scalar)
            }
            if Self.beginsLink(scalar, next: next, before: scalars[..<index]) { text.append("\u{200B}") }
        }
        self.text = String(text)
    }

    /// Mentions, issues and addresses are found after the text was unescaped; a space without width breaks them.
    private static func beginsLink(
        _ scalar: Unicode.Scalar, next: Unicode.Scalar, before: ArraySlice<Unicode.Scalar>
    ) -> Bool {
        func follows(_ word: String) -> Bool {
            String(String.UnicodeScalarView(before.suffix(word.unicodeScalars.count))).lowercased() == word
        }
        return switch scalar {
        case "@": true
        case "#": ("0"..."9").contains(next)
        case ":": next == "/" || follows("mailto") || follows("xmpp")
        case ".": follows("www")
        case "-": follows("gh") && ("0"..."9").contains(next)
        default: false
        }
    }

    /// Text as code, to be read and copied as it is.
    package static func code(_ raw: String, limit: Int = 300) -> String {
        let text = VisibleText(raw, limit: limit).text
        let fence = String(repeating: "`", count: longestRun(of: "`", in: text) + 1)
        // In a table a bar ends the cell even within code, and the backslash before it is not shown.
        let escaped = text.replacingOccurrences(of: "|", with: "\\|")
        let isPlain = text.first != "`" && text.last != "`" && !text.isEmpty
        return isPlain ? fence + escaped + fence : "\(fence) \(escaped) \(fence)"
    }

    /// Text as a block of code.
    package static func block(_ raw: String, limit: Int = VisibleText.usualLimit) -> String {
        let text = VisibleText(raw, limit: limit).text
        let fence = String(repeating: "`", count: max(3, longestRun(of: "`", in: text) + 1))
        return "\(fence)\n\(text)\n\(fence)"
    }

    private static func longestRun(of mark: Unicode.Scalar, in text: String) -> Int {
        var (longest, run) = (0, 0)
        for scalar in text.unicodeScalars {
            run = scalar == mark ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}
