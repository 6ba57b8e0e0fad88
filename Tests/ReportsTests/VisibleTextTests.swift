import Reports
import Testing

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain \u{4F60}\u{597D} e\u{301}", "plain \u{4F60}\u{597D} e\u{301}"),
        ("a\tb\r\nc\u{2028}d", "a b  c d"),
        ("\u{1B}[31m", "\u{27E8}U+001B\u{27E9}[31m"),
        ("\u{0}\u{7F}\u{9B}", "\u{27E8}U+0000\u{27E9}\u{27E8}U+007F\u{27E9}\u{27E8}U+009B\u{27E9}"),
        ("\u{202E}fdp.exe", "\u{27E8}U+202E\u{27E9}fdp.exe"),
        ("\u{FFFE}\u{1FFFF}\u{E0041}", "\u{27E8}U+FFFE\u{27E9}\u{27E8}U+1FFFF\u{27E9}\u{27E8}U+E0041\u{27E9}"),
    ])
    func controlAndDirectionalCharactersAreShownAsTheirCodePoint(raw: String, text: String) {
        #expect(VisibleText(raw).text == text)
    }

    @Test(arguments: [
        ("<a href='x'>\"&amp;\"</a>", "&lt;a href=&#39;x&#39;&gt;&quot;&amp;amp;&quot;&lt;/a&gt;"),
        ("\"\u{301}", "&quot;\u{301}"), ("<\u{338}", "&lt;\u{338}"),
    ])
    func markupIsEscapedEvenUnderACombiningMark(raw: String, escaped: String) {
        #expect(Array(VisibleText(raw).escaped.unicodeScalars) == Array(escaped.unicodeScalars))
    }
}
