import Foundation
import LabCore
import Reports
import Testing

@Suite struct MarkdownReportTests {
    @Test func theVerdictComesFirstThenTheGatesThenWhatFailed() throws {
        let text = plain(try MarkdownReport.render(fidelityRun(.earlyFail)))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0] == "### \u{274C} Fail: balanced")
        #expect(
            lines[2].hasPrefix("pajama-tiny Q4\\_K\\_M is 11.25 % worse than its BF16 parent in perplexity, outside"))
        #expect(lines[4] == "| Gate | Of | Verdict | Value | Limit | Rests on |")
        #expect(lines[5] == "|---|---|---|--:|--:|---|")
        #expect(
            lines[6].hasPrefix(
                "| Perplexity increase | Q4\\_K\\_M on cpu | \u{274C} fail | +11.25 % | &lt; 5 % | stopped after 9 of 592"
            ))
        #expect(lines[7].hasPrefix("| KL mean excess |"))
        #expect(lines[8].hasPrefix("| Perplexity | cuda | \u{23ED}\u{FE0F} skipped |"))
        #expect(lines[10] == "**What failed**")
        #expect(text.contains("- Farthest off: chunk 1 \\(+0.0400 nats per token\\), chunk 0 \\(+0.0100\\)"))
        #expect(text.contains("<details><summary>"))
        #expect(text.hasSuffix("</details>\n"))
        #expect(text.contains("```\nlab run suites/balanced\n```"))
        #expect(text.contains("`\(Digest(of: "candidate").hex)`"))
    }

    @Test func aPassHasNoPartForFailures() throws {
        #expect(try !MarkdownReport.render(fidelityRun(.exact)).contains("What failed"))
    }

    @Test(arguments: [
        sampleRun(), emptyRun(), hostileRun(), hostileFidelityRun(), generationRun(), promptRun(), payloadRun(),
        olderRun(), endlessRun(),
        longRun(gates: 900),
    ])
    func everyRunFitsAPullRequest(run: RunRecord) throws {
        let text = try MarkdownReport.render(run)
        #expect(text.utf16.count < MarkdownReport.limit)
        #expect(text.hasSuffix("</details>\n"))
        #expect(text == (try MarkdownReport.render(run)))
        #expect(!hasHarmfulCharacter(text))
        // Each row of a table has as many cells as its head: no bar in a text ended one.
        var columns = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                columns = 0
                continue
            }
            let bars = line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" }
            if columns == 0 { columns = bars }
            #expect(bars == columns, "\(line)")
        }
    }

    @Test func whatIsLeftOutIsCounted() throws {
        let text = try MarkdownReport.render(longRun(gates: 900))
        #expect(text.contains(/_\d+ gates more in report.json._/))
    }

    @Test(arguments: [
        ("a|b`c`*d*_e_", "a&#124;b\\`c\\`\\*d\\*\\_e\\_"), ("<img onerror=x>", "&lt;img onerror=x&gt;"),
        ("[a](b)![c]", "\\[a\\]\\(b\\)\\!\\[c\\]"),
        ("@team and #12, GH-7", "@\u{200B}team and #\u{200B}12, GH-\u{200B}7"),
        ("https://a.b www.c.d mailto:e", "https:\u{200B}//a.b www.\u{200B}c.d mailto:\u{200B}e"), ("# h", "\\# h"),
        ("1. one", "1\\. one"), ("- x", "\\- x"), ("   four", "four"), ("a\nb", "a b"), ("&lt;", "&amp;lt;"),
        ("top-1 v1.5", "top-1 v1.5"), ("$x$~~y~~\\", "\\$x\\$\\~\\~y\\~\\~\\\\"), ("2 %", "2 %"),
    ])
    func textFromOutsideIsNoMarkup(raw: String, text: String) {
        #expect(Array(MarkdownText(raw, startsLine: true).text.unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test(arguments: [
        ("a", "`a`"), ("a`b", "``a`b``"), ("`a`", "`` `a` ``"), ("", "`  `"), ("a|b", "`a\\|b`"),
    ])
    func codeIsFencedByMoreBackticksThanItHolds(raw: String, code: String) {
        #expect(MarkdownText.code(raw) == code)
    }

    @Test func aBlockOfCodeCannotBeEndedFromWithin() {
        #expect(MarkdownText.block("a\n````\nb") == "`````\na ```` b\n`````")
    }

    private func plain(_ text: String) -> String {
        text.replacingOccurrences(of: "&nbsp;", with: " ").replacingOccurrences(of: "\u{A0}", with: " ")
    }
}

/// A run with so many gates and measurements.
func longRun(gates: Int) -> RunRecord {
    var run = fidelityRun(.earlyFail)
    run.verdicts = (0..<gates).map { index in
        var verdict = run.verdicts[0]
        verdict.evaluation = "evaluation \(index)"
        return verdict
    }
    run.measurements += (0..<gates).map { index in
        var measurement = run.measurements[2]
        measurement.evaluation = "evaluation \(index)"
        return measurement
    }
    return run
}
