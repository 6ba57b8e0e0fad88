import Foundation
import LabCore
import Reports
import Testing

@Suite struct TrendTests {
    private func trend(
        _ values: [Double], shifts: [Trend.Shift] = [], hasIntervals: Bool = true, model: String = "pajama-tiny",
        evaluation: String = "perplexity", suite: String = "balanced", device: String = "x86_64"
    ) -> Trend {
        let key = SeriesKey(
            suite: suite, evaluation: evaluation, metric: "perplexity_increase", unit: "percent",
            dataset: "wikitext2", model: model, recipe: "Q4_K_M", role: .candidate, backend: "cpu", device: device)
        let points = values.enumerated().map { index, value in
            Trend.Point(
                runID: "run-\(index)", startedAt: Date(timeIntervalSince1970: 1_795_392_000 + 86_400 * Double(index)),
                value: value, interval: hasIntervals ? Interval(low: value - 0.2, high: value + 0.2, level: 0.95) : nil,
                n: 592, artifact: Digest(of: "file"), engine: nil)
        }
        return Trend(key: key, points: points, shifts: shifts)
    }

    private var shifted: Trend {
        trend([1, 1, 1, 2, 2], shifts: [Trend.Shift(index: 3, before: 1, after: 2, noise: 0)])
    }

    @Test func aPictureIsWellFormedAndSaysWhatItShows() throws {
        let svg = TrendSVG.svg(shifted, width: 600, height: 240, id: "t1")
        let outline = try #require(XMLOutline(svg))
        #expect(outline.all("svg").count == 1)
        #expect(outline.all("title").count == 1 + 5)
        #expect(svg.contains("<title id=\"t1-t\">perplexity increase, pajama-tiny Q4_K_M on cpu</title>"))
        #expect(svg.contains("The newest value is +2.00\u{A0}%, the lowest +1.00\u{A0}%, the highest +2.00\u{A0}%"))
        #expect(svg.contains("+1.0 percentage points (+1.00\u{A0}% to +2.00\u{A0}%) from run run-3 on, 2026-11-26"))
        #expect(svg.contains("class=\"shift\""))
        #expect(svg.contains("class=\"band\""))
        #expect(svg.contains("prefers-color-scheme:dark"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
    }

    @Test(arguments: [[], [1.5], [2, 2, 2], [1e-9, 1e6], [-5, 0, 5]])
    func anyValuesMakeAWellFormedPictureAndText(values: [Double]) throws {
        for hasIntervals in [true, false] {
            let trend = trend(values, hasIntervals: hasIntervals)
            let svg = TrendSVG.document([trend, trend])
            #expect(XMLOutline(svg) != nil)
            #expect(!svg.contains("nan") && !svg.contains("inf"))
            #expect(TrendTerminal.render(trend, width: 80).split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
    }

    @Test func namesFromOutsideAreEscaped() throws {
        let svg = TrendSVG.svg(trend([1, 2], model: "<script>\u{1B}[31m&\"'"))
        #expect(XMLOutline(svg) != nil)
        #expect(!svg.contains("<script>") && !svg.contains("\u{1B}"))
        #expect(!TrendTerminal.render(trend([1, 2], model: "a\u{1B}[31m")).contains("\u{1B}"))
    }

    @Test func intervalsThatDwarfTheChangesAreWrittenInPlaceOfDrawn() {
        let steady = TrendSVG.svg(trend([1, 1.01, 1.02, 1.01]))
        #expect(!steady.contains("class=\"band\""))
        #expect(steady.contains(">0.81 to 1.21<"))
        #expect(TrendSVG.svg(trend([1, 1, 1])).contains("class=\"band\""))
    }

    @Test func theSameTrendMakesTheSameBytes() {
        #expect(TrendSVG.svg(shifted) == TrendSVG.svg(shifted))
    }

    @Test func theTerminalShowsValueMeanShiftsAndTheirRun() {
        let text = TrendTerminal.render(shifted, width: 100)
        #expect(text.hasPrefix("perplexity increase, percent  pajama-tiny Q4_K_M on cpu, wikitext2, suite balanced\n"))
        #expect(text.contains("▁▁▁██  +2.00 %, mean +1.40 %, 5 runs, 1 shift"))
        #expect(text.contains("shift: +1.0 percentage points (+1.00 % to +2.00 %) from run run-3 on, 2026-11-26"))
        #expect(text.contains("2026-11-23 to 2026-11-27"))
        #expect(text.contains("▲"))
    }

    @Test func trendsThatAreShownTogetherAreToldApart() throws {
        let machines = [trend([1, 2]), trend([1, 3], device: "arm64 NEON")]
        let shown = TrendTerminal.render(machines, width: 100)
        #expect(shown[0].contains("Q4_K_M on cpu (x86_64), wikitext2, suite balanced\n"))
        #expect(shown[1].contains("Q4_K_M on cpu (arm64 NEON), wikitext2, suite balanced\n"))
        let evaluations = [trend([1, 2]), trend([1, 3], evaluation: "perplexity-long")]
        #expect(
            TrendTerminal.render(evaluations, width: 120)[1].contains("suite balanced, evaluation perplexity-long\n"))

        for (pair, what) in [
            (machines, "arm64 NEON"), (evaluations, "perplexity-long"),
            ([trend([1]), trend([1], suite: "hq")], "suite hq"),
        ] {
            let outline = try #require(XMLOutline(TrendSVG.document(pair)))
            let titles = outline.all("title").map(\.text).filter { $0.contains("perplexity increase") }
            #expect(titles.count == 2 && Set(titles).count == 2)
            #expect(titles[1].contains(what) && !titles[0].contains(what))
            #expect(outline.all("text").contains { $0.text.contains(what) })
        }
        // What is the same for all is not said.
        #expect(
            !TrendTerminal.render([trend([1, 2]), trend([1, 3], model: "Qwen3")], width: 100)[0].contains("x86_64"))
    }

    @Test func aLongSubjectTakesSeveralLinesAndLeavesRoomForThePicture() throws {
        let features = Array(repeating: "FEATURE", count: 2000).joined(separator: " ")
        let svg = TrendSVG.document([trend([1, 2], device: features), trend([1, 2])], width: 340, height: 240)
        let outline = try #require(XMLOutline(svg))
        let lines = outline.all("text").filter { $0.text.contains("FEATURE") }
        #expect(lines.count > 1 && lines.count < 5)
        #expect(lines.allSatisfy { $0.text.count <= 53 })
    }

    @Test(arguments: [String(repeating: "unbroken", count: 40), String(repeating: "\u{6C34}", count: 160)])
    func aWordThatIsLongerThanThePictureIsBrokenAndWhatHasNoRoomIsLeftOutVisibly(word: String) throws {
        let svg = TrendSVG.svg(trend([1, 2], model: word, suite: word), width: 340, height: 240)
        let lines = try #require(XMLOutline(svg)).all("text").filter { $0.text.contains(word.prefix(1)) }.map(\.text)
        // The number of runs has two of the letters too.
        let subject = lines.filter { $0.contains(word.prefix(4)) }
        #expect(subject.count == 4)
        // 340 pixels are 45 columns of Latin letters, and half as many of Chinese characters; the dots take one.
        #expect(subject.allSatisfy { $0.count <= (word.hasPrefix("u") ? 45 : 23) })
        #expect(subject.last?.hasSuffix("\u{2026}") == true)
    }

    @Test(arguments: [40, 80, 120])
    func aLongTrendFitsTheTerminal(width: Int) {
        let text = TrendTerminal.render(trend((0..<1000).map { sin(Double($0) / 50) }), width: width)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        #expect(text.contains("1000"))
    }
}
