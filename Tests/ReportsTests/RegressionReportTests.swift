import Foundation
import LabCore
import Reports
import Testing

/// Reports of a run that was gated against another.
@Suite("Reports of a regression")
struct RegressionReportTests {
    @Test("a run that its suite lets through and that is worse than its reference fails in every form")
    func everyFormFails() throws {
        let run = regressedRun()
        #expect(run.suiteVerdict == .pass && run.verdict == .fail)
        // 100 (exp 0.05 - 1) = 5.127 %
        let finding = "Perplexity of pajama-tiny Q4_K_M on cpu: up by 5.127 %"

        let html = try HTMLReport.render(run)
        let outline = try #require(XMLOutline(html))
        #expect(outline.all("h1").map(\.text) == ["Fail"])
        #expect(html.contains(finding))
        let heading = try #require(html.range(of: "<bdi>Against run 20261122-100000-aaaaaa, accepted last</bdi></h2>"))
        let failures = try #require(html.range(of: "What did not pass"))
        #expect(heading.lowerBound < failures.lowerBound)
        #expect(html.contains("./lab compare 20261122-100000-aaaaaa 20261123-100000-bbbbbb"))
        #expect(html.contains("suite\u{2019}s own limits are kept"))

        let junit = try #require(XMLOutline(JUnitReport.render(run)))
        #expect(junit.all("testsuite").first?.attributes["name"] == "perplexity against 20261122-100000-aaaaaa on cpu")
        #expect(junit.elements.first?.attributes["failures"] == "1")
        #expect(junit.all("failure").first?.attributes["message"]?.contains("up by 5.127 %") == true)
        #expect(junit.all("skipped").count == 1)

        let markdown = try MarkdownReport.render(run)
        let escaped = finding.replacingOccurrences(of: "_", with: "\\_")
        #expect(markdown.hasPrefix("### ❌ Fail: balanced\n\n\(escaped)"))
        let places = ["Against run 20261122", "| Gate | Of"].compactMap { markdown.range(of: $0)?.lowerBound }
        #expect(places.count == 2 && places[0] < places[1])

        let text = TerminalReport.render(run, width: 200)
        #expect(text.hasPrefix("FAIL  \(finding)"))
        #expect(text.contains("\n  fail  perplexity of pajama-tiny Q4_K_M on cpu: up by 5.127 %"))
        #expect(text.contains("\n  skipped  KL mean of pajama-tiny Q4_K_M on cpu: only run 20261122-100000-aaaaaa"))

        let json = try JSONValue(JSONReport.render(run))
        #expect(json["verdict"] == .string("fail"))
        #expect(json["regression"]?["reference"] == .string("20261122-100000-aaaaaa"))
        #expect(json["regression"]?["verdict"] == .string("fail"))
        #expect(json["verdicts"]?[0]?["status"] == .string("pass"))

        let site = SiteRun(run)
        #expect(site.verdict == .fail && site.finding == "perplexity change +5.13\u{A0}%, limit <\u{A0}1\u{A0}%")
        #expect(try SitePages.index([site]).contains("perplexity change +5.13"))
    }

    @Test("a run that is no worse says so after what its suite says")
    func held() throws {
        let run = heldRun()
        #expect(run.verdict == .pass)
        let text = TerminalReport.render(run, width: 200)
        #expect(text.hasPrefix("PASS  pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity"))
        #expect(text.contains("No worse than allowed against run 20261122-100000-aaaaaa, accepted last."))
        #expect(try HTMLReport.render(run).contains("No worse than allowed against run"))
        #expect(!JUnitReport.render(run).contains("<failure"))
    }

    @Test("where nothing can be compared the run is inconclusive, and says against which run")
    func incomparable() throws {
        let run = incomparableRun()
        #expect(run.verdict == .inconclusive && run.suiteVerdict == .pass)
        #expect(TerminalReport.render(run, width: 200).hasPrefix("INCONCLUSIVE  Nothing could be judged against run"))
        #expect(try HTMLReport.render(run).contains("Nothing could be judged against run"))
        #expect(JUnitReport.render(run).contains("<failure type=\"inconclusive\""))
        #expect(try MarkdownReport.render(run).contains("Nothing could be judged against run"))
    }

    @Test("a suite without gates leaves the verdict to the comparison", arguments: [0, 0.05])
    func withoutGates(lost: Double) throws {
        var run = gateOutcome(lost: lost).run
        (run.verdicts, run.verdict) = ([], .inconclusive)
        let reference = try #require(gateOutcome(lost: lost).comparison?.reference)
        let comparison = RunComparison(run, against: reference, tolerances: RegressionTolerance.usual)
        let record = GateOutcome(run, reference: .run(comparison, why: "accepted last")).record
        let text = TerminalReport.render(record, width: 200)
        #expect(text.hasPrefix(lost == 0 ? "PASS  It is no worse than run 20261122" : "FAIL  Perplexity of"), "\(text)")
    }

    @Test(
        "the outcome of a gate is what its run becomes, and judging that again by its suite alone gives the suite's word"
    )
    func again() throws {
        let outcome = gateOutcome(lost: 0.05)
        let record = outcome.record
        #expect(record.verdict == outcome.verdict)
        #expect(GateOutcome(record, reference: .none("nothing")).verdict == .pass)
        #expect(GateOutcome(record, reference: .none("nothing")).record == outcome.run)
        let other = RunComparison(record, against: outcome.run, tolerances: RegressionTolerance.usual)
        #expect(other.verdict == .pass)
        #expect(JUnitReport.render(outcome.record).contains("against 20261122-100000-aaaaaa on cpu"))
        // Of a thousand chunks three are kept.
        #expect(record.regression?.changes.allSatisfy { $0.chunks.count <= 3 } == true)
    }

    @Test("a record of an older lab has no comparison, and a kept one is read again as it was written")
    func coding() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let plain = try encoder.encode(sampleRun())
        #expect(!String(decoding: plain, as: UTF8.self).contains("regression"))
        let data = try encoder.encode(regressedRun())
        let decoded = try JSONDecoder().decode(RunRecord.self, from: data)
        #expect(decoded == regressedRun())
        #expect(try encoder.encode(decoded) == data)
    }

    @Test("hostile text in a comparison stays text in every form")
    func hostile() throws {
        let run = hostileRegressionRun()
        let html = try HTMLReport.render(run)
        let outline = try #require(XMLOutline(html))
        #expect(outline.all("script").isEmpty && !hasHarmfulCharacter(html))
        let junit = JUnitReport.render(run)
        #expect(XMLOutline(junit) != nil && !hasHarmfulCharacter(junit))
        #expect(!hasHarmfulCharacter(TerminalReport.render(run)))
        let tables = try MarkdownReport.render(run).split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(!tables.contains { $0.contains("<script") } && tables.contains { $0.contains("&lt;script") })
    }

    @Test("a number of a comparison that is not finite is an error that names its place")
    func notFinite() throws {
        var run = regressedRun()
        run.regression?.changes[0].change = .nan
        let error = try #require(throws: ReportError.self) { try JSONReport.render(run) }
        #expect(error.description.contains("regression.changes[0].change"))
    }
}
