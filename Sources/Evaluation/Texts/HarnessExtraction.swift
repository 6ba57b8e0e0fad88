import Foundation

/// The two ways in which EleutherAI's lm-evaluation-harness takes a number out of an answer, so that figures compare with
/// published ones.
///
/// - strict-match: the first number after the words that end a worked example; for GSM8K `#### (\-?[0-9\.\,]+)`, for MGSM
///   each language's "The answer is".
/// - flexible-extract: the last match of `(-?[$0-9.,]{2,})|(-?[0-9]+)`.
///
/// What is extracted must then equal the right answer as a text: for GSM8K without ",", "$" and a point at the end; for
/// MGSM without punctuation. Source: lm_eval/tasks/gsm8k/gsm8k.yaml version 3, lm_eval/tasks/mgsm native_cot version 4.
///
/// The lab's own check is ``AnswerChecker``, which compares numbers.
public struct HarnessExtraction: Sendable {
    private let lead: String
    private let tail: String
    private let ignoresPunctuation: Bool

    /// The extraction for a data set: "gsm8k" or "mgsm_de" and its like; nil for others.
    public init?(dataset: String) {
        if dataset == "gsm8k" {
            (lead, tail, ignoresPunctuation) = ("#### ", "", false)
            return
        }
        guard dataset.hasPrefix("mgsm_"), let words = Self.words[String(dataset.dropFirst("mgsm_".count))] else {
            return nil
        }
        (lead, tail) = words
        ignoresPunctuation = true
    }

    private static let words: [String: (String, String)] = [
        "bn": ("The answer is ", ""), "de": ("Die Antwort lautet ", ""), "en": ("The answer is ", ""),
        "es": ("La respuesta es ", ""), "fr": ("La réponse est ", ""), "ja": ("答えは", "です。"), "ru": ("Ответ — ", ""),
        "sw": ("Jibu ni ", ""), "te": ("సమాధానం ", ""), "th": ("คำตอบคือ ", ""), "zh": ("答案是 ", "。"),
    ]

    /// strict-match; nil without a match, which counts as wrong.
    public func strict(_ answer: String) -> String? {
        let (bytes, lead, tail) = (Array(answer.utf8), Array(self.lead.utf8), Array(self.tail.utf8))
        for start in bytes.indices where bytes[start...].starts(with: lead) {
            let number = start + lead.count
            var end = number < bytes.count && bytes[number] == UInt8(ascii: "-") ? number + 1 : number
            let digits = end
            while end < bytes.count, Self.isNumeric(bytes[end]) { end += 1 }
            if end > digits, bytes[end...].starts(with: tail) {
                return String(decoding: bytes[number..<end], as: UTF8.self)
            }
        }
        return nil
    }

    /// flexible-extract; nil without a match, which counts as wrong.
    public func flexible(_ answer: String) -> String? {
        let bytes = Array(answer.utf8)
        var last: Range<Int>?
        var index = 0
        while index < bytes.count {
            let start = bytes[index] == UInt8(ascii: "-") ? index + 1 : index
            var end = start
            while end < bytes.count, Self.isNumeric(bytes[end]) || bytes[end] == UInt8(ascii: "$") { end += 1 }
            let isMatch = end - start >= 2 || end - start == 1 && Self.isDigit(bytes[start])
            if isMatch { last = index..<end }
            index = isMatch ? end : index + 1
        }
        return last.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// Whether what was extracted is the right answer.
    public func isRight(_ extracted: String?, expected: String) -> Bool {
        extracted.map { normalised($0) == normalised(expected) } ?? false
    }

    private func normalised(_ text: String) -> String {
        if ignoresPunctuation { return text.filter { !($0.isASCII && ($0.isPunctuation || $0.isSymbol)) }.lowercased() }
        var plain = text.filter { $0 != "," && $0 != "$" }
        if let mark = plain.range(of: "#### ", options: .backwards) { plain = String(plain[mark.upperBound...]) }
        return (plain.hasSuffix(".") ? String(plain.dropLast()) : plain).lowercased()
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }
}
