import Foundation
import LabCore
import LanguageIdentification
import Testing

@Suite("The language of answers")
struct LanguageCheckTests {
    private static let examples = [
        ("en", "The sky is blue because air scatters blue light more than it scatters red light."),
        ("de", "Der Himmel ist blau, weil die Luft das blaue Licht stärker streut als das rote."),
        ("es", "El cielo es azul porque el aire dispersa más la luz azul que la roja."),
        ("fr", "Le ciel est bleu parce que l'air diffuse davantage la lumière bleue que la rouge."),
        ("ru", "Небо голубое, потому что воздух сильнее рассеивает голубой свет, чем красный."),
        ("zh-Hans", "天空是蓝色的，因为空气对蓝光的散射比对红光的散射更强。"),
        ("ja", "空が青いのは、空気が赤い光よりも青い光を強く散乱させるからです。"),
    ]

    private func isRight(_ verdict: LanguageVerdict) -> Bool {
        if case .right = verdict { true } else { false }
    }

    private func isWrong(_ verdict: LanguageVerdict) -> Bool {
        if case .wrong = verdict { true } else { false }
    }

    private func isUndecided(_ verdict: LanguageVerdict) -> Bool {
        if case .undecided = verdict { true } else { false }
    }

    @Test("a sentence is identified, surely", arguments: examples)
    func identified(language: String, sentence: String) {
        let guess = LanguageIdentifier.identify(sentence)
        #expect(guess.language == (language == "zh-Hans" ? "zh" : language))
        #expect(guess.isReliable)
        #expect((80...100).contains(guess.confidence))
    }

    @Test("a sentence is right in its own language and wrong in the six others", arguments: examples)
    func sentences(language: String, sentence: String) {
        for (asked, _) in Self.examples {
            let verdict = LanguageCheck.verdict(of: sentence, asked: asked, accepted: [])
            if asked == language {
                #expect(isRight(verdict), "\(asked): \(verdict)")
            } else {
                #expect(isWrong(verdict), "\(asked): \(verdict)")
            }
        }
    }

    @Test("an empty text and a bare number have no language")
    func none() {
        #expect(LanguageIdentifier.identify("") == .none)
        #expect(LanguageIdentifier.identify("1234").language == nil)
        #expect(isUndecided(LanguageCheck.verdict(of: "1,234 = 1234", asked: "de", accepted: [])))
        #expect(!LanguageIdentifier.engine.isEmpty)
    }

    @Test(
        "a short answer is right by an accepted form, and otherwise undecided",
        arguments: [
            ("Moskau", "de", ["Moskau"], true), ("**Moskau.**", "de", ["Moskau"], true),
            ("Moscow", "de", ["Moskau"], false), ("Paris", "fr", ["Paris"], true), ("PARÍS", "es", ["París"], true),
            ("Москва", "ru", ["Москва"], true), ("巴黎", "zh-Hans", ["巴黎"], true), ("東京", "ja", ["東京"], true),
            ("Rom", "fr", ["Paris"], false), ("Rom", "de", [], false),
        ])
    func short(answer: String, language: String, accepted: [String], isAccepted: Bool) {
        let verdict = LanguageCheck.verdict(of: answer, asked: language, accepted: accepted)
        if isAccepted {
            guard case .right = verdict else {
                Issue.record("\(verdict)")
                return
            }
        } else {
            #expect(isUndecided(verdict), "\(verdict)")
        }
    }

    @Test(
        "a short answer in another script is wrong, accepted or not",
        arguments: [
            ("Moscow", "ru", "und-Latn"), ("Москва", "de", "und-Cyrl"), ("Paris", "zh-Hans", "und-Latn"),
            ("パリ", "zh-Hans", "und-Kana"), ("巴黎", "en", "und-Hani"), ("서울", "ja", "und-Hang"),
        ])
    func script(answer: String, language: String, found: String) {
        #expect(
            LanguageCheck.verdict(of: answer, asked: language, accepted: [answer])
                == .wrong(found: found, confidence: nil))
    }

    @Test(
        "short sentences that pass for a neighbour's language are right in their own",
        arguments: [
            ("La capital de Francia es París.", "es"), ("Столица Франции — Париж.", "ru"), ("法国的首都是巴黎。", "zh-Hans"),
            ("一周有七天。", "zh-Hans"), ("一周有七天。", "zh-Hant"), ("答案是5。", "zh-Hans"), ("法國的首都是巴黎。", "zh-Hant"),
            ("Die Antwort ist 5.", "de"), ("フランスの首都はパリです。", "ja"), ("Ответ: семь дней.", "ru"),
        ])
    func neighbours(answer: String, language: String) {
        let verdict = LanguageCheck.verdict(of: answer, asked: language, accepted: [])
        #expect(isRight(verdict), "\(verdict)")
    }

    @Test(
        "sentences of a neighbour's language are not right",
        arguments: [
            ("La capital de França és París.", "es"), ("Столицата на Франция е Париж.", "ru"),
            ("法國的首都是巴黎。", "zh-Hans"), ("法国的首都是巴黎。", "zh-Hant"), ("Столиця Франції — Париж.", "ru"),
            ("The capital of France is Paris.", "de"), ("法国的首都是巴黎。", "ja"),
        ])
    func foreign(answer: String, language: String) {
        let verdict = LanguageCheck.verdict(of: answer, asked: language, accepted: [])
        #expect(!isRight(verdict), "\(verdict)")
    }

    @Test("code and formulas have no say, names in Latin letters neither")
    func code() {
        let answer = """
            Die Funktion gibt das Doppelte zurück:
            ```python
            def double(value):
                return value * 2  # this is the result that the caller wants to have
            ```
            """
        #expect(isRight(LanguageCheck.verdict(of: answer, asked: "de", accepted: [])))
        #expect(isRight(LanguageCheck.verdict(of: "作曲家巴赫（Johann Bach）出生在德国的一个音乐世家。", asked: "zh-Hans", accepted: [])))
    }
}
