import LabCore
import Testing

@Suite("What a text says beside its code")
struct ProseTests {
    @Test(
        "code, formulas and addresses are left out",
        arguments: [
            ("Vorher\n```python\nx = value\n```\nNachher", "Vorher\nNachher"),
            ("Nimm `sorted(x)` dafür.", "Nimm  dafür."),
            ("def f(x):\n    return x + 1\nFertig.", "Fertig."), ("import os\nFertig.", "Fertig."),
            ("Siehe https://example.org/a_b?c=d hier.", "Siehe  hier."), ("Es ist \\alpha groß.", "Es ist  groß."),
            ("~~~\nx\n", ""),
        ])
    func code(text: String, prose: String) {
        #expect(Prose.of(text) == prose)
    }

    @Test(
        "sentences stay, with brackets, sums and words that are also keywords",
        arguments: [
            "If it rains, we stay at home.", "From Paris (the capital) to Lyon it is 466 km.",
            "For all of us, let there be light.",
            "We know that 2 + 3 = 5, so Tom has five apples now.", "", "Return the book to me, please.",
        ])
    func sentences(text: String) {
        #expect(Prose.of(text) == text)
    }

    @Test("Latin words with a capital are left out as names, others stay")
    func names() {
        #expect(Prose.withoutLatinNames("他叫 Johann Bach，住在 the house") == "他叫  ，住在 the house")
    }
}
