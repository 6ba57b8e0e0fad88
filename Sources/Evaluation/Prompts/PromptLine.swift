import LabCore

/// A line of a prompt set: a JSON object whose keys must all be known.
///
/// | key | |
/// |---|---|
/// | `id`, `language`, `source`, `licence` | texts; the language is a BCP 47 tag |
/// | `prompt` or `messages` | a text to go on from, or a list of `role` and `content`, the user's last |
/// | `check` | "number", "text", "python" or "none" |
/// | `answer`, `accept` | the right answer, needed for "number" and "text", and a list of other forms |
/// | `function`, `cases` | for "python": a name, and a list of [argument, value] |
/// | `thinking`, `kind` | true or false, and a text; both may be left out |
struct PromptLine {
    private let file: String
    private let line: Int
    private let members: [String: JSONLine]

    private static let keys = [
        "id", "language", "prompt", "messages", "answer", "accept", "check", "function", "cases", "thinking", "source",
        "licence", "kind",
    ]

    /// Parses a line.
    init(_ text: String, file: String, line: Int) throws(SuiteError) {
        self.file = file
        self.line = line
        let parsed: JSONLine
        do {
            parsed = try JSONLine.parse(text)
        } catch {
            throw SuiteError(file: file, line: line, key: error.key, message: error.message)
        }
        guard case .object(let pairs) = parsed.value else {
            throw SuiteError(file: file, line: line, message: "expected an object in braces")
        }
        if let unknown = pairs.first(where: { !Self.keys.contains($0.key) }) {
            throw SuiteError(
                file: file, line: line, key: unknown.key, message: "unknown key '\(unknown.key)'",
                remedy: "known here: \(Self.keys.joined(separator: ", "))")
        }
        members = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The prompt.
    func sample() throws(SuiteError) -> PromptSample {
        let language = try required("language")
        guard Self.isLanguageTag(language) else {
            throw error(
                "language", "'\(language)' is not a language tag", remedy: "write it as BCP 47 does: en, zh-Hans")
        }
        let isThinking = try boolean("thinking")
        let answer = try text("answer")
        let accept = try texts("accept")
        return PromptSample(
            id: try required("id"), language: language, content: try content(isThinking: isThinking), answer: answer,
            accept: accept, check: try check(answer: answer, accept: accept), isThinking: isThinking,
            kind: try text("kind"), source: try required("source"), licence: try required("licence"))
    }

    private func content(isThinking: Bool?) throws(SuiteError) -> PromptSource {
        switch (try text("prompt"), members["messages"]) {
        case (let prompt?, nil): return .text(prompt)
        case (nil, let messages?): return .chat(try self.messages(messages), isThinking: isThinking)
        case (nil, nil): throw error("prompt", "a prompt or messages are missing")
        case (_?, _?): throw error("messages", "there is a prompt too", remedy: "leave out one of the two")
        }
    }

    private func messages(_ list: JSONLine) throws(SuiteError) -> [ChatMessage] {
        guard case .array(let elements) = list.value, !elements.isEmpty else {
            throw error("messages", "expected a list with messages")
        }
        var messages: [ChatMessage] = []
        for (index, element) in elements.enumerated() {
            let key = "messages[\(index)]"
            guard case .object(let pairs) = element.value else { throw error(key, "expected an object in braces") }
            if let unknown = pairs.first(where: { $0.key != "role" && $0.key != "content" }) {
                throw error(
                    "\(key).\(unknown.key)", "unknown key '\(unknown.key)'", remedy: "known here: role, content")
            }
            func member(_ name: String) throws(SuiteError) -> String {
                guard let value = pairs.first(where: { $0.key == name })?.value else {
                    throw error("\(key).\(name)", "the key '\(name)' is missing")
                }
                guard case .string(let text) = value.value, !text.isEmpty else {
                    throw error("\(key).\(name)", "expected a text")
                }
                return text
            }
            let role = try member("role")
            guard ["system", "user", "assistant"].contains(role) else {
                throw error("\(key).role", "unknown role '\(role)'", remedy: "known here: system, user, assistant")
            }
            messages.append(ChatMessage(role: role, content: try member("content")))
        }
        guard messages.last?.role == "user" else {
            throw error("messages", "the last message is not the user's, so there is nothing to answer")
        }
        return messages
    }

    private func check(answer: String?, accept: [String]) throws(SuiteError) -> AnswerCheck {
        let name = try required("check")
        if name != "python", let key = ["function", "cases"].first(where: { members[$0] != nil }) {
            throw error(key, "only the check 'python' takes this")
        }
        if name != "number", name != "text", members["accept"] != nil {
            throw error("accept", "only the checks 'number' and 'text' take this")
        }
        switch name {
        case "number":
            guard let answer else { throw error("answer", "the key 'answer' is missing") }
            guard AnswerChecker.number(answer) != nil else {
                throw error(
                    "answer", "'\(answer)' is not a number", remedy: "write one number in digits: 1234.5, 3/4 or 12 km")
            }
            return .number(answer)
        case "text":
            guard let answer else { throw error("answer", "the key 'answer' is missing") }
            return .text([answer] + accept)
        case "python":
            let function = try required("function")
            guard Self.isIdentifier(function) else { throw error("function", "'\(function)' is not a function's name") }
            return .python(function: function, cases: try cases())
        case "none": return .none
        default:
            throw error("check", "unknown check '\(name)'", remedy: "known here: number, text, python, none")
        }
    }

    private func cases() throws(SuiteError) -> String {
        guard let list = members["cases"] else { throw error("cases", "the key 'cases' is missing") }
        guard case .array(let cases) = list.value, !cases.isEmpty else {
            throw error("cases", "expected a list with [argument, value]")
        }
        for (index, element) in cases.enumerated() {
            guard case .array(let pair) = element.value, pair.count == 2 else {
                throw error("cases[\(index)]", "expected [argument, value]")
            }
        }
        return list.text
    }

    // A letter or an underscore, then digits too: what Python takes, of ASCII.
    private static func isIdentifier(_ name: String) -> Bool {
        name.first?.isNumber == false && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// Whether the subtags have the lengths and characters that BCP 47 (RFC 5646, section 2.1) gives them.
    static func isLanguageTag(_ tag: String) -> Bool {
        let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard let primary = parts.first, (2...3).contains(primary.count),
            primary.allSatisfy({ $0.isASCII && $0.isLetter })
        else { return false }
        return parts.dropFirst().allSatisfy {
            (2...8).contains($0.count) && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }
    }

    private func error(_ key: String, _ message: String, remedy: String? = nil) -> SuiteError {
        SuiteError(file: file, line: line, key: key, message: message, remedy: remedy)
    }

    private func required(_ key: String) throws(SuiteError) -> String {
        guard let text = try text(key) else { throw error(key, "the key '\(key)' is missing") }
        return text
    }

    private func text(_ key: String) throws(SuiteError) -> String? {
        guard let member = members[key] else { return nil }
        guard case .string(let text) = member.value, !text.isEmpty else { throw error(key, "expected a text") }
        return text
    }

    private func texts(_ key: String) throws(SuiteError) -> [String] {
        guard let member = members[key] else { return [] }
        guard case .array(let elements) = member.value else { throw error(key, "expected a list of texts") }
        var texts: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element.value, !text.isEmpty else {
                throw error("\(key)[\(index)]", "expected a text")
            }
            texts.append(text)
        }
        return texts
    }

    private func boolean(_ key: String) throws(SuiteError) -> Bool? {
        guard let member = members[key] else { return nil }
        guard case .bool(let value) = member.value else { throw error(key, "expected true or false") }
        return value
    }
}
