import Foundation
import LabCore
import Reports
import Testing

@Suite("Reports of a gate")
struct GateReportTests {
    @Test("one line says what got worse, where, against which run and how to look")
    func headline() {
        let text = GateTerminal.render(gateOutcome(lost: 0.05), width: 200)
        let last = text.split(separator: "\n").suffix(2)
        // 100 (exp 0.05 - 1) = 5.127 %
        #expect(last.first?.hasPrefix("gate: fail  perplexity of pajama-tiny Q4_K_M on cpu: up by 5.127 %") == true)
        #expect(last.first?.contains("1 % worse is allowed") == true)
        #expect(last.first?.contains("against run 20261122-100000-aaaaaa") == true)
        #expect(last.last == "look: ./lab compare 20261122-100000-aaaaaa 20261123-100000-bbbbbb")
    }

    @Test("without a reference the suite's limits alone are judged, and it says so")
    func withoutReference() throws {
        let outcome = gateOutcome(lost: 0.05, hasReference: false)
        #expect(outcome.verdict == .pass)
        #expect(GateTerminal.render(outcome).contains("not compared: nothing is accepted yet"))
        #expect(GateMarkdown.render(outcome).contains("Not compared"))
        let json = try JSONSerialization.jsonObject(with: GateJSON.render(outcome)) as? [String: Any]
        #expect(json?["reference"] is NSNull && json?["verdict"] as? String == "pass")
    }

    @Test("skips are counted as skips")
    func skips() {
        var run = gateOutcome(lost: 0).run
        run.verdicts.append(
            Verdict(
                evaluation: "quality", backend: "cuda", artifact: nil, metric: nil, status: .skipped, value: nil,
                threshold: nil, reason: "no cuda device"))
        let comparison = RunComparison(
            run, against: gateOutcome(lost: 0).run, tolerances: [RegressionTolerance.usual[0]])
        let text = GateTerminal.render(GateOutcome(run, reference: .run(comparison, why: "as named")), width: 200)
        #expect(text.contains("skipped  quality on cuda: no cuda device"))
        #expect(text.contains("judgements pass, 1 skipped, against run"))
    }

    @Test("annotations are one workflow command each, whatever the text holds")
    func annotations() {
        let text = GateAnnotations.render(gateOutcome(lost: 0.05))
        #expect(text.hasPrefix("::error title=lab gate%3A perplexity of pajama-tiny Q4_K_M on cpu::up by 5.127 %25"))
        var failed = gateOutcome(lost: 0, hostile: "100 %\n::stop-commands::x")
        var run = failed.run
        run.verdicts[0].status = .fail
        run.verdict = .fail
        failed = GateOutcome(run, reference: .none("none"))
        let lines = GateAnnotations.render(failed).split(separator: "\n")
        #expect(lines.count == 1 && lines[0].hasPrefix("::error ") && lines[0].contains("100 %25 ::stop-commands::x"))
        #expect(GateAnnotations.render(gateOutcome(lost: 0)).hasPrefix("::notice "))
    }

    @Test("Markdown stands in a table whatever the text holds")
    func markdown() {
        let payload = "a|b\n<script>alert(1)</script> @team #12 `x` [l](https://e.x) **b**"
        let text = GateMarkdown.render(gateOutcome(lost: 0.05, hostile: payload))
        #expect(text.hasPrefix("### ❌ Fail: "))
        #expect(text.contains("a&#124;b &lt;script&gt;alert\\(1\\)&lt;/script&gt; @\u{200B}team #\u{200B}12 \\`x\\`"))
        #expect(text.contains("\\[l\\]\\(https:\u{200B}//e.x\\) \\*\\*b\\*\\*"))
        for row in text.split(separator: "\n") where row.hasPrefix("| ") {
            #expect(row.count { $0 == "|" } == 4)
        }
        let long = GateMarkdown.render(gateOutcome(lost: 0.05, hostile: String(repeating: "x", count: 1 << 20)))
        #expect(long.count < 65_536)
    }

    @Test("what is allowed is told with the tolerances that it follows from")
    func tolerances() {
        let outcome = gateOutcome(
            lost: 0.05,
            tolerances: [
                RegressionTolerance(metric: "perplexity", relativePercent: 1, absolute: 0.5),
                RegressionTolerance(metric: "perplexity_increase", relativePercent: 10, absolute: 0.75),
            ])
        // 0.5 of 6.5208 is 7.668 %; three quarters of a point is more than a tenth of 2.532 points.
        for text in [GateTerminal.render(outcome, width: 300), GateMarkdown.render(outcome)] {
            let plain = text.replacingOccurrences(of: "\\", with: "")
            #expect(plain.contains("7.668 % worse is allowed (the larger of 1 % and an amount of 0.5)"), "\(text)")
            #expect(
                plain.contains(
                    "0.75 percentage points worse is allowed (the larger of 10 % of the reference and 0.75 percentage points)"
                ))
        }
        let one = gateOutcome(
            lost: 0.05, tolerances: [RegressionTolerance(metric: "perplexity", relativePercent: 1, absolute: nil)])
        #expect(GateTerminal.render(one, width: 300).contains("1 % worse is allowed; against run"))
    }

    @Test("JSON carries every change with its tolerance, its interval and its basis")
    func json() throws {
        let outcome = gateOutcome(lost: 0.05)
        let json = try #require(
            try JSONSerialization.jsonObject(with: GateJSON.render(outcome)) as? [String: Any])
        let changes = try #require(json["changes"] as? [[String: Any]])
        let change = try #require(changes.first { $0["metric"] as? String == "perplexity" })
        #expect(change["status"] as? String == "fail" && change["relation"] as? String == "worse")
        #expect(change["tolerance_relative_percent"] as? Double == 1)
        let (once, again) = (try GateJSON.render(outcome), try GateJSON.render(outcome))
        #expect(once == again)
    }

    @Test("what is written follows docs/gate.schema.json", arguments: [true, false])
    func schema(hasReference: Bool) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/gate.schema.json")
        let schema = try JSONValue(Data(contentsOf: file))
        let outcome = gateOutcome(lost: 0.05, hasReference: hasReference)
        #expect(schema.violations(in: try JSONValue(GateJSON.render(outcome))) == [])
        let comparison = RunComparison(outcome.run, against: outcome.run, tolerances: [])
        let compared = try JSONValue(CompareJSON.render(comparison))
        let changes = try #require(schema["properties"]?["changes"])
        #expect(changes.violations(in: try #require(compared["changes"])) == [])
    }

    @Test("two runs side by side: which metrics are better, worse, the same or unknown")
    func compare() {
        let comparison = RunComparison(
            gateOutcome(lost: 0.05).run, against: gateOutcome(lost: 0).run, tolerances: RegressionTolerance.usual)
        let text = CompareTerminal.render(comparison, width: 120)
        #expect(text.contains("B beside A, 2 metrics: "))
        let row = text.split(separator: "\n").first { $0.contains("perplexity, perplexity on cpu") }
        #expect(row?.hasSuffix("worse") == true && row?.contains("+5.13 %") == true)
        let none = RunComparison(emptyRun(), against: sampleRun(), tolerances: [])
        #expect(CompareTerminal.render(none).contains("no measurement in common"))
    }
}
