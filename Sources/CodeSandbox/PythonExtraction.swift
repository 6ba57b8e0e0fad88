/// Finds the program in an answer.
public enum PythonExtraction {
    /// The Python code of an answer; nil when it has none.
    ///
    /// Of the answer's fenced blocks, those that say another language left out: the first that defines `function`,
    /// else the last. A fence that is never closed reaches to the end of the answer. Without a block, the text from
    /// the first line that begins a definition, an import or a decorator to the last that goes on with it: what is
    /// indented, in brackets or in a long string, comments, and further statements.
    /// - Parameters:
    ///   - answer: What a model wrote, thoughts left out.
    ///   - function: The function that was asked for.
    public static func code(from answer: String, defining function: String? = nil) -> String? {
        let lines = answer.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        let blocks = fencedBlocks(in: lines)
        let defining = function.flatMap { function in blocks.first { defines(function, in: $0) } }
        if let block = defining ?? blocks.last { return joined(block) }
        return joined(bareCode(in: lines.filter { fence(in: $0) == nil }))
    }

    // MARK: Blocks

    private struct Fence {
        var mark: Character
        var length: Int
        var language: String
    }

    /// The fence that a line opens or closes a block with.
    private static func fence(in line: String) -> Fence? {
        let rest = line.drop { $0 == " " || $0 == "\t" }
        guard let mark = rest.first, mark == "`" || mark == "~" else { return nil }
        let length = rest.prefix { $0 == mark }.count
        let language = rest.dropFirst(length).trimmed
        // With its mark after it, this is code within a line.
        guard length >= 3, !language.contains(mark) else { return nil }
        return Fence(
            mark: mark, length: length,
            language: language.prefix { $0 != " " && $0 != "{" && $0 != "," }.lowercased())
    }

    private static func fencedBlocks(in lines: [String]) -> [[String]] {
        var blocks: [[String]] = []
        var open: (fence: Fence, lines: [String])?
        func close() {
            if let open, ["", "python", "python3", "py", "py3"].contains(open.fence.language) {
                let block = unindented(open.lines)
                if block.contains(where: { !$0.trimmed.isEmpty }) { blocks.append(block) }
            }
            open = nil
        }
        for line in lines {
            let mark = fence(in: line)
            if let fence = open?.fence {
                if let mark, mark.mark == fence.mark, mark.length >= fence.length, mark.language.isEmpty {
                    close()
                } else {
                    open?.lines.append(line)
                }
            } else if let mark {
                open = (mark, [])
            }
        }
        close()
        return blocks
    }

    private static func defines(_ function: String, in lines: [String]) -> Bool {
        lines.contains { line in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let index = words.prefix(2).firstIndex(of: "def"), index + 1 < words.count,
                index == 0 || words[0] == "async"
            else { return false }
            return words[index + 1].prefix { $0 != "(" && $0 != ":" } == function
        }
    }

    // MARK: Code without a fence

    private static func bareCode(in lines: [String]) -> [String] {
        guard let start = lines.firstIndex(where: { beginsCode($0.trimmed) }) else { return [] }
        let margin = indentation(of: lines[start])
        var scanner = StatementScanner()
        var code: [String] = []
        var isDecorated = false
        // Lines up to here are code; blank ones and comments only when more of it follows.
        var end = 0
        for line in lines[start...].map({ String($0.dropFirst(min(margin, indentation(of: $0)))) }) {
            let text = line.trimmed
            let isIndented = line.first == " " || line.first == "\t"
            if scanner.isInside || (isIndented && !text.isEmpty) || isStatement(text) {
                isDecorated = text.hasPrefix("@")
                scanner.scan(line)
                code.append(line)
                end = code.count
            } else if text.isEmpty || text.hasPrefix("#") {
                code.append(line)
            } else {
                break
            }
        }
        // Brackets or a string without an end reach into what is no code; a decorator alone decorates nothing.
        return scanner.isInside || isDecorated ? naturalEnd(of: code) : Array(code[..<end])
    }

    /// The lines before the first that no rule but an open bracket or string holds.
    private static func naturalEnd(of code: [String]) -> [String] {
        let end = code.firstIndex { line in
            guard let first = line.first else { return false }
            return first != " " && first != "\t" && !isStatement(line.trimmed) && !")]}#\"'".contains(first)
        }
        return Array(code[..<(end ?? code.count)])
    }

    /// Whether code without a fence can begin with this line.
    private static func beginsCode(_ line: String) -> Bool {
        let words = line.split(separator: " ").map(String.init)
        guard let first = words.first, words.count > 1 || first.hasPrefix("@") else { return false }
        switch first {
        case "def": return line.contains("(") && isName(words[1].prefix { $0 != "(" })
        case "async": return words[1] == "def" && line.contains("(")
        case "class": return line.hasSuffix(":") && isName(words[1].prefix { $0 != "(" && $0 != ":" })
        case "from": return words.count > 3 && words[2] == "import" && isName(words[1])
        case "import":
            return line.dropFirst("import".count).split(separator: ",").allSatisfy { item in
                let parts = item.split(separator: " ")
                return parts.count == 1 && isName(parts[0])
                    || parts.count == 3 && isName(parts[0]) && parts[1] == "as" && isName(parts[2])
            }
        default: return first.count > 1 && first.hasPrefix("@") && isName(first.dropFirst().prefix { $0 != "(" })
        }
    }

    /// Whether a line at the margin goes on with a program.
    private static func isStatement(_ line: String) -> Bool {
        if beginsCode(line) { return true }
        guard let first = line.first else { return false }
        if ")]}".contains(first) { return true }
        let code = line.prefix { $0 != "#" }.trimmed
        let word = String(code.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        switch word {
        case "": return false
        case "if", "for", "while", "with", "elif", "except", "else", "try", "finally", "match", "case":
            return code.hasSuffix(":")
        case "assert", "raise", "del", "global", "return": return code.count > word.count
        case "pass", "break", "continue": return code == word
        default: break
        }
        // A call, or an assignment to a name, an attribute or an item.
        let rest = code.dropFirst(word.count)
        guard !(word.first?.isNumber ?? true), let next = rest.first else { return false }
        if next == "(" { return code.last == ")" || code.last == "(" || code.last == "," }
        let target = rest.prefix { $0 != "=" }
        guard target.count < rest.count else { return isCallOfAttribute(rest) }
        let value = rest.dropFirst(target.count + 1).trimmed
        guard !value.isEmpty, !value.hasPrefix("=") else { return false }
        if next == "." || next == "[" || next == "," { return true }
        return target.allSatisfy { " +-*/%&|^<>@".contains($0) } || next == ":"
    }

    /// As in "items.append(3)".
    private static func isCallOfAttribute(_ rest: Substring) -> Bool {
        guard rest.first == ".", rest.last == ")", let bracket = rest.firstIndex(of: "(") else { return false }
        return isName(rest[rest.index(after: rest.startIndex)..<bracket])
    }

    /// Whether a text is a name, with points in it perhaps.
    private static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.first, !first.isNumber else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." } && text.last != "."
    }

    // MARK: Lines

    /// The lines without the indentation that all of them have.
    private static func unindented(_ lines: [String]) -> [String] {
        let margin = lines.lazy.filter { !$0.trimmed.isEmpty }.map(indentation).min() ?? 0
        return lines.map { String($0.dropFirst(min(margin, indentation(of: $0)))) }
    }

    private static func indentation(of line: String) -> Int { line.prefix { $0 == " " || $0 == "\t" }.count }

    /// The lines as a program; nil when there is nothing in them.
    private static func joined(_ lines: [String]) -> String? {
        var lines = lines[...]
        while let last = lines.last, last.trimmed.isEmpty { lines.removeLast() }
        while let first = lines.first, first.trimmed.isEmpty { lines.removeFirst() }
        return lines.isEmpty ? nil : lines.joined(separator: "\n") + "\n"
    }
}

/// Follows brackets and strings over lines of Python.
private struct StatementScanner {
    private var depth = 0
    private var longString: String?

    /// Whether the next line goes on with what the last one began.
    var isInside: Bool { depth > 0 || longString != nil }

    mutating func scan(_ line: String) {
        var rest = line[...]
        while let character = rest.first {
            if let quotes = longString {
                if rest.hasPrefix(quotes) {
                    longString = nil
                    rest = rest.dropFirst(3)
                } else {
                    rest = rest.dropFirst(character == "\\" ? 2 : 1)
                }
                continue
            }
            switch character {
            case "#": return
            case "(", "[", "{": depth += 1
            case ")", "]", "}": depth = max(0, depth - 1)
            case "\"", "'":
                let quotes = String(repeating: character, count: 3)
                if rest.hasPrefix(quotes) {
                    longString = quotes
                    rest = rest.dropFirst(3)
                } else {
                    rest = Self.afterString(rest.dropFirst(), endingWith: character)
                }
                continue
            default: break
            }
            rest = rest.dropFirst()
        }
    }

    private static func afterString(_ text: Substring, endingWith quote: Character) -> Substring {
        var rest = text
        while let character = rest.first, character != quote { rest = rest.dropFirst(character == "\\" ? 2 : 1) }
        return rest.dropFirst()
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
