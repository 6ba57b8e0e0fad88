import Evaluation
import LabCore
import Testing

@Suite("Coherence of generated texts")
struct CoherenceTests {
    private func text(
        _ text: String, answer: String? = nil, tokens: [Int32]? = nil, finish: GeneratedText.Finish = .stop,
        isUTF8: Bool = true
    ) -> GeneratedText {
        GeneratedText(
            text: text, tokens: tokens ?? (0..<Int32(text.count)).map { $0 }, finish: finish, isUTF8: isUTF8,
            answer: answer ?? text)
    }

    private func problems(_ text: GeneratedText, _ language: String = "en", mayReachLimit: Bool = false)
        -> [CoherenceProblem]
    {
        Coherence.problems(of: text, language: language, mayReachLimit: mayReachLimit)
    }

    private func isLoop(_ text: GeneratedText) -> Bool {
        problems(text, mayReachLimit: true).contains { if case .repetition = $0 { true } else { false } }
    }

    @Test("a sound text has no problem")
    func sound() {
        #expect(problems(text("The sky is blue.")).isEmpty)
        #expect(problems(text("The sky is", finish: .length), mayReachLimit: true).isEmpty)
    }

    @Test("an empty answer, broken bytes and a text that does not end are named")
    func plain() {
        #expect(problems(text("")) == [.empty])
        #expect(problems(text("<think>\nHm", answer: " \n", finish: .length)) == [.empty, .tokenLimit])
        #expect(problems(text("abc\u{FFFD}", isUTF8: false)) == [.invalidUTF8])
        #expect(problems(text("abc", finish: .length)) == [.tokenLimit])
        for problem in [CoherenceProblem.empty, .invalidUTF8, .tokenLimit, .wrongScript(.han)] {
            #expect(!problem.description.isEmpty)
        }
    }

    private static let ordinary = [
        "1. Apples\n2. Pears\n3. Plums\n4. Cherries\n5. Grapes\n6. Figs\n7. Dates\n8. Melons\n9. Limes\n10. Quinces",
        "- [ ] one\n- [ ] two\n- [ ] three\n- [ ] four\n- [ ] five\n- [ ] six\n- [ ] seven\n- [ ] eight\n- [ ] nine",
        "def f(x):\n    if x == 0:\n        return 0\n    if x == 1:\n        return 1\n    return f(x - 1) + f(x - 2)",
        "grid = [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]]",
        "1+1=2, then 1+1=2 again, so 2+2=4. Check: 1+1=2, 1+1=2, 2+2=4. Yes: 1+1=2, 1+1=2, 2+2=4.",
        "1 x 7 = 7\n2 x 7 = 14\n3 x 7 = 21\n4 x 7 = 28\n5 x 7 = 35\n6 x 7 = 42\n7 x 7 = 49\n8 x 7 = 56\n9 x 7 = 63",
        "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.",
        "The woods were dark and very still,\nAnd I had far to go that night,\nI had far to go that night.\nI had far to go that night.",
        "1/3 = 0.33333333333333333333333333333333", "Ha ha ha ha ha ha ha ha!",
        "Goal: " + String(repeating: "o", count: 40),
        "| a | b | c |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |\n| 7 | 8 | 9 |",
        "一、二、三、四、五、六、七、八、九、十。一、二、三、四、五、六、七、八、九、十。",
        "x = 3\nx = 3 + 1\nx = 3 + 1 + 1\nx = 3 + 1 + 1 + 1\nx = 3 + 1 + 1 + 1 + 1\nx = 7",
    ]

    @Test("lists, code, sums, tables and poems are no loops, cut at the limit or not", arguments: ordinary)
    func ordinaryTexts(_ ordinary: String) {
        #expect(!isLoop(text(ordinary)))
        #expect(!isLoop(text(ordinary, finish: .length)))
    }

    @Test("a ruled line and a row of zeros are none where the text ends with them, but are where it is cut in them")
    func ruled() {
        for ruled in [
            "Title\n" + String(repeating: "-", count: 80), "A googol is 1" + String(repeating: "0", count: 90),
        ] {
            #expect(!isLoop(text(ruled)))
            #expect(isLoop(text(ruled, finish: .length)))
        }
    }

    private static let loops = [
        String(repeating: "the ", count: 32), "The answer is 5." + String(repeating: " The answer is 5.", count: 8),
        "Wait. " + String(repeating: "1+1=2. ", count: 20), "Paris" + String(repeating: ", Paris", count: 25),
        String(repeating: "巴黎", count: 60), "A: " + String(repeating: "\n", count: 120),
        String(repeating: "!", count: 200),
        "So, "
            + String(
                repeating: "let me think about this again, because I am not sure that the number of apples is right. ",
                count: 3),
        String(repeating: "<|im_start|>", count: 20), "Yes.\n" + String(repeating: "- one\n- two\n- three\n", count: 7),
    ]

    @Test("loops are found, whole or cut in the middle, with white space at the end or without", arguments: loops)
    func loopingTexts(_ loop: String) {
        #expect(isLoop(text(loop)))
        #expect(isLoop(text(loop + "\n\n")))
        #expect(isLoop(text(String(loop.dropLast(1)) + String(loop.suffix(1)), finish: .length)))
    }

    @Test("a text that was cut needs less of a loop than one that ended")
    func cut() {
        let short = "No. " + String(repeating: "I say no. ", count: 7)
        #expect(!isLoop(text(short)))
        #expect(isLoop(text(short, finish: .length)))
    }

    @Test("a loop of tokens without text is one, and a loop that the text leaves is none")
    func tokens() {
        let tokens = [Int32(7), 8, 9] + [Int32](repeating: 151_643, count: 80)
        #expect(isLoop(text("Hello", tokens: tokens)))
        #expect(!isLoop(text("Hello", tokens: [Int32](repeating: 5, count: 60))))
        #expect(!isLoop(text(String(repeating: "again ", count: 40) + "and now for something else entirely.")))
    }

    @Test("the problem says what is repeated how often")
    func description() throws {
        let problem = try #require(problems(text(String(repeating: "ab\ncd efgh ", count: 20))).first)
        guard case .repetition(let loop) = problem else {
            Issue.record("\(problem)")
            return
        }
        #expect(loop.period == 11)
        #expect(Int(loop.repetitions) == 19)
        #expect(problem.description.contains("19 times"))
        #expect(!problem.description.contains("\n"))
    }

    @Test(
        "an answer in a script that its language is not written in is named",
        arguments: [
            ("The capital of Russia is a city called Moscow.", "ru", WritingScript.latin),
            ("Столица России называется Москвой.", "en", .cyrillic), ("法国的首都是巴黎，位于塞纳河畔。", "de", .han),
            ("フランスのしゅとはパリというまちです", "zh-Hans", .hiragana), ("the sky is blue because of the air", "ja", .latin),
        ])
    func scripts(answer: String, language: String, script: WritingScript) {
        #expect(problems(text(answer), language) == [.wrongScript(script)])
    }

    @Test(
        "names, code, formulas, short answers and languages that are unknown are not judged by their script",
        arguments: [
            ("作曲家是 Johann Sebastian Bach。", "zh-Hans"), ("Москва", "en"), ("Paris", "ru"),
            ("Вот функция:\n```python\ndef double(value):\n    return value * 2\n```", "ru"),
            ("def double(value):\n    return value * 2 + offset(value)", "ja"), ("空が青いのは、空気が青い光を散乱させるからです。", "ja"),
            ("Ответ: $\\frac{\\mathrm{distance}}{\\mathrm{velocity}}$", "ru"),
            ("Nu hi an e te vai ra i te fenua ra", "tah"),
            ("Текст `calculateTotalAmount` здесь", "ru"),
            ("Das Wort \"Москва\" ist der russische Name von Moskau.", "de"),
            ("コンピューターのプログラミング", "ja"),
        ])
    func notJudged(answer: String, language: String) {
        #expect(problems(text(answer), language).isEmpty)
    }
}
