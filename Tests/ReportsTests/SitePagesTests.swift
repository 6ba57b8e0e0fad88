import Foundation
import LabCore
import Reports
import Testing

@Suite struct SitePagesTests {
    private func runs(_ count: Int, model: String = "pajama-tiny") -> [SiteRun] {
        (0..<count).reversed().map { index in
            var run = index % 7 == 3 ? fidelityRun(.earlyFail) : fidelityRun()
            run.id = "run-\(index)"
            run.startedAt = Date(timeIntervalSince1970: 1_795_386_900 + 86_400 * Double(index))
            for place in run.artifacts.indices { run.artifacts[place].model = model }
            return SiteRun(run)
        }
    }

    @Test func theFirstPageLeadsToModelsRunsAndMonths() throws {
        let outline = try #require(XMLOutline(SitePages.index(runs(130))))
        let targets = outline.all("a").compactMap { $0.attributes["href"] }
        #expect(targets.first == "models/pajama-tiny.html")
        #expect(targets.contains("runs/run-129.html"))
        #expect(!targets.contains("runs/run-0.html"))
        #expect(targets.contains("months/2026-11.html"))
        #expect(plain(outline.all("p").first?.text)?.hasPrefix("130 runs from 2026-11-22 to 2027-03-31") == true)
    }

    @Test func aMonthHasAllItsRunsAndAModelItsNewest() throws {
        let all = runs(130)
        let month = try #require(XMLOutline(SitePages.month("2026-12", all)))
        #expect(month.all("a").compactMap { $0.attributes["href"] }.count { $0.hasPrefix("../runs/") } == 130)
        let model = try #require(XMLOutline(SitePages.model("pajama-tiny", all, trends: [sampleTrend()])))
        let targets = model.all("a").compactMap { $0.attributes["href"] }
        #expect(targets.count { $0.hasPrefix("../runs/") } == 100)
        #expect(targets.contains("../months/2026-11.html"))
        #expect(model.all("svg").count == 2)
    }

    @Test func aHistoryWithoutRunsHasAPageToo() throws {
        let outline = try #require(XMLOutline(SitePages.index([])))
        #expect(outline.all("p").first?.text == "No runs yet.")
    }

    @Test(arguments: [
        ("pajama-tiny", "models/pajama-tiny.html"), ("..", "models/x----"), ("../../etc/passwd", "models/x-"),
        ("Qwen3-8B", "models/x-qwen3-8b-"), ("", "models/x--"), (".hidden", "models/x--hidden-"),
        ("a/b", "models/x-a-b-"),
        ("\u{202E}a", "models/x--a-"), (String(repeating: "a", count: 500), "models/x-aaaa"),
    ])
    func namesOfFilesAreSafeEverywhere(model: String, start: String) {
        let path = SitePath.model(model)
        #expect(path.hasPrefix(start))
        #expect(path.wholeMatch(of: /models\/[a-z0-9][a-z0-9._-]*\.html/) != nil)
        #expect(path.utf8.count < 120)
    }

    @Test func namesThatDifferInCaseAloneHavePagesOfTheirOwn() {
        #expect(SitePath.model("Qwen3") != SitePath.model("QWEN3"))
        #expect(SitePath.model("Qwen3").lowercased() != SitePath.model("QWEN3").lowercased())
    }

    @Test func hostileNamesStayText() throws {
        for html in [
            try SitePages.index(runs(2, model: hostileText)),
            try SitePages.model(hostileText, runs(2, model: hostileText), trends: []),
        ] {
            let outline = try #require(XMLOutline(html))
            #expect(outline.all("script").isEmpty)
            #expect(!hasHarmfulCharacter(html))
            for link in outline.all("a") {
                #expect(link.attributes["href"]?.wholeMatch(of: /(\.\.\/)?[a-z0-9\/._-]+\.html/) != nil)
            }
        }
    }

    private func plain(_ text: String?) -> String? { text?.replacingOccurrences(of: "\u{A0}", with: " ") }
}
