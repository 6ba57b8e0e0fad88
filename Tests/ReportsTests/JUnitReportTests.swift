import LabCore
import Reports
import Testing

@Suite struct JUnitReportTests {
    @Test func eachEvaluationAndBackendIsASuiteAndEachVerdictACase() throws {
        let outline = try #require(XMLOutline(JUnitReport.render(sampleRun())))
        #expect(outline.all("testsuite").map { $0.attributes["name"] } == ["perplexity on cpu", "perplexity on cuda"])
        #expect(
            outline.all("testcase").map { $0.attributes["name"] } == ["Q4_K_M perplexity increase < 5 %", "perplexity"])
        let totals = outline.all("testsuites")[0].attributes
        #expect(totals["tests"] == "2")
        #expect(totals["failures"] == "0")
        #expect(totals["skipped"] == nil)
        #expect(outline.all("skipped").map { $0.attributes["message"] } == ["no CUDA device on this machine"])
    }

    @Test(arguments: [VerdictStatus.fail, .infeasible, .inconclusive])
    func everythingButPassAndSkipIsAFailureOfItsType(status: VerdictStatus) throws {
        var run = sampleRun()
        run.verdicts[0].status = status
        run.verdict = status
        let outline = try #require(XMLOutline(JUnitReport.render(run)))
        let failures = outline.all("failure")
        #expect(failures.map { $0.attributes["type"] } == [status.rawValue])
        #expect(failures[0].attributes["message"] == "2.532 percent on all 2 chunks")
        #expect(failures[0].text == "measured +2.53 %, limit < 5 %")
        #expect(outline.all("testsuites")[0].attributes["failures"] == "1")
    }

    @Test(arguments: [
        (GateEnding.earlyFail, "measured +11.25 %, limit < 5 %; stopped after 9 of 592 chunks, 98 % saved"),
        (.needsMore, "measured +4.75 %, limit < 5 %; on 41 of 592 chunks"),
    ])
    func messagesCarryTheChunksSpent(ending: GateEnding, message: String) throws {
        let outline = try #require(XMLOutline(JUnitReport.render(fidelityRun(ending))))
        let failures = outline.all("failure")
        #expect(failures.map { $0.attributes["message"] } == [message])
        #expect(failures[0].text.hasPrefix("what the gate found; "))
        #expect(failures[0].text.contains("smallest detectable change"))
    }

    @Test func aPassSaysInItsOutputWhatItTook() throws {
        let outline = try #require(XMLOutline(JUnitReport.render(fidelityRun(.exact))))
        let outputs = outline.all("system-out").map(\.text)
        #expect(outputs.count == 2)
        #expect(outputs[0].hasPrefix("measured +2.53 %, limit < 5 %; on all 592 chunks; what the gate found; "))
        #expect(outputs[1].contains("stopped after 57 of 592 chunks, 90 % saved"))
    }

    @Test func skipsAloneAreNoGreenReport() throws {
        var run = sampleRun()
        run.verdicts.removeFirst()
        run.verdict = .inconclusive
        for run in [run, emptyRun()] {
            let outline = try #require(XMLOutline(JUnitReport.render(run)))
            #expect(outline.all("failure").map { $0.attributes["type"] } == ["inconclusive"])
        }
    }

    @Test func hostileTextStaysText() throws {
        let text = JUnitReport.render(hostileRun())
        let outline = try #require(XMLOutline(text))
        #expect(Set(outline.elements.map(\.name)) == ["testsuites", "testsuite", "testcase", "skipped"])
        #expect(!hasHarmfulCharacter(text))
        #expect(outline.all("skipped")[0].attributes["message"]?.contains("<script>alert(1)</script>") == true)
    }
}
