import Foundation
import LabCore
import Reports
import Testing

@Suite struct GenerationSectionTests {
    @Test func aRunWithoutThemHasNoneOfTheSections() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(fidelityRun())))
        let ids = outline.all("h2").compactMap { $0.attributes["id"] }
        for id in ["texts", "languages", "thoughts", "throughput", "types", "trends"] { #expect(!ids.contains(id)) }
    }

    @Test func eachKindHasItsSection() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(generationRun(), trends: [sampleTrend()])))
        let ids = outline.all("h2").compactMap { $0.attributes["id"] }
        for id in ["texts", "languages", "thoughts", "throughput", "types", "trends"] { #expect(ids.contains(id)) }
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
        #expect(html.contains("<span>85.0 %</span>"))  // 17 of 20
        #expect(html.contains("2 without a score"))  // 20 - 12 - 6
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
