import Evaluation
import Foundation
import LabCore
import Testing

@Suite("GSM8K and MGSM")
struct GradeSchoolMathTests {
    private static let data =
        ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("shared/data")
    private static let isThere = FileManager.default.fileExists(
        atPath: data.appendingPathComponent("gsm8k/test.jsonl").path)

    private func load(_ text: String, name: String) throws(SuiteError) -> PromptSet {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("math-\(UUID())")
        _ = FileManager.default.createFile(atPath: file.path, contents: Data(text.utf8))
        defer { try? FileManager.default.removeItem(at: file) }
        return try PromptSet(name: name, contentsOf: file)
    }

    @Test("a line of either becomes a question with a number")
    func lines() throws {
        let english = try load(#"{"question":"How many?","answer":"1 + 1 = <<1+1=2>>2\n#### 2,000"}"#, name: "gsm8k")
            .samples[0]
        #expect(english.id == "gsm8k-1")
        #expect(english.language == "en")
        #expect(english.check == .number("2,000"))
        #expect(
            english.prompt(isThinking: true)
                == .chat([ChatMessage(role: "user", content: "Question: How many?\nAnswer:")], isThinking: true))
        let german = try load("Wie viele?\t2\n", name: "mgsm_de").samples[0]
        #expect(german.language == "de")
        #expect(
            german.prompt(isThinking: nil)
                == .chat(
                    [ChatMessage(role: "user", content: "Frage: Wie viele?\nSchritt-für-Schritt-Antwort:")],
                    isThinking: nil))
        #expect(try load("多少？\t2\n", name: "mgsm_zh").samples[0].language == "zh-Hans")
    }

    @Test(
        "what is no line of theirs is named",
        arguments: [
            ("gsm8k", #"{"question":"a"}"#, "answer"), ("gsm8k", #"{"question":"a","answer":"2"}"#, "answer"),
            ("gsm8k", #"{"question":"a","answer":"1 #### 2","id":1}"#, "id"), ("gsm8k", "a\t2", nil),
            ("mgsm_de", "a 2", nil),
            ("mgsm_de", "a\tzwei", nil), ("mgsm_de", "a\t2\t3", nil),
        ] as [(String, String, String?)])
    func wrong(name: String, line: String, key: String?) throws {
        let error = try #require(throws: SuiteError.self) { try load(line, name: name) }
        #expect(error.line == 1)
        #expect(error.key == key)
    }

    @Test("a language that MGSM has not is refused")
    func unknown() throws {
        let error = try #require(throws: SuiteError.self) { try load("a\t2", name: "mgsm_it") }
        #expect(error.remedy?.contains("de, en, es") == true)
    }

    @Test(
        "the published files are read whole, and the worked answers of GSM8K are right by all three checks",
        .enabled(if: isThere, "needs gsm8k/test.jsonl and mgsm/*.tsv in LAB_DATA, or in ../shared/data"))
    func published() throws {
        let file = Self.data.appendingPathComponent("gsm8k/test.jsonl")
        let english = try PromptSet(name: "gsm8k", contentsOf: file)
        #expect(english.samples.count == 1319)
        let extraction = try #require(HarnessExtraction(dataset: "gsm8k"))
        struct Line: Decodable { let answer: String }
        let worked = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8)).answer
        }
        for (sample, answer) in zip(english.samples, worked) {
            let expected = try #require(sample.answer)
            #expect(AnswerChecker.check(answer, of: sample).score == true)
            #expect(extraction.isRight(extraction.strict(answer), expected: expected))
            #expect(extraction.isRight(extraction.flexible(answer), expected: expected))
            #expect(AnswerChecker.check("So it is \(expected)1.", of: sample).score == false)
        }
        for code in ["bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh"] {
            let set = try PromptSet(
                name: "mgsm_\(code)", contentsOf: Self.data.appendingPathComponent("mgsm/mgsm_\(code).tsv"))
            #expect(set.samples.count == 250)
            // The first 250 of GSM8K, translated.
            #expect(
                zip(set.samples, english.samples).count {
                    AnswerChecker.check("#### \($0.answer ?? "")", of: $1).score == true
                } > 240)
        }
    }
}
