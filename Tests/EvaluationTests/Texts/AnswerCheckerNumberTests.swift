import Evaluation
import LabCore
import Testing

@Suite("Checking answers that are numbers")
struct AnswerCheckerNumberTests {
    private func isRight(_ answer: String, _ expected: String, _ language: String = "en", accept: [String] = [])
        -> Bool?
    {
        let sample = PromptSample(
            id: "1", language: language, content: .text("?"), answer: expected, accept: accept,
            check: .number(expected),
            source: "test", licence: "MIT")
        return AnswerChecker.check(answer, of: sample).score
    }

    @Test(
        "one number is recognised however it is written",
        arguments: [
            ("0.75", "3/4"), ("3/4", "0.75"), ("\\frac{3}{4}", "0.75"), ("\\dfrac34", "3/4"), ("¾", "3/4"),
            ("6/8", "3/4"),
            ("1 3/4", "7/4"), ("1¾", "1.75"), ("1\\frac{3}{4}", "1.75"), (".75", "3/4"), ("75%", "0.75"),
            ("75 %", "75"),
            ("75 percent", "75%"), ("−5", "-5"), ("-5", "-5"), ("+5", "5"), ("-$5", "-5"), ("$-5", "-5"), ("－５", "-5"),
            ("$18.00", "18"), ("18 Euro", "18"), ("12 km", "12"), ("12km", "12"), ("１２", "12"), ("１，２３４", "1234"),
            ("1,234", "1234"), ("1,234.50", "1234.5"), ("12,34,567", "1234567"), ("1\u{202F}234", "1234"),
            ("1'234", "1234"), ("1.5e3", "1500"), ("1.5 × 10^3", "1500"), ("2 \\times 10^{-3}", "0.002"),
            ("**18**", "18"),
            ("$18$", "18"), ("\\(18\\)", "18"), ("1{,}234", "1234"), ("18\\%", "18"), ("১৮", "18"), ("007", "7"),
            ("0.1", "1/10"), ("12345678901234567890123", "12345678901234567890123"), ("16 - 3 - 4 = 9", "9"),
        ])
    func written(answer: String, expected: String) {
        #expect(isRight(answer, expected) == true)
    }

    @Test(
        "nearly is not right",
        arguments: [
            ("0.333", "1/3"), ("0.30000000000000004", "0.3"), ("12345678901234567890124", "12345678901234567890123"),
            ("5", "-5"), ("1.234", "1234"), ("12.5", "125"), ("25", "0.25"), ("0.25%", "25%"), ("", "5"), ("five", "5"),
            ("x5", "5"), ("2^5", "5"), ("12:05", "5"), ("1/2/5", "5"), ("1.2.5", "5"), ("10", "1"), ("3/4", "3"),
        ])
    func different(answer: String, expected: String) {
        #expect(isRight(answer, expected) == false)
    }

    @Test(
        "marks between digits mean what they mean in the language",
        arguments: [
            ("1.234", "de", "1234"), ("1,5", "de", "1.5"), ("3.5", "de", "3.5"), ("1.234,5", "de", "1234.5"),
            ("1 234", "fr", "1234"), ("1\u{A0}234,5", "fr", "1234.5"), ("1 234 567", "ru", "1234567"),
            ("0,125", "es", "0.125"), ("1.234", "en", "1.234"), ("1,234", "ja", "1234"), ("1,234.5", "de", "1234.5"),
        ])
    func notations(answer: String, language: String, expected: String) {
        #expect(isRight(answer, expected, language) == true)
    }

    @Test("the same marks in another language are another number")
    func otherNotation() {
        #expect(isRight("1.234", "1234", "en") == false)
        #expect(isRight("1,234", "1234", "de") == false)
        #expect(isRight("1 234", "1234", "en") == false)
    }

    @Test(
        "the marked end of an answer counts, wherever other numbers stand",
        arguments: [
            ("We add 2 and 3. \\boxed{5} Check: 7", "en"), ("3 + 2 = 5\n#### 5\n\nIn 2024", "en"),
            ("The answer is 5. There were 3 apples.", "en"), ("**Final answer:**\n\n5 apples (of 9)", "en"),
            ("The answer is 2 + 3 = 5 apples.", "en"), ("Die Antwort lautet 5, nicht wahr? Es sind 7.", "de"),
            ("La respuesta es 5. Hay 7.", "es"), ("La réponse est 5. Il y en a 7.", "fr"), ("Ответ: 5. Всего 7.", "ru"),
            ("答案是5。一共7个。", "zh-Hans"), ("答えは5です。全部で7個。", "ja"), ("\\boxed{x = 5}", "en"),
            ("\\boxed{5 \\text{ km}}", "en"), ("First 9, then 7, and in the end she has 5", "en"),
        ])
    func ends(answer: String, language: String) {
        #expect(isRight(answer, "5", language) == true)
    }

    @Test(
        "several numbers offered at once are no answer",
        arguments: [
            "3, 4, 5", "3 or 5", "It is 4 or maybe 5", "The answer is 5 or 6.", "The answer is 5, 6, 7.",
            "\\boxed{5, 6}",
            "4\n5", "4 / 7 | 5", "3 and 5",
        ])
    func lists(answer: String) {
        #expect(isRight(answer, "5") == false)
    }

    @Test("the same number twice is one")
    func repeated() {
        #expect(isRight("5, 5.0", "5") == true)
        #expect(isRight("The answer is 1/2, or 0.5.", "0.5") == true)
    }

    @Test(
        "units that are known are converted, others and missing ones do not count",
        arguments: [
            ("12000 m", "12 km", true), ("12 km", "12 km", true), ("12", "12 km", true), ("12 kg", "12 km", false),
            ("12 m", "12 km", false), ("90 minutes", "1.5 hours", true), ("90 Minuten", "1.5 h", true),
            ("1 h", "60 分", true), ("$18", "18 dollars", true), ("€18", "18 dollars", false),
            ("60 km/h", "60 mph", true),
            ("12公里", "12 km", true), ("500 g", "1/2 kg", true), ("12 apples", "12 km", true), ("12 km", "12", true),
        ])
    func units(answer: String, expected: String, isEqual: Bool) {
        #expect(isRight(answer, expected) == isEqual)
    }

    @Test("other forms count, as numbers and as words")
    func accepted() {
        #expect(isRight("90", "1.5", accept: ["90"]) == true)
        #expect(isRight("A dozen eggs.", "12", accept: ["a dozen"]) == true)
        #expect(isRight("A dozen, or 13.", "12", accept: ["a dozen"]) == false)
    }

    @Test("what cannot be read as a number, or is checked elsewhere, has no score")
    func unscored() {
        #expect(isRight("5", "five") == nil)
        for check in [AnswerCheck.none, .python(function: "f", cases: "[[1, 2]]")] {
            let sample = PromptSample(
                id: "1", language: "en", content: .text("?"), check: check, source: "test", licence: "MIT")
            #expect(AnswerChecker.check("5", of: sample).score == nil)
        }
    }

    @Test("2,000 random numbers are read from each way of writing them, and their neighbours are not")
    func roundTrip() {
        var generator = Xoshiro256(seed: Digest(of: "numbers"))
        for _ in 0..<2000 {
            let whole = Int(generator.next(below: 1_000_000_000)) >> Int(generator.next(below: 30))
            let cents = Int(generator.next(below: 100))
            let isNegative = generator.next(below: 2) == 1
            let sign =
                isNegative
                ? ["-", "\u{2212}", "-$"][Int(generator.next(below: 3))]
                : ["", "$", "€"][Int(generator.next(below: 3))]
            let plain = "\(isNegative ? "-" : "")\(whole).\(cents < 10 ? "0" : "")\(cents)"
            let wrong = "\(isNegative ? "-" : "")\(whole).\(cents < 10 ? "0" : "")\(cents)1"
            let (mark, point, language) = [
                (",", ".", "en"), (".", ",", "de"), ("\u{A0}", ",", "fr"), (" ", ",", "ru"), ("", ".", "ja"),
                ("'", ".", "de"),
            ][Int(generator.next(below: 6))]
            let written = sign + grouped(whole, by: mark) + point + (cents < 10 ? "0" : "") + "\(cents)"
            #expect(isRight(written, plain, language) == true, "\(written) for \(plain) in \(language)")
            #expect(isRight("= \(written) km", plain, language) == true)
            #expect(isRight(written, wrong, language) == false)
            let factor = 1 + Int(generator.next(below: 99))
            let fraction = "\(isNegative ? "-" : "")\((100 * whole + cents) * factor)/\(100 * factor)"
            #expect(isRight(fraction, plain) == true, "\(fraction) for \(plain)")
        }
    }

    private func grouped(_ value: Int, by mark: String) -> String {
        let digits = Array(String(value))
        return digits.indices.map { index in
            let isBoundary = index > 0 && (digits.count - index).isMultiple(of: 3)
            return (isBoundary ? mark : "") + String(digits[index])
        }.joined()
    }
}
