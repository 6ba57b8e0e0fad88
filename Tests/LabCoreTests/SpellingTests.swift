import LabCore
import Testing

@Suite struct SpellingTests {
    @Test(arguments: [
        ("q4_k_n", "Q4_K_M"), ("perplexty", "perplexity"), ("ggfu", "gguf"), ("PERPLEXITY", "perplexity"),
        ("q6k", "Q6_K"),
    ])
    func aSlipIsUnderstood(_ word: String, _ meant: String) {
        #expect(Spelling.nearest(to: word, among: ["gguf", "mlx", "perplexity", "Q4_K_M", "Q6_K"]) == meant)
    }

    @Test func aWordThatIsNothingLikeThemIsLeftAlone() {
        #expect(Spelling.nearest(to: "banana", among: ["gguf", "mlx", "perplexity"]) == nil)
        #expect(Spelling.nearest(to: "x", among: []) == nil)
        #expect(Spelling.hint("banana", among: ["gguf"]) == "")
    }
}
