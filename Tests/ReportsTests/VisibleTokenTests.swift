import Reports
import Testing

@Suite struct VisibleTokenTests {
    @Test(arguments: [
        (" the", "\u{2423}the"), ("\n\n", "\u{21B5}\u{21B5}"), ("\t", "\u{21E5}"),
        ("\r\n", "\u{27E8}U+000D\u{27E9}\u{21B5}"),
        ("", "\u{27E8}empty\u{27E9}"), ("\u{A0}", "\u{27E8}U+00A0\u{27E9}"), ("\u{200B}", "\u{27E8}U+200B\u{27E9}"),
        ("\u{3000}", "\u{27E8}U+3000\u{27E9}"), ("\u{301}", "\u{25CC}\u{301}"),
        ("\u{4F60}\u{597D}", "\u{4F60}\u{597D}"),
        ("\u{FFFD}", "\u{FFFD}"),
    ])
    func whatATokenIsMadeOfCanBeSeen(raw: String, text: String) {
        #expect(Array(VisibleToken.token(raw).unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test(arguments: [
        ("of the\nking\tis", "of the\u{21B5}king\u{21E5}is"),
        ("\u{1F469}\u{200D}\u{1F680}", "\u{1F469}\u{200D}\u{1F680}"),
        ("", ""),
    ])
    func contextKeepsItsSpacesSoThatLinesCanBreak(raw: String, text: String) {
        #expect(Array(VisibleToken.context(raw).unicodeScalars) == Array(text.unicodeScalars))
    }
}
