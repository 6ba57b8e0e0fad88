import Evaluation
import Foundation
import Testing

@Suite("Overlap of texts")
struct TextOverlapTests {
    private static let passage = (0..<40).map { "Sentence number \($0) says something of its own." }
        .joined(separator: " ")

    @Test("a text is wholly in itself, however it is broken into lines and cased")
    func whole() {
        let broken = Self.passage.replacingOccurrences(of: " ", with: " \n\t").uppercased()
        #expect(TextOverlap(with: Self.passage).share(of: broken) == 1)
    }

    @Test("texts of one kind have nothing in common")
    func apart() {
        let other = (0..<40).map { "Sentence \($0) is of another make, number and all." }.joined(separator: " ")
        #expect(TextOverlap(with: Self.passage).share(of: other) == 0)
    }

    @Test("a copied passage counts by its length")
    func copied() {
        // 300 copied characters hold 201 runs of 100 characters, among 1,300 - 99.
        let copy = String(Self.passage.prefix(300))
        let rest = String(
            decoding: (0..<1000).map { (index: Int) in UInt8(97 + (index * index + index / 3) % 26) }, as: UTF8.self)
        #expect(TextOverlap(with: Self.passage).share(of: copy + rest) == 201.0 / 1201)
    }

    @Test("scripts without spaces are compared too")
    func withoutSpaces() {
        let text = (0..<300).map { String(UnicodeScalar(UInt32(0x4E00 + $0 * 37 % 2000)).map(String.init) ?? "") }
            .joined()
        #expect(TextOverlap(with: text).share(of: text) == 1)
        #expect(TextOverlap(with: text).share(of: String(text.reversed())) == 0)
    }

    @Test("a text shorter than a run has nothing in common with anything")
    func short() {
        #expect(TextOverlap(with: "short").share(of: "short") == 0)
    }
}
