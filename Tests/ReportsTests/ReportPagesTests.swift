import Foundation
import LabCore
import Reports
import Testing

/// Pages of every kind. `LAB_REPORT_PAGES` names a folder to leave them in, where `./lab prove reports` opens them in
/// a browser.
@Suite struct ReportPagesTests {
    private static let trends = [sampleTrend(), sampleTrend(.klMeanExcess, count: 3)]

    static let pages: [(name: String, run: RunRecord, trends: [Trend])] = [
        ("pass", fidelityRun(), trends), ("fail", fidelityRun(.earlyFail), trends),
        ("inconclusive", fidelityRun(.needsMore), []), ("nothing-helps", fidelityRun(.nothingHelps), []),
        ("exact", fidelityRun(.exact, source: .lockstep, hasFloor: false), []), ("older", olderRun(), []),
        ("older-fail", sampleRun(limit: 2), []), ("skipped", skippedRun(), []), ("infeasible", infeasibleRun(), []),
        ("empty", emptyRun(), []), ("generation", generationRun(), trends), ("prompts", promptRun(), []),
        ("full", fullRun(), trends), ("regressed", regressedRun(), trends), ("held", heldRun(), trends),
        ("incomparable", incomparableRun(), []), ("hostile-regression", hostileRegressionRun(), trends),
        ("hostile", hostileFidelityRun(), trends), ("payloads", payloadRun(), trends), ("endless", endlessRun(), []),
        ("speed", speedRun(), [sampleTrend()]), ("slower", slowerRun(), []), ("consistency", consistencyRun(), []),
    ]

    @Test(arguments: pages.map(\.name))
    func everyPageIsSmallAndTheSameEachTime(name: String) throws {
        let (_, run, trends) = try #require(Self.pages.first { $0.name == name })
        let html = try HTMLReport.render(run, trends: trends)
        #expect(html.utf8.count < 1_000_000)
        #expect(html == (try HTMLReport.render(run, trends: trends)))
        guard let folder = ProcessInfo.processInfo.environment["LAB_REPORT_PAGES"] else { return }
        let place = URL(fileURLWithPath: folder, isDirectory: true)
        for (format, ending) in [
            (ReportFormat.html, "html"), (.json, "json"), (.junit, "xml"), (.markdown, "md"), (.text, "txt"),
        ] where format != .json || name != "endless" {
            try format.render(run, trends: trends).write(to: place.appendingPathComponent("\(name).\(ending)"))
        }
    }

    static let comparisons: [(name: String, a: RunRecord, b: RunRecord)] = [
        ("compare", fidelityRun(.exact), fullRun()), ("compare-early", fidelityRun(), fidelityRun(.earlyFail)),
        ("compare-nothing", emptyRun(), fidelityRun()), ("compare-hostile", fidelityRun(), hostileFidelityRun()),
        ("compare-endless", endlessRun(), endlessRun()), ("compare-speed", speedRun(), slowerRun()),
    ]

    @Test(arguments: comparisons.map(\.name))
    func everyComparisonIsSmallAndHasItsRows(name: String) throws {
        let (_, a, b) = try #require(Self.comparisons.first { $0.name == name })
        let comparison = RunComparison(b, against: a, tolerances: RegressionTolerance.usual)
        let html = try ComparePage.render(comparison)
        #expect(html.utf8.count < 1_000_000)
        #expect(html.components(separatedBy: "data-label=\"Change\"").count - 1 == comparison.changes.count)
        #expect(comparison.changes.isEmpty == html.contains("no measurement in common"))
        guard let folder = ProcessInfo.processInfo.environment["LAB_REPORT_PAGES"] else { return }
        try Data(html.utf8).write(to: URL(fileURLWithPath: folder).appendingPathComponent("\(name).html"))
    }

    /// The whole of WikiText-2 in windows of 512 tokens: 592 chunks, with differences like a 4-bit recipe's.
    private static func fullRun() -> RunRecord {
        var run = fidelityRun(.exact)
        let points = (0..<592).map { index in
            let wave = sin(Double(index) * 0.7) + sin(Double(index) * 2.3)
            return PairedSeries.Point(
                index: index, sample: Digest(of: "\(index)"), parent: 2.5 + 0.2 * wave,
                candidate: 2.525 + 0.2 * wave + 0.02 * sin(Double(index) * 5.1), klMean: 0.03 + 0.01 * abs(wave),
                topAgreement: 0.93)
        }
        for index in run.pairedSeries.indices { run.pairedSeries[index].points = points }
        run.artifacts[1].tensors = tensorGroups(blocks: 36)
        return run
    }

    private static func skippedRun() -> RunRecord {
        var run = sampleRun()
        run.verdicts.removeFirst()
        run.verdict = .inconclusive
        return run
    }

    private static func infeasibleRun() -> RunRecord {
        var run = emptyRun()
        run.verdict = .infeasible
        run.verdicts = [
            Verdict(
                evaluation: "size", backend: "cpu", artifact: nil, metric: nil, status: .infeasible, value: nil,
                threshold: nil,
                reason:
                    "5.03 GB (4.91 bits per weight) against 1.90 GB, which is 1.86 bits for each of 8190735360 weights")
        ]
        return run
    }
}
