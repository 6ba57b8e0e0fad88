import LabCore
import Testing

@Suite("Words without what does not tell them apart")
struct FoldedTextTests {
    @Test(
        "words are folded as their language folds them",
        arguments: [
            ("PARÍS, l'été", "fr", ["paris", "l", "ete"]), ("schöne Straße", "de", ["schoene", "strasse"]),
            ("año", "es", ["año"]), ("pingüino", "es", ["pinguino"]), ("ёж, мой", "ru", ["еж", "мой"]),
            ("må", "da", ["må"]),
            ("Ｐａｒｉｓ １２", "en", ["paris", "12"]), ("C++ and C#, a+b", "en", ["c++", "and", "c#", "a", "b"]),
            ("首都是Paris。", "zh-Hans", ["首", "都", "是", "paris"]), ("パリが", "ja", ["パ", "リ", "が"]), ("...", "en", []),
        ])
    func words(text: String, language: String, words: [String]) {
        #expect(FoldedText(text, language: language).words == words)
    }

    @Test("a phrase is found as whole words, each time")
    func positions() {
        let text = FoldedText("New York is new; New Yorkers know New York.", language: "en")
        #expect(text.positions(of: FoldedText("new york", language: "en")) == [0, 7])
        #expect(text.positions(of: FoldedText("", language: "en")).isEmpty)
        #expect(FoldedText("a", language: "en").positions(of: text).isEmpty)
    }
}
