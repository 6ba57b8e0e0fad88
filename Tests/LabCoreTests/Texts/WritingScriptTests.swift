import LabCore
import Testing

@Suite("Writing scripts")
struct WritingScriptTests {
    @Test(
        "letters have their script, digits and marks none",
        arguments: [
            ("a", "Latn"), ("é", "Latn"), ("ẞ", "Latn"), ("я", "Cyrl"), ("Ω", "Grek"), ("א", "Hebr"), ("ب", "Arab"),
            ("ह", "Deva"),
            ("ক", "Beng"), ("త", "Telu"), ("ก", "Thai"), ("ა", "Geor"), ("한", "Hang"), ("ひ", "Hira"), ("カ", "Kana"),
            ("ー", "Kana"),
            ("漢", "Hani"), ("𠀀", "Hani"), ("Ａ", "Latn"), ("1", nil), ("!", nil), ("。", nil), ("😀", nil), (" ", nil),
        ] as [(Unicode.Scalar, String?)])
    func letters(scalar: Unicode.Scalar, code: String?) {
        #expect(WritingScript(of: scalar)?.rawValue == code)
    }

    @Test("languages are written in their scripts, and a script in the tag goes first")
    func languages() {
        #expect(WritingScript.scripts(ofLanguage: "de") == [.latin])
        #expect(WritingScript.scripts(ofLanguage: "zh-Hant-TW") == [.han])
        #expect(WritingScript.scripts(ofLanguage: "ja") == [.han, .hiragana, .katakana])
        #expect(WritingScript.scripts(ofLanguage: "sr-Latn") == [.latin])
        #expect(WritingScript.scripts(ofLanguage: "xx").isEmpty)
        #expect(WritingScript.dominant(WritingScript.weights(in: "ABC 漢字")) == .han)
        #expect(WritingScript.dominant(WritingScript.weights(in: "12 !")) == nil)
    }
}
