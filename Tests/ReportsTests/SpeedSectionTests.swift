import Foundation
import LabCore
import Reports
import Testing

@Suite struct SpeedSectionTests {
    private func page(_ run: RunRecord) throws -> String {
        try HTMLReport.render(run).replacingOccurrences(of: "\u{A0}", with: " ")
    }

    @Test func eachNumberOfSequencesIsALineAndEachPointARow() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(speedRun())))
        // Four points, reading and writing, wide and narrow.
        #expect(outline.all("circle").count == 4 * 2 * 2)
        let html = try page(speedRun())
        #expect(html.contains("Q4_K_M on cpu, 4 sequences"))
        #expect(html.contains("<small>2,048 tokens, 4 sequences</small>"))
        #expect(html.contains("<span>640</span>"))
        #expect(html.contains("p95 4.00, p99 5.00"))  // 1200 / 300, 1500 / 300
        #expect(!html.contains("nan") && !html.contains("invalid"))
    }

    @Test func theRooflineSaysWhatBoundsAndHowMuchIsReached() throws {
        let html = try page(speedRun())
        // 2,000,000 + 1,024 x 1,568.5 bytes.
        #expect(html.contains("memory: 3.6 MB for each token at 20.0 GB/s"))
        #expect(html.contains("<span>5546</span>") || html.contains("<span>5,546</span>"))
        #expect(html.contains("<span>5.41 %</span>"))  // 300 of 5,546
        #expect(html.contains("matrix products: "))
        #expect(html.contains("Q4_K in CPU_REPACK"))
    }

    @Test func whatWasNotRunSaysWhyAndIsNoRowOfSpeeds() throws {
        let html = try page(speedRun())
        #expect(html.contains("<h3>Not run</h3>"))
        #expect(html.contains("the model has 2048 positions"))
        #expect(html.contains("<small>32,768 tokens, 1 sequence</small>"))
        var none = speedRun()
        none.throughput?.removeLast()
        #expect(try !page(none).contains("<h3>Not run</h3>"))
    }

    @Test func throttlingIsToldAndUnknownWhereNothingTells() throws {
        #expect(try page(speedRun()).contains("3 thermal throttle events of the processor (counters)"))
        var run = speedRun()
        run.speedSetups?[0].throttling = ThrottlingRecord()
        #expect(try page(run).contains("unknown: this platform does not tell"))
        run.speedSetups?[0].throttling = ThrottlingRecord(sources: ["counters"])
        #expect(try page(run).contains("none seen (counters)"))
    }

    @Test func theGatesNameTheirPointAndRestOnRepetitions() throws {
        let html = try page(speedRun())
        #expect(html.contains("Decode rate at 2,048 tokens, 1 sequence"))
        #expect(html.contains("writes at 5.41 % of what the device could do at 2,048 tokens, 1 sequence"))
        #expect(html.contains("93.75 % interval"))
        #expect(!html.contains("smallest detectable change"))
        #expect(html.contains("a target of RTX 4070 alone"))
    }

    @Test func theTerminalHasATableAndWhatWasNotRun() {
        let text = TerminalReport.render(speedRun(), width: 100)
        #expect(text.contains("throughput of Q4_K_M on cpu"))
        let lines = text.split(separator: "\n")
        #expect(lines.contains { $0.contains("2,048") && $0.contains("300") && $0.contains("5.41 %") })
        #expect(text.contains("not run  32,768 tokens, 1 sequence: the model has 2048 positions"))
        #expect(text.contains("throttling: 3 thermal throttle events"))
        for width in [40, 80, 120] {
            let lines = TerminalReport.render(speedRun(), width: width).split(separator: "\n")
            let table = lines.filter { $0.hasPrefix("    2,048  ") }
            #expect(table.count == 2 && table.allSatisfy { $0.count <= width }, "\(table)")
        }
    }

    @Test func markdownHasTheTableToo() throws {
        let text = try MarkdownReport.render(speedRun()).replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(text.contains("| Speed | Prefill, tokens/s |"))
        #expect(text.contains("not run: the model has 2048 positions"))
        #expect(text.contains("| 5.41"))
    }

    @Test func theFormForProgramsFollowsTheSchemaWithEveryRepetition() throws {
        let schema = try JSONValue(Data(contentsOf: schemaURL))
        for run in [speedRun(), slowerRun(), generationRun()] {
            #expect(schema.violations(in: try JSONValue(JSONReport.render(run))) == [])
        }
        let report = try JSONValue(JSONReport.render(speedRun()))
        #expect(report["throughput"]?[0]?["repetitions"]?["decode_rate"]?[4] == .number(900 * 1.02))
        #expect(report["throughput"]?[4]?["not_run"] == .string("the model has 2048 positions"))
        #expect(report["throughput"]?[4]?["decode"] == .null)
        #expect(report["throughput"]?[1]?["decode_roofline"] == .null)
        #expect(report["speed_setups"]?[0]?["device"]?["matrix_type"] == .string("Q4_K"))
        #expect(report["speed_setups"]?[0]?["device_peak_bytes"] == .null)
        let slower = try JSONValue(JSONReport.render(slowerRun()))
        #expect(slower["regression"]?["changes"]?[0]?["basis"] == .string("repetitions"))
        #expect(slower["regression"]?["changes"]?[0]?["repetitions"]?["new"] == .number(5))
    }

    @Test func slowerThanTheReferenceIsSaidInPercentWithItsPoint() throws {
        let run = slowerRun()
        #expect(run.regression?.verdict == .inconclusive)  // Five repetitions, and four metrics share the error.
        let text = TerminalReport.render(run, width: 200)
        #expect(text.contains("decode rate at 512 tokens, 1 sequence of pajama-tiny Q4_K_M on cpu: down by 10 %"))
        #expect(try page(run).contains("6 would"))
    }

    @Test func aNumberThatIsNotFiniteIsAnErrorThatNamesItsPlace() {
        var latency = speedRun()
        latency.throughput?[0].latency?.p99 = .nan
        var repetition = speedRun()
        repetition.throughput?[1].repetitions?["decode_rate"]?[2] = .infinity
        var device = speedRun()
        device.speedSetups?[0].device?.bytesPerSecond = .infinity
        for (run, place) in [
            (latency, "throughput[0].latency_milliseconds.p99"),
            (repetition, "throughput[1].repetitions.decode_rate"),
            (device, "speed_setups[0].device.bytes_per_second"),
        ] {
            let error = #expect(throws: ReportError.self) { try HTMLReport.render(run) }
            #expect(error?.description.contains(place) == true)
        }
    }

    private var schemaURL: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/report.schema.json")
    }
}
