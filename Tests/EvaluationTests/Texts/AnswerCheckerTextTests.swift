import Evaluation
import LabCore
import Testing

@Suite("Checking answers that are words")
struct AnswerCheckerTextTests {
    private func isRight(_ answer: String, _ forms: [String], _ language: String = "en") -> Bool? {
        let sample = PromptSample(
            id: "1", language: language, content: .text("?"), answer: forms.first, accept: Array(forms.dropFirst()),
            check: .text(forms), source: "test", licence: "MIT")
        return AnswerChecker.check(answer, of: sample).score
    }

    @Test(
        "an accepted form in a short answer is right, whatever its case, accents and punctuation",
        arguments: [
            ("Paris", "Paris", "en"), ("paris.", "Paris", "en"), ("**PARIS**", "Paris", "en"),
            ("Sao Paulo", "São Paulo", "en"),
            ("The capital of France is Paris.", "Paris", "en"), ("Paris, France", "Paris", "en"),
            ("Paris, the capital of France, lies on the Seine.", "Paris", "en"), ("C'est l'eau.", "eau", "fr"),
            ("Die Stadt heißt München.", "Muenchen", "de"), ("Strasse", "Straße", "de"), ("Ｐａｒｉｓ", "Paris", "en"),
            ("Ответ: зелёный", "зеленый", "ru"), ("法国的首都是巴黎。", "巴黎", "zh-Hans"), ("首都はパリです。", "パリ", "ja"),
            ("答案是Paris。", "Paris", "zh-Hans"), ("파리입니다", "파리", "ko"), ("No, it is not.", "no", "en"),
            ("red, white and blue", "red, white and blue", "en"), ("\\boxed{Paris}", "Paris", "en"),
            ("C++", "C++", "en"),
            ("Salt and pepper.", "salt and pepper", "en"), ("Paris / París / Parigi", "Paris", "en"),
            ("New York City", "New York", "en"),
        ])
    func right(answer: String, form: String, language: String) {
        let forms = answer.hasPrefix("Paris /") ? [form, "París", "Parigi"] : [form]
        #expect(isRight(answer, forms, language) == true)
    }

    @Test(
        "another word is wrong, however near",
        arguments: [
            ("schon", "schön", "de"), ("schoen", "schon", "de"), ("ano", "año", "es"), ("мои", "мой", "ru"),
            ("Parisian", "Paris", "en"), ("comparison", "Paris", "en"), ("", "Paris", "en"), ("...", "Paris", "en"),
            ("C", "C++", "en"), ("C#", "C", "en"), ("は", "ば", "ja"), ("Lyon", "Paris", "en"),
            ("York New", "New York", "en"),
            ("ma", "má", "vi"),
        ])
    func wrong(answer: String, form: String, language: String) {
        #expect(isRight(answer, [form], language) == false)
    }

    @Test(
        "a list of possible answers, an alternative or a denial is not right",
        arguments: [
            ("Rome, Paris, Berlin", "Paris", "en"), ("Rome, Berlin and Paris", "Paris", "en"),
            ("Paris or Rome", "Paris", "en"),
            ("Either Rome or Paris.", "Paris", "en"), ("- Rome\n- Paris\n- Berlin", "Paris", "en"),
            ("1. Rome\n2. Paris\n3. Berlin\n4. Madrid", "Paris", "en"), ("rot, grün, blau, gelb", "blau", "de"),
            ("Rot oder blau", "blau", "de"), ("azul o rojo", "azul", "es"), ("красный или синий", "синий", "ru"),
            ("红色、蓝色、绿色", "蓝色", "zh-Hans"), ("红色或者蓝色", "蓝色", "zh-Hans"), ("赤、青、緑", "青", "ja"),
            ("It is not Paris.", "Paris", "en"), ("Es ist nicht Paris.", "Paris", "de"), ("不是巴黎", "巴黎", "zh-Hans"),
            ("パリではない", "パリ", "ja"), ("The answer is Rome or Paris.", "Paris", "en"), ("yes or no", "yes", "en"),
        ])
    func lists(answer: String, form: String, language: String) {
        #expect(isRight(answer, [form], language) == false)
    }

    @Test("in a long answer the first and the last sentence count, or the one that is marked")
    func long() {
        let filler =
            "Many cities of Europe lie on rivers, and people have met there to trade for thousands of years, as is well known to everybody. "
        #expect(isRight("It is Paris. " + filler + "So much for that.", ["Paris"]) == true)
        #expect(isRight(filler + "So it is Paris.", ["Paris"]) == true)
        #expect(isRight(filler + "One is Paris. " + filler, ["Paris"]) == false)
        #expect(isRight(filler + "The answer is Paris. " + filler, ["Paris"]) == true)
        #expect(isRight("Paris? The answer is Rome.", ["Paris"]) == false)
    }
}
