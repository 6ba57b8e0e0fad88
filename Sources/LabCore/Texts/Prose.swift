/// What a text says in sentences, without the code and the formulas in it.
public enum Prose {
    /// Leaves out fenced and quoted code, lines that look like code, LaTeX commands and web addresses.
    ///
    /// A line looks like code where a tenth of its visible characters are marks that programs are made of, at least two
    /// of them, or where it begins with a keyword that programs begin lines with and ends as they do.
    public static func of(_ text: String) -> String {
        var lines: [String] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                isInside.toggle()
                continue
            }
            if isInside { continue }
            let plain = withoutMarked(String(line))
            if !looksLikeCode(plain) { lines.append(plain) }
        }
        return lines.joined(separator: "\n")
    }

    private static let codeMarks: Set<Character> = [
        "{", "}", "[", "]", "(", ")", "=", ";", "<", ">", "_", "\\", "+", "|",
    ]
    private static let keywords: Set<Substring> = [
        "def", "return", "import", "from", "class", "for", "while", "if", "elif", "else", "print", "let", "var", "func",
        "const", "function", "#include",
    ]

    private static func looksLikeCode(_ line: String) -> Bool {
        let visible = line.filter { !$0.isWhitespace }
        guard !visible.isEmpty else { return false }
        let marks = visible.count { codeMarks.contains($0) }
        if marks >= 2, 10 * marks >= visible.count { return true }
        let first = line.drop { $0 == " " || $0 == "\t" }.prefix { !$0.isWhitespace && $0 != "(" && $0 != ":" }
        let isStatement =
            visible.hasSuffix(":") || visible.hasSuffix(";") || visible.hasSuffix(")") || first == "import"
        return keywords.contains(first) && (isStatement || first == "return")
    }

    /// A line without what stands between backticks, LaTeX commands and web addresses.
    private static func withoutMarked(_ line: String) -> String {
        var plain = ""
        var rest = line[...]
        while let character = rest.first {
            if character == "`", let end = rest.dropFirst().firstIndex(of: "`") {
                rest = rest[rest.index(after: end)...]
            } else if character == "\\" {
                rest = rest.dropFirst().drop { $0.isLetter && $0.isASCII }
            } else if rest.hasPrefix("http://") || rest.hasPrefix("https://") {
                rest = rest.drop { !$0.isWhitespace && $0.isASCII }
            } else {
                plain.append(character)
                rest = rest.dropFirst()
            }
        }
        return plain
    }

    /// Leaves out words of Latin letters that begin with a capital: names and abbreviations, in a language of another
    /// script.
    public static func withoutLatinNames(_ text: String) -> String {
        var result = ""
        var word = ""
        func finish() {
            if word.first?.isUppercase != true { result += word }
            word = ""
        }
        for character in text {
            if character.unicodeScalars.first.flatMap(WritingScript.init(of:)) == .latin {
                word.append(character)
            } else {
                finish()
                result.append(character)
            }
        }
        finish()
        return result
    }
}
