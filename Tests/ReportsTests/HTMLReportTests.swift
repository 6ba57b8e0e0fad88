import Foundation
import LabCore
import Reports
import Testing

@Suite struct HTMLReportTests {
    @Test(arguments: [
        sampleRun(), sampleRun(limit: 2), hostileRun(), emptyRun(), fidelityRun(.needsMore), fidelityRun(.exact),
        fidelityRun(.earlyFail, source: .lockstep, hasFloor: false), hostileFidelityRun(),
    ])
    func thePageIsWellFormedAndLoadsAndRunsNothing(run: RunRecord) throws {
        let html = try HTMLReport.render(run)
        let outline = try #require(XMLOutline(html))
        #expect(outline.all("script").isEmpty)
        #expect(outline.all("img").isEmpty)
        #expect(!html.contains("url("))
        #expect(!html.contains("@import"))
        for element in outline.elements {
            #expect(!element.attributes.keys.contains { $0.hasPrefix("on") }, "\(element)")
            for name in ["src", "href"] {
                if let target = element.attributes[name] { #expect(target == "data:,") }
            }
        }
        #expect(!hasHarmfulCharacter(html))
    }

    @Test func hostileTextIsShownAndTemplateTagsInItStayText() throws {
        let html = try HTMLReport.render(hostileRun())
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=&quot;x"))
        #expect(html.contains("{{title}} {{{gauge}}} &amp; ]]&gt; \u{27E8}U+001B\u{27E9}[2J"))
        #expect(html.contains("\u{27E8}U+202E\u{27E9}fdp"))
    }

    @Test func theVerdictIsTheHeadingAndTheSentenceSaysWhy() throws {
        let outline = try outline(sampleRun())
        #expect(outline.all("h1").map(\.text) == ["Pass"])
        let why = outline.all("p").first { $0.attributes["class"] == "why" }
        #expect(
            plain(why?.text)
                == "pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity, inside the limit of 5 %.")
        let gauge = outline.all("div").first { $0.attributes["class"] == "scale" }
        #expect(plain(gauge?.attributes["aria-label"]) == "+2.53 %, 95 % CI −15.26 to 24.06, limit 5 %")
    }

    @Test func theMarksOfTheGaugeLieWhereTheirValuesAre() throws {
        // By hand: 0...limit 5 with value 2.5315 and interval 1...4; the scale runs from 0 to 5 + 6 % of 5 = 5.3.
        var run = sampleRun()
        run.measurements[2].interval = Interval(low: 1, high: 4, level: 0.95)
        let marks = try outline(run).all("i").filter { $0.attributes["style"]?.hasPrefix("left") == true }
        let styles = Dictionary(uniqueKeysWithValues: marks.map { ($0.attributes["class"], $0.attributes["style"]) })
        #expect(styles["zone"] == "left:0.00%;width:94.34%")
        #expect(styles["band"] == "left:18.87%;width:56.60%")
        #expect(styles["value"] == "left:47.76%")
        #expect(styles["limit"] == "left:94.34%")
        #expect(styles["zero"] == nil)
    }

    @Test func theChartDrawsEachChunkTheMeanAndTheLimit() throws {
        // By hand: mean log(1.025315) = 0.0250, limit log(1.05) = 0.0488 nats per token.
        var run = sampleRun()
        run.measurements[2].interval = Interval(low: 1, high: 4, level: 0.95)
        run.pairedSeries[0].points.append(.init(index: 2, sample: Digest(of: "2"), parent: 1.5, candidate: 1.48))
        let outline = try outline(run)
        let paths = outline.all("path").compactMap { $0.attributes["class"] }
        // Bars carry tooltips in the wide drawing; in the narrow one each colour is one path.
        #expect(paths.filter { $0 == "worse" }.count == 2 + 1)
        #expect(paths.filter { $0 == "better" }.count == 1 + 1)
        #expect(paths.filter { $0 == "mean" }.count == 2)
        #expect(paths.filter { $0 == "limit" }.count == 2)
        let labels = outline.all("text").map(\.text)
        #expect(labels.filter { $0 == "+0.0250" }.count == 2)
        #expect(labels.filter { $0 == "+0.0488" }.count == 2)
        let titles = outline.all("title").map(\.text)
        #expect(titles.contains("chunk 1: +0.0400 nats per token"))
        #expect(titles.contains("chunk 2: \u{2212}0.0200 nats per token"))
        for drawing in outline.all("svg") {
            let names = drawing.attributes["aria-labelledby"]?.split(separator: " ").map(String.init) ?? []
            #expect(names.count == 2)
            for name in names { #expect(outline.elements.filter { $0.attributes["id"] == name }.count == 1) }
        }
    }

    @Test func aLimitFarOffTheScaleIsNamedButNotDrawn() throws {
        var run = sampleRun(limit: 50)
        run.measurements[2].interval = Interval(low: 1, high: 4, level: 0.95)
        let outline = try outline(run)
        #expect(!outline.all("path").contains { $0.attributes["class"] == "limit" })
        #expect(outline.all("desc").allSatisfy { $0.text.contains("The limit is +0.4055, off the scale.") })
    }

    @Test(arguments: [[], [0.0], [0.0, 0.0], [Double](repeating: 0.01, count: 700)])
    func anySeriesCanBeDrawn(differences: [Double]) throws {
        var run = sampleRun()
        run.measurements.removeAll()
        run.pairedSeries[0].points = differences.enumerated().map { index, difference in
            .init(index: index, sample: Digest(of: "\(index)"), parent: 2, candidate: 2 + difference)
        }
        let outline = try outline(run)
        #expect(outline.all("svg").count == (differences.isEmpty ? 0 : 2))
    }

    @Test func digestsAreGivenInFull() throws {
        let html = try HTMLReport.render(sampleRun())
        for text in ["parent", "candidate", "checkpoint", "text", "library"] {
            #expect(html.contains(Digest(of: text).hex), "\(text)")
        }
    }

    private func outline(_ run: RunRecord) throws -> XMLOutline {
        try #require(XMLOutline(HTMLReport.render(run)))
    }

    private func plain(_ text: String?) -> String? { text?.replacingOccurrences(of: "\u{A0}", with: " ") }
}
