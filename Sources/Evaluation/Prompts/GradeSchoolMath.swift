import LabCore

/// Reads GSM8K and MGSM as their authors publish them.
///
/// GSM8K's `test.jsonl` has "question" and a worked "answer" that ends in "#### 18"; MGSM's `mgsm_de.tsv` and its like
/// have a question, a tab and a number. The user's message is what EleutherAI's lm-evaluation-harness asks without
/// examples: task gsm8k, version 3, and the mgsm_native_cot tasks, version 4.
///
/// Sources: openai/grade-school-math (MIT), google-research/url-nlp (CC BY 4.0).
struct GradeSchoolMath {
    /// nil for GSM8K.
    private let code: String?
    private let name: String

    /// "gsm8k", or a name that begins with "mgsm_"; nil for others.
    init?(name: String) {
        guard name == "gsm8k" || name.hasPrefix("mgsm_") else { return nil }
        self.name = name
        code = name == "gsm8k" ? nil : String(name.dropFirst("mgsm_".count))
    }

    /// What stands before the question and after it, by MGSM's code.
    private static let wordings: [String: (question: String, answer: String)] = [
        "bn": ("প্রশ্ন:", "ধাপে ধাপে উত্তর:"), "de": ("Frage:", "Schritt-für-Schritt-Antwort:"),
        "en": ("Question:", "Step-by-Step Answer:"), "es": ("Pregunta:", "Respuesta paso a paso:"),
        "fr": ("Question :", "Réponse étape par étape :"), "ja": ("問題:", "ステップごとの答え:"),
        "ru": ("Задача:", "Пошаговоерешение:"), "sw": ("Swali:", "Jibu la Hatua kwa Hatua:"),
        "te": ("ప్రశ్న:", "దశలవారీగా సమాధానం:"), "th": ("โจทย์:", "คำตอบทีละขั้นตอน:"), "zh": ("问题:", "逐步解答:"),
    ]

    /// The prompts of a file's lines.
    func samples(_ lines: [String], file: String) throws(SuiteError) -> [PromptSample] {
        var samples: [PromptSample] = []
        for (index, line) in lines.enumerated() {
            if let code {
                samples.append(try translated(line, code: code, file: file, number: index + 1))
            } else {
                samples.append(try english(line, file: file, number: index + 1))
            }
        }
        return samples
    }

    private func english(_ line: String, file: String, number: Int) throws(SuiteError) -> PromptSample {
        func failure(_ key: String?, _ message: String) -> SuiteError {
            SuiteError(
                file: file, line: number, key: key, message: message,
                remedy: "take test.jsonl of openai/grade-school-math as it is")
        }
        let parsed: JSONLine
        do {
            parsed = try JSONLine.parse(line)
        } catch {
            throw failure(error.key, error.message)
        }
        guard case .object(let pairs) = parsed.value else { throw failure(nil, "expected an object in braces") }
        if let unknown = pairs.first(where: { $0.key != "question" && $0.key != "answer" }) {
            throw failure(unknown.key, "unknown key '\(unknown.key)'")
        }
        func text(_ key: String) throws(SuiteError) -> String {
            guard case .string(let text)? = pairs.first(where: { $0.key == key })?.value.value, !text.isEmpty else {
                throw failure(key, "expected a text")
            }
            return text
        }
        let question = try text("question")
        let answer = try text("answer")
        guard case .hashes(let end) = FinalAnswer(of: answer), let result = Self.trimmed(end) else {
            throw failure("answer", "the answer does not end in '####' and a number")
        }
        return sample(
            number, language: "en", message: "Question: \(question)\nAnswer:", answer: result,
            source: "openai/grade-school-math, test", licence: "MIT")
    }

    private func translated(
        _ line: String, code: String, file: String, number: Int
    ) throws(SuiteError) -> PromptSample {
        guard let wording = Self.wordings[code] else {
            throw SuiteError(
                file: file, message: "MGSM has no language '\(code)'",
                remedy: "its languages are \(Self.wordings.keys.sorted().joined(separator: ", "))")
        }
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count == 2, !fields[0].isEmpty, let answer = Self.trimmed(String(fields[1])) else {
            throw SuiteError(
                file: file, line: number, message: "expected a question, a tab and a number",
                remedy: "take \(name).tsv of google-research/url-nlp as it is")
        }
        return sample(
            number, language: code == "zh" ? "zh-Hans" : code,
            message: "\(wording.question) \(fields[0])\n\(wording.answer)", answer: answer,
            source: "google-research/url-nlp, MGSM", licence: "CC BY 4.0")
    }

    private static func trimmed(_ text: String) -> String? {
        let number = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return AnswerChecker.number(number) == nil ? nil : number
    }

    private func sample(
        _ number: Int, language: String, message: String, answer: String, source: String, licence: String
    ) -> PromptSample {
        PromptSample(
            id: "\(name)-\(number)", language: language,
            content: .chat([ChatMessage(role: "user", content: message)], isThinking: nil), answer: answer,
            check: .number(answer), kind: "word problem", source: source, licence: licence)
    }
}
