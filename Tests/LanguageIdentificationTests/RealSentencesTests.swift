import Foundation
import LanguageIdentification
import Testing

/// Sentences of MGSM's questions, which say the same in each language; short ones, full of English names.
///
/// The bounds are a little wider than what CLD2 V2.0 - 20141016 gives: 94.1 % right in Spanish, more elsewhere.
@Suite("The language of real sentences")
struct RealSentencesTests {
    private static let data =
        ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/data")
    private static let folder = data.appendingPathComponent("mgsm")
    private static let isThere = FileManager.default.fileExists(
        atPath: folder.appendingPathComponent("mgsm_de.tsv").path)
    private static let languages = ["en", "de", "es", "fr", "ru", "zh", "ja"]

    private static func sentences(_ language: String) throws -> [String] {
        let file = folder.appendingPathComponent("mgsm_\(language).tsv")
        let isDense = language == "zh" || language == "ja"
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").flatMap { line -> [String] in
            let question = line.prefix { $0 != "\t" }
            return question.split { ".?!。？！".contains($0) }.map(String.init)
                .filter { $0.count(where: \.isLetter) >= (isDense ? 6 : 15) }
        }
    }

    private static func tag(_ language: String) -> String { language == "zh" ? "zh-Hans" : language }

    @Test(
        "at least 93 of 100 sentences are right in their own language, and at most 1 wrong",
        .enabled(if: isThere, "needs MGSM: mgsm_*.tsv in LAB_DATA/mgsm, or in ../shared/data/mgsm"),
        arguments: languages)
    func own(language: String) throws {
        var (right, wrong) = (0, 0)
        let sentences = try Self.sentences(language)
        for sentence in sentences {
            switch LanguageCheck.verdict(of: sentence, asked: Self.tag(language), accepted: []) {
            case .right: right += 1
            case .wrong: wrong += 1
            case .undecided: break
            }
        }
        print("\(language): \(sentences.count) sentences, \(right) right, \(wrong) wrong")
        #expect(sentences.count > 500)
        #expect(100 * right >= 93 * sentences.count)
        #expect(100 * wrong <= sentences.count)
    }

    @Test(
        "at most 2 of 100 sentences are right in another language",
        .enabled(if: isThere, "needs MGSM: mgsm_*.tsv in LAB_DATA/mgsm, or in ../shared/data/mgsm"),
        arguments: languages)
    func others(language: String) throws {
        let sentences = try Self.sentences(language)
        for asked in Self.languages where asked != language {
            let right = sentences.count { sentence in
                if case .right = LanguageCheck.verdict(of: sentence, asked: Self.tag(asked), accepted: []) {
                    true
                } else {
                    false
                }
            }
            print("\(language) asked \(asked): \(right) of \(sentences.count)")
            #expect(100 * right <= 2 * sentences.count)
        }
    }
}
