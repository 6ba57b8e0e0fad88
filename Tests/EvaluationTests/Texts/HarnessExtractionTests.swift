import Evaluation
import Testing

@Suite("Extraction as lm-evaluation-harness does it")
struct HarnessExtractionTests {
    // Expected: Python 3's re.findall with the task's patterns, the first match of one, the last of the other.
    @Test(
        "GSM8K's two patterns match what Python's do",
        arguments: [
            ("#### 18", "18", "18"), ("so #### -5.", "-5.", "-5."), ("The answer is 18", nil, "18"),
            ("She makes 9 * 2 = $<<9*2=18>>18\n#### 1,234.", "1,234.", "1,234."), ("$5", nil, "$5"),
            ("It costs $18.00.", nil, "$18.00."), ("5", nil, "5"), ("-5", nil, "-5"), ("- 5", nil, "5"),
            ("...", nil, "..."),
            ("a . b", nil, nil), ("10,000 and 3", nil, "3"), ("--12", nil, "-12"), ("#### $18", nil, "$18"),
            ("####18", nil, "18"), ("Total: 1,2,3.", nil, "1,2,3."), ("-$7", nil, "-$7"), ("x-y 3", nil, "3"),
            ("#### 12 #### 13", "12", "13"), ("3.", nil, "3."), ("2024-05-06", nil, "-06"), ("７", nil, nil),
        ] as [(String, String?, String?)])
    func patterns(answer: String, strict: String?, flexible: String?) throws {
        let extraction = try #require(HarnessExtraction(dataset: "gsm8k"))
        #expect(extraction.strict(answer) == strict)
        #expect(extraction.flexible(answer) == flexible)
    }

    @Test(
        "what is extracted is compared as a text, without commas, dollars and a point at the end",
        arguments: [
            ("1,234.", "1234", true), ("$18", "18", true), ("18.00", "18", false), ("18.", "18", true),
            ("1234", "1,234", true),
            ("-5", "5", false),
        ])
    func normalised(extracted: String, expected: String, isEqual: Bool) throws {
        let extraction = try #require(HarnessExtraction(dataset: "gsm8k"))
        #expect(extraction.isRight(extracted, expected: expected) == isEqual)
        #expect(!extraction.isRight(nil, expected: expected))
    }

    @Test(
        "MGSM's strict pattern is each language's own sentence",
        arguments: [
            ("mgsm_de", "Die Antwort lautet 18.", "18."), ("mgsm_en", "The answer is -1,800", "-1,800"),
            ("mgsm_ja", "答えは18です。", "18"), ("mgsm_ja", "答えは18", nil), ("mgsm_zh", "答案是 18。", "18"),
            ("mgsm_ru", "Ответ — 18.", "18."), ("mgsm_fr", "The answer is 18", nil),
        ] as [(String, String, String?)])
    func translated(dataset: String, answer: String, strict: String?) throws {
        let extraction = try #require(HarnessExtraction(dataset: dataset))
        #expect(extraction.strict(answer) == strict)
        if strict != nil, !answer.contains("1,800") { #expect(extraction.isRight(strict, expected: "18")) }
    }

    @Test("MGSM's normalisation drops all punctuation, and other data sets have no extraction")
    func others() throws {
        #expect(try #require(HarnessExtraction(dataset: "mgsm_en")).isRight("$2,125.", expected: "2,125"))
        #expect(HarnessExtraction(dataset: "mgsm_xx") == nil)
        #expect(HarnessExtraction(dataset: "thinking") == nil)
    }
}
