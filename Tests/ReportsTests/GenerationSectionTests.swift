import Foundation
import LabCore
import Reports
import Testing

@Suite struct GenerationSectionTests {
    @Test func aRunWithoutThemHasNoneOfTheSections() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(fidelityRun())))
        let ids = outline.all("h2").compactMap { $0.attributes["id"] }
        for id in ["answers", "texts", "languages", "thoughts", "throughput", "types", "trends"] {
            #expect(!ids.contains(id))
        }
    }

    @Test func eachKindHasItsSection() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(generationRun(), trends: [sampleTrend()])))
        let ids = outline.all("h2").compactMap { $0.attributes["id"] }
        for id in ["answers", "texts", "languages", "thoughts", "throughput", "types", "trends"] {
            #expect(ids.contains(id))
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test func textsThatDifferComeFirstMarkedFromWhereTheyPart() throws {
        let html = try HTMLReport.render(generationRun())
        #expect(html.contains("1 of 4 texts is the same as the parent\u{2019}s."))
        #expect(html.contains("3. <mark>Elbe</mark>"))
        #expect(html.contains("3. <mark>Loire\u{21B5}\nand one more</mark>"))
        #expect(html.contains("\u{5E9}\u{5DC}\u{5D5}<mark>\u{27E8}ends here\u{27E9}</mark>"))
        let different = try #require(html.range(of: "Name three rivers."))
        let same = try #require(html.range(of: "The capital of France is"))
        #expect(different.lowerBound < same.lowerBound)
        #expect(!html.contains("<img"))
    }

    @Test func textsSayWhereTheyPartHowAlikeTheyAreAndWhatIsWrong() throws {
        let html = try HTMLReport.render(promptRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(html.contains("31 of 50 texts are the same as the parent\u{2019}s."))
        #expect(html.contains("2 are not coherent and stand before all others."))
        #expect(
            html.contains(
                "The same for 23 tokens; 71.3 % similar; the parent\u{2019}s choice at 93.8 % of the parent\u{2019}s tokens"
            ))
        #expect(html.contains("Parts at the first token; 2.0 % similar"))
        #expect(html.contains("<bdi>is in Cyrillic, and the prompt is in en</bdi>"))
        let section = try #require(html.range(of: "id=\"texts\""))
        let places = ["Letters for Greta", "Hilda taught", "Nobody but Kasper"].map {
            html.range(of: $0, range: section.upperBound..<html.endIndex)?.lowerBound
        }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
    }

    @Test func languagesStandBesideTheParentWithTheirExcessDrawn() throws {
        let html = try HTMLReport.render(promptRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(html.contains("<span>19 of 50</span>") && html.contains("<span>47 of 50</span>"))
        #expect(html.contains("<span>42 of 45</span><small>3 in another, 5 undecided, median confidence 91 %</small>"))
        #expect(html.contains("<span>+0.8235</span>"))
        #expect(html.contains("<small>95 % CI 0.6811 to 0.9435</small>"))
        // Five languages beside English, of which one is past the limit of the gate.
        let outline = try #require(XMLOutline(html))
        let strips = outline.all("div").filter { $0.attributes["aria-label"]?.hasSuffix("limit 0.1") == true }
        #expect(strips.count { $0.attributes["class"] == "strip pass" } == 4)
        #expect(strips.count { $0.attributes["class"] == "strip fail" } == 1)
    }

    @Test func thoughtsThatOnlyTheParentEndsWellComeFirst() throws {
        let html = try HTMLReport.render(promptRun())
        #expect(
            html.contains(
                "110 of 120 tasks solved; the parent solves 115. 1 thought does not end. 1 text is not coherent."))
        let section = html[try #require(html.range(of: "id=\"thoughts\"")).upperBound...]
        let words = ["Only the parent solves it", "Neither solves it", "Only the candidate solves it", ">Solved<"]
        let places = words.map { section.range(of: $0)?.lowerBound }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted())
        #expect(section.contains("expected 33; 64 thinking tokens, the parent 61"))  // 5 + 20 + 8; 61 + 3, 58 + 3
        #expect(section.contains("The thought does not end"))
        #expect(section.contains("<bdi>Not coherent</bdi>"))
        #expect(section.contains("repeats \u{201C}Wait, \u{201D} 60 times; expected 53; 1,024 thinking tokens"))
    }

    @Test func answersAreCountedByModeAndThoseOnlyTheParentGotRightComeFirst() throws {
        let html = try HTMLReport.render(promptRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(html.contains("Q4_K_M, thinking on cpu: no thinking"))
        #expect(html.contains("Q4_K_M answers 110 of 120 prompts rightly (91.7 %), BF16 115 (95.8 %)."))
        #expect(html.contains("Only BF16 is right about 6, only Q4_K_M about 1: p = 0.12 (exact McNemar test)."))
        #expect(html.contains("Both are right about the same prompts."))
        #expect(html.contains("build([5, 1, 48, 20]) is 48, and 1 is expected"))
        let city = try #require(html.range(of: "ru-07"))
        let unchecked = try #require(html.range(of: "en-07"))
        #expect(city.lowerBound < unchecked.lowerBound)
    }

    @Test func renderingsOfTemplatesAreMarkedWhereTheyDiffer() throws {
        let html = try HTMLReport.render(promptRun())
        #expect(html.contains("120 of 120 prompts become other tokens than by the parent\u{2019}s template."))
        #expect(html.contains("&lt;|<mark>im_start|&gt;assistant</mark>\u{21B5}\n&lt;think&gt;"))
        #expect(html.contains("&lt;|<mark>assistant|&gt;</mark>\u{21B5}\n&lt;think&gt;"))
        var run = promptRun()
        let expected = run.answers?[0].notable[0].expected ?? ""
        run.answers?[0].notable[0].answer = expected
        let same = try HTMLReport.render(run)
        #expect(same.contains("Same text, other tokens"))
    }

    @Test func longListsAreFoldedAfterWhatMattersMost() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(promptRun())))
        // 9 renderings after 2, 50 texts after 6, 120 thoughts after 8; the lists with two answers are not folded, that of
        // 11 after 8 is: ten that are not solved, and one that only the candidate solves.
        let folded = outline.all("summary").map(\.text).filter { $0.hasSuffix(" more") }
        #expect(folded == ["7 more", "3 more", "44 more", "112 more"])
        #expect(outline.all("details").count { $0.attributes["class"] == "rest" } == 4)
        // Older records are few.
        #expect(try !HTMLReport.render(generationRun()).contains("class=\"rest\""))
    }

    @Test func moreTextsThanThereIsRoomForAreCounted() throws {
        var run = generationRun()
        let long = String(repeating: "word ", count: 600)
        run.texts = (0..<400).map { index in
            TextPairRecord(
                evaluation: "texts", backend: "cpu", artifact: candidatePath, prompt: "\(index)", parent: long,
                candidate: "\(index) \(long)", isMatch: false)
        }
        run.thoughts = (0..<400).map { index in
            ThoughtRecord(
                evaluation: "thoughts", backend: "cpu", artifact: candidatePath, task: "\(index)", isSolved: false,
                thinkingTokens: 1, text: long)
        }
        let html = try HTMLReport.render(run)
        #expect(html.utf8.count < 1_000_000)
        #expect(html.contains(/\d+ more are in report.json\./))
        let report = try JSONValue(JSONReport.render(run))
        #expect(report["validation"]?["samples"]?[399]?["prompt"] == .string("399"))
    }

    @Test func languagesSayWhatHasNoScoreAndNothingIsDividedByZero() throws {
        let html = try HTMLReport.render(generationRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(html.contains("<small>85.0 %, 3 wrong</small>"))  // 17 of 20
        #expect(html.contains("6 wrong, 2 without a score"))  // 20 - 12 - 6
        // An older lab asked no parent and measured no loss.
        #expect(!html.contains("Excess over English") && !html.contains("In the language asked"))
        #expect(!html.contains("nan") && !html.contains("invalid"))
    }

    @Test func theSpeedsAreDrawnAndListed() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(generationRun())))
        // Two artifacts at three depths, reading and writing, wide and narrow.
        #expect(outline.all("circle").count == 2 * 3 * 2 * 2)
        let cells = outline.all("span").map(\.text)
        #expect(cells.contains("75.0") && cells.contains("45.0"))  // 75 and 0.6 x 75
    }

    @Test func theFormForProgramsHasAllOfIt() throws {
        let report = try JSONValue(JSONReport.render(generationRun()))
        #expect(report["lab"] == .string("0.1.0"))
        #expect(report["validation"]?["samples"]?[0]?["match"] == .bool(true))
        #expect(report["languages"]?[1]?["wrong"] == .number(6))
        #expect(report["thoughts"]?[1]?["thinking_tokens"] == .number(1903))
        #expect(report["throughput"]?[4]?["decode"]?["median"] == .number(68.25))  // 0.91 x 75
        #expect(report["artifacts"]?[0]?["tensors"] == .null)
        #expect(report["artifacts"]?[1]?["tensors"]?[0]?["name"] == .string("token_embd.weight"))
    }

    @Test func aSpeedThatIsNotFiniteIsAnErrorThatNamesItsPlace() {
        var run = generationRun()
        run.throughput?[1].decode?.high = .infinity
        let error = #expect(throws: ReportError.self) { try HTMLReport.render(run) }
        #expect(error?.description.contains("throughput[1].decode.high") == true)
    }
}
