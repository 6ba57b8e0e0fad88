import Foundation
import LabCore
import Reports
import Testing

@Suite struct PromptReportTests {
    @Test func whatIsMeasuredOnPromptsIsNotCalledChunks() throws {
        let run = promptRun()
        let forms = [
            try HTMLReport.render(run), TerminalReport.render(run, width: 200), try MarkdownReport.render(run),
            JUnitReport.render(run),
        ]
        for form in forms {
            #expect(!form.localizedCaseInsensitiveContains("chunk"))
            #expect(form.contains("all 120 prompts"))
        }
        #expect(forms[0].contains("<span>all 300 prompts</span>"))
    }

    @Test(arguments: [
        (
            GateEvidence.Basis.sequential, VerdictStatus.fail, 9, nil as Int?,
            "stopped after 9 of 120 prompts, 92 % saved"
        ),
        (.interval, .inconclusive, 40, 90, "on 40 of 120 prompts; about 90 prompts would decide"),
        (.interval, .inconclusive, 40, 120, "on 40 of 120 prompts; all 120 prompts would decide"),
        (.interval, .inconclusive, 1, nil, "on 1 of 120 prompts; too few prompts for an interval"),
    ])
    func aGateSaysOfHowManyPrompts(
        basis: GateEvidence.Basis, status: VerdictStatus, used: Int, needed: Int?, text: String
    ) {
        var run = promptRun()
        run.verdicts = [run.verdicts[8]]
        run.verdicts[0].status = status
        run.verdicts[0].evidence = GateEvidence(
            basis: basis, chunksUsed: used, chunksAvailable: 120, alpha: 0.01, neededChunks: needed, part: "prompt")
        #expect(TerminalReport.render(run, width: 300).contains(text))
    }

    @Test func comparedRunsHavePromptsInCommon() throws {
        func measured(_ id: String, _ values: [Double], available: Int) -> RunRecord {
            var run = promptRun()
            run.id = id
            run.verdicts = []
            run.datasets = [
                DatasetRecord(
                    name: "continuations", sha256: Digest(of: "set"), chunks: values.count, chunksAvailable: available,
                    part: "prompt")
            ]
            run.measurements = [
                LabCore.Measurement(
                    artifact: candidatePath, backend: "cpu", evaluation: "sample match", metric: .followedAgreement,
                    value: values.reduce(0, +) / Double(values.count), n: values.count,
                    interval: Interval(low: 80, high: 100, level: 0.95), cached: false)
            ]
            let points = values.enumerated().map { index, value in
                PromptSeries.Point(
                    index: index, sample: Digest(of: "prompt \(index)"), values: ["teacher_forced_agreement": value])
            }
            run.promptSeries = [
                PromptSeries(evaluation: "sample match", backend: "cpu", artifact: candidatePath, points: points)
            ]
            return run
        }
        let tolerance = RegressionTolerance(
            metric: "teacher_forced_agreement", relativePercent: nil, absolute: 1)
        let before = measured("20261122-100000-aaaaaa", [98, 96, 97, 95], available: 4)
        let after = measured("20261123-100000-bbbbbb", [98, 90, 97, 95], available: 4)
        let comparison = RunComparison(after, against: before, tolerances: [tolerance])
        let change = try #require(comparison.changes.first)
        // The mean went from 96.5 to 95.
        #expect(change.reason == "down by 1.5 percentage points on all 4 prompts; 1 percentage point worse is allowed")
        #expect(change.part == "prompt")
        let text = CompareTerminal.render(comparison, width: 200)
        #expect(text.contains("\u{2212}1.50 points"))
        let page = try ComparePage.render(comparison)
        #expect(page.contains("all 4 prompts, paired") && page.contains("most in prompt 1<"))
        #expect(!page.localizedCaseInsensitiveContains("chunk"))
        let gate = GateTerminal.render(GateOutcome(after, reference: .run(comparison, why: "as named")), width: 300)
        #expect(gate.contains("most in prompt 1"))
        let json = try JSONValue(GateJSON.render(GateOutcome(after, reference: .run(comparison, why: "as named"))))
        #expect(json["changes"]?[0]?["part"] == .string("prompt"))

        let other = measured("20261124-100000-cccccc", [98, 90], available: 9)
        var elsewhere = other
        elsewhere.promptSeries?[0].points[0].sample = Digest(of: "another")
        elsewhere.promptSeries?[0].points[1].sample = Digest(of: "and another")
        let apart = RunComparison(elsewhere, against: before, tolerances: [tolerance])
        #expect(apart.changes.first?.reason.hasPrefix("the runs have no prompt in common") == true)
        let partly = RunComparison(other, against: before, tolerances: [tolerance])
        #expect(partly.changes.first?.reason.contains("on 2 of 9 prompts") == true)
    }

    @Test func theTerminalTellsLanguagesAndFlipsUnderTheirEvaluation() throws {
        let lines = TerminalReport.render(promptRun(), width: 120).split(separator: "\n").map(String.init)
        let languages = try #require(lines.firstIndex(of: "languages on cpu"))
        let thinking = try #require(lines.firstIndex(of: "thinking on cpu"))
        let list = try #require(
            lines.firstIndex(of: "  languages: en 50/50, de 49/50, fr 50/50, es 48/50, ru 19/50, zh-Hans 50/50"))
        #expect(languages < list && list < thinking)
        #expect(
            lines.contains("  266/300 right; 30 only the parent, 1 only the candidate, p = 3.0\u{D7}10\u{207B}\u{2078}")
        )
        #expect(lines.contains("  thinking: 110/120 right; 6 only the parent, 1 only the candidate, p = 0.12"))
        #expect(lines.contains("  no thinking: 102/120 right; right about the same prompts as the parent"))
        #expect(lines.contains("  as the template has it: 120 prompts rendered differently"))
        let changes = lines.filter { $0.contains("accuracy change") && $0.contains("points") }
        #expect(changes.contains { $0.contains("\u{2212}4.17  points") })
    }

    @Test func whatFailedShowsAFewPrompts() throws {
        let markdown = try MarkdownReport.render(promptRun()).replacingOccurrences(of: "&nbsp;", with: " ")
        let failed = try #require(markdown.range(of: "**What failed**"))
        let end = try #require(markdown.range(of: "<details><summary>"))
        let part = markdown[failed.upperBound..<end.lowerBound]
        // The answers to problems that only the parent solves, three of them.
        #expect(part.contains("thinking-3, \u{201C}Mia has 5 candles, buys 20 and finds 8."))
        #expect(part.components(separatedBy: "; the parent is right").count - 1 == 3)
        #expect(part.contains("is in Cyrillic, and the prompt is in en; it wrote"))
        #expect(part.contains("thinking-000, as the template has it: "))
        #expect(part.contains("ru: +0.8123 nats per token more than English"))
        #expect(markdown.contains("| Language | Of | Right | Parent right |"))
        #expect(
            markdown.contains("| ru | Q4\\_K\\_M, languages on cpu | 19 of 50 | 47 | 42 of 45 | +0.8235 | +0.8123 "))
        let junit = JUnitReport.render(promptRun())
        #expect(junit.contains("thinking-3, \u{201C}Mia has 5 candles"))
        #expect(XMLOutline(junit) != nil)
    }

    @Test func theFormForProgramsHasEveryNumberUnrounded() throws {
        let report = try JSONValue(JSONReport.render(promptRun()))
        let sample = report["validation"]?["samples"]?[0]
        #expect(sample?["first_divergence"] == .number(23))
        #expect(sample?["similarity"] == .number(0.713))
        #expect(sample?["agreement"] == .number(0.9375))
        #expect(sample?["problem"] == .null)
        let language = report["languages"]?[4]
        #expect(language?["parent_right"] == .number(47) && language?["in_other"] == .number(3))
        #expect(language?["confidence_percent"] == .number(91) && language?["loss_nats"] == .number(0.8235))
        #expect(language?["excess_interval"]?["high"] == .number(0.9435))
        #expect(report["languages"]?[0]?["excess_nats"] == .null)
        let thought = report["thoughts"]?[51]
        #expect(thought?["closed"] == .bool(false) && thought?["parent_solved"] == .bool(true))  // 51 % 24 = 3
        #expect(thought?["solved"] == .bool(false) && thought?["expected"] == .string("53"))  // 8 + 37 + 8
        #expect(thought?["parent_thinking_tokens"] == .number(63))  // 58 + 51 % 23
        let sheet = report["answers"]?[2]
        #expect(sheet?["mode"] == .string("thinking") && sheet?["parent_right"] == .number(115))
        #expect(sheet?["flips"]?["mcnemar_p"] == .number(0.125))
        #expect(report["answers"]?[0]?["flips"] == .null)
        #expect(report["answers"]?[1]?["notable"]?[0]?["right"] == .null)
        #expect(report["prompt_series"]?[0]?["points"]?[20]?["values"]?["unclosed_thoughts"] == .number(100.0 / 3))
        #expect(report["verdicts"]?[0]?["evidence"]?["part"] == .string("prompt"))
        #expect(report["datasets"]?[2]?["part"] == .string("prompt"))
        let older = try JSONValue(JSONReport.render(generationRun()))
        #expect(older["datasets"]?[0]?["part"] == .null && older["languages"]?[0]?["loss_nats"] == .null)
    }

    @Test func aNumberThatIsNotFiniteIsAnErrorThatNamesItsPlace() {
        var language = promptRun()
        language.languages?[4].excessInterval?.high = .nan
        var text = promptRun()
        text.texts?[2].agreement = .infinity
        var flips = promptRun()
        flips.answers?[2].flips?.mcNemarP = .nan
        var series = promptRun()
        series.promptSeries?[0].points[7].values["accuracy"] = .nan
        for (run, field) in [
            (language, "languages[4].excess_interval.high"), (text, "validation.samples[2].agreement"),
            (flips, "answers[2].flips.mcnemar_p"),
            (series, "prompt_series[0].points[7].values.accuracy"),
        ] {
            let error = #expect(throws: ReportError.self) { try JSONReport.render(run) }
            #expect(error?.description.contains(field) == true)
        }
    }
}
