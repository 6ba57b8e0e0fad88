import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Comparing a candidate's text with its parent's")
struct TextComparisonTests {
    private func text(_ tokens: [Int32], _ text: String = "") -> GeneratedText {
        GeneratedText(text: text, tokens: tokens, finish: .length, answer: text)
    }

    @Test(
        "the first divergence is where tokens differ or one text ends",
        arguments: [
            ([1, 2, 3], [1, 2, 3], nil, 3), ([1, 2, 3], [1, 9, 3], 1, 1), ([1, 2], [1, 2, 3], 2, 2),
            ([1, 2, 3], [1], 1, 1),
            ([], [], nil, 0), ([], [4], 0, 0),
        ] as [([Int32], [Int32], Int?, Int)])
    func divergence(parent: [Int32], candidate: [Int32], first: Int?, shared: Int) {
        let comparison = TextComparison(parent: text(parent), candidate: text(candidate))
        #expect(comparison.isExact == (first == nil))
        #expect(comparison.firstDivergence == first)
        #expect(comparison.sharedPrefixTokens == shared)
    }

    // Expected: rapidfuzz 3.14.6, fuzz.ratio(a, b) / 100.
    @Test(
        "similarity is rapidfuzz's ratio",
        arguments: [
            ("kitten", "sitting", 61.53846153846154),
            ("The capital of France is Paris.", "The capital of France is Lyon.", 85.24590163934427), ("", "abc", 0),
            ("abc", "abc", 100), ("", "", 100),
            (
                "Der Himmel ist blau, weil die Luft das blaue Licht stärker streut.",
                "Der Himmel ist rot, weil die Luft rotes Licht streut.", 77.31092436974791
            ), ("法国的首都是巴黎。", "法国的首都是里昂。", 77.77777777777779), ("abcdefgh", "hgfedcba", 12.5),
            ("👍🏽 ok", "👍 ok", 88.88888888888889), ("e\u{301}", "é", 0),
        ])
    func ratios(first: String, second: String, percent: Double) {
        #expect(abs(TextSimilarity.ratio(first, second) - percent / 100) < 1e-12)
    }

    /// Letters from a linear congruential generator with ANSI C's constants, high bits first.
    private func letters(seed: UInt64, count: Int, of alphabet: String) -> String {
        let alphabet = Array(alphabet)
        var state = seed
        return String(
            (0..<count).map { _ in
                state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
                return alphabet[Int(state >> 16) % alphabet.count]
            })
    }

    // Expected: rapidfuzz 3.14.6, distance.LCSseq.similarity(a, b), of the same letters made in Python.
    @Test(
        "long texts, and lengths around a machine word, agree with rapidfuzz too",
        arguments: [
            (1, 4000, 3900, "abcd", 2581), (3, 1000, 1500, "abcdefghijklmnopqrstuvwxyz ", 379), (5, 64, 65, "ab", 53),
            (7, 128, 63, "abc", 56), (9, 130, 200, "абвгд", 93),
        ])
    func long(seed: UInt64, firstCount: Int, secondCount: Int, alphabet: String, common: Int) {
        let first = letters(seed: seed, count: firstCount, of: alphabet)
        let second = letters(seed: seed + 1, count: secondCount, of: alphabet)
        let expected = Double(2 * common) / Double(firstCount + secondCount)
        #expect(TextSimilarity.ratio(first, second) == expected)
    }

    @Test("similarity is symmetric, in 0...1, and 1 only for equal texts, over 3,000 random pairs")
    func properties() {
        var generator = Xoshiro256(seed: Digest(of: "similarity"))
        for _ in 0..<3000 {
            let first = random(using: &generator)
            let second = generator.next(below: 4) == 0 ? first : random(using: &generator)
            let ratio = TextSimilarity.ratio(first, second)
            #expect(ratio == TextSimilarity.ratio(second, first))
            #expect((0...1).contains(ratio))
            #expect((ratio == 1) == first.unicodeScalars.elementsEqual(second.unicodeScalars))
            #expect(abs(ratio - plainRatio(first, second)) < 1e-12)
        }
    }

    private func random(using generator: inout Xoshiro256) -> String {
        let count = Int(generator.next(below: 5)) * Int(generator.next(below: 30))
        return String((0..<count).map { _ in Array("abcé界\n")[Int(generator.next(below: 6))] })
    }

    /// The textbook's table.
    private func plainRatio(_ first: String, _ second: String) -> Double {
        let (a, b) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
        guard !a.isEmpty || !b.isEmpty else { return 1 }
        var row = [Int](repeating: 0, count: b.count + 1)
        for scalar in a {
            var diagonal = 0
            for column in b.indices {
                let above = row[column + 1]
                row[column + 1] = scalar == b[column] ? diagonal + 1 : max(above, row[column])
                diagonal = above
            }
        }
        return Double(2 * row[b.count]) / Double(a.count + b.count)
    }

    @Test("two unlike texts of 4,000 characters take less than 50 ms")
    func fast() {
        let first = letters(seed: 11, count: 4000, of: "abcdefghijklmnopqrstuvwxyz ,.")
        let second = letters(seed: 12, count: 4000, of: "abcdefghijklmnopqrstuvwxyz ,.")
        let duration = (0..<5).map { _ in
            ContinuousClock().measure { _ = TextSimilarity.ratio(first, second) }
        }.min()
        print("4,000 x 4,000 characters: \(String(describing: duration))")
        #expect(duration.map { $0 < .milliseconds(50) } == true)
    }
}
