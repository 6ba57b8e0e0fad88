import Foundation

/// The part of an answer that says what it comes to.
enum FinalAnswer: Hashable, Sendable {
    /// The inside of the last "\boxed{…}".
    case boxed(String)
    /// What follows the last "####" on its line, as GSM8K's own answers end.
    case hashes(String)
    /// The sentence after the last "the answer is", or what says the same in another language.
    case phrase(String)
    /// No part is marked.
    case unmarked

    /// Looks for marks in this order; languages may be mixed, as an answer's language is judged elsewhere.
    init(of answer: String) {
        if let inside = Self.lastBox(answer) {
            self = .boxed(inside)
        } else if let line = Self.lastHashes(answer) {
            self = .hashes(line)
        } else if let sentence = Self.lastPhrase(answer) {
            self = .phrase(sentence)
        } else {
            self = .unmarked
        }
    }

    /// As it is said in the languages of MGSM and their neighbours; case is left out.
    private static let phrases = [
        "answer is", "answer:", "answer =", "antwort ist", "antwort lautet", "antwort:", "ergebnis ist", "ergebnis:",
        "respuesta es", "respuesta:", "respuesta final es", "réponse est", "réponse :", "réponse:", "ответ:", "ответ —",
        "ответ -", "ответ –", "resposta é", "risposta è", "答案是", "答案为", "答案為", "答案：", "答案:", "答えは", "答え：", "答え:",
        "উত্তর হল", "సమాధానం", "คำตอบคือ", "jibu ni",
    ]

    private static func lastPhrase(_ answer: String) -> String? {
        let plain = answer.replacingOccurrences(of: "\u{A0}", with: " ").replacingOccurrences(of: "\u{202F}", with: " ")
        let ends = phrases.compactMap { plain.range(of: $0, options: [.caseInsensitive, .backwards])?.upperBound }
        guard let end = ends.max() else { return nil }
        // "**Answer:**\n\n18" has it on a later line.
        let rest = plain[end...].drop { !$0.isLetter && !$0.isNumber && !"-\u{2212}\u{2013}+$€£¥.\\".contains($0) }
        return rest.isEmpty ? nil : sentence(rest)
    }

    /// Up to the first line break or mark that ends a sentence; a point inside a number is none.
    static func sentence(_ text: Substring) -> String {
        var end = text.startIndex
        while end < text.endIndex {
            let character = text[end]
            let next = text.index(after: end)
            if character.isNewline || "。！？!?".contains(character) { break }
            if character == ".", next == text.endIndex || text[next].isWhitespace { break }
            end = next
        }
        return String(text[..<end])
    }

    private static func lastHashes(_ answer: String) -> String? {
        guard let mark = answer.range(of: "####", options: .backwards) else { return nil }
        return String(answer[mark.upperBound...].prefix { !$0.isNewline })
    }

    private static func lastBox(_ answer: String) -> String? {
        guard let mark = answer.range(of: "\\boxed{", options: .backwards) else { return nil }
        var depth = 1
        let rest = answer[mark.upperBound...]
        for index in rest.indices {
            if rest[index] == "{" { depth += 1 }
            if rest[index] == "}" { depth -= 1 }
            if depth == 0 { return String(rest[..<index]) }
        }
        return nil
    }
}
