import LabCore
import Reports
import Testing

@Suite struct JUnitSchemaTests {
    @Test(arguments: [
        sampleRun(), sampleRun(limit: 2), hostileRun(), emptyRun(), fidelityRun(.needsMore), fidelityRun(.exact),
        hostileFidelityRun(), olderRun(), generationRun(), payloadRun(), regressedRun(), heldRun(), incomparableRun(),
        hostileRegressionRun(),
    ])
    func theReportFollowsTheCommonSchema(run: RunRecord) throws {
        let outline = try #require(XMLOutline(JUnitReport.render(run)))
        #expect(JUnitSchema.violations(in: outline) == [])
    }

    /// What `lab gate --junit` writes: one that passes, one that fails, one that the evidence does not decide, and one of
    /// which the reference measured more.
    @Test(arguments: [
        (gateOutcome(lost: 0), VerdictStatus.pass, 0, 0), (gateOutcome(lost: 0.05), .fail, 1, 0),
        (undecidedOutcome(), .inconclusive, 1, 0), (gateOutcome(lost: 0, hasMissing: true), .pass, 0, 1),
        (gateOutcome(lost: 0.05, hasReference: false), .pass, 0, 0),
    ])
    func theOutcomeOfAGateFollowsTheCommonSchema(
        outcome: GateOutcome, verdict: VerdictStatus, failures: Int, skipped: Int
    ) throws {
        #expect(outcome.verdict == verdict)
        let outline = try #require(XMLOutline(JUnitReport.render(outcome.record)))
        #expect(JUnitSchema.violations(in: outline) == [])
        #expect(outline.elements.first?.attributes["failures"] == String(failures))
        #expect(outline.all("failure").count == failures)
        #expect(outline.all("skipped").count == skipped)
        #expect(outline.all("failure").allSatisfy { $0.attributes["type"] == verdict.rawValue })
    }

    @Test(arguments: [
        ("<testsuites skipped='1'/>", "testsuites: skipped is no attribute of it"),
        ("<testsuites><testcase name='a'/></testsuites>", "testcase: may not stand in testsuites"),
        ("<testsuites><testsuite name='a' tests='0' failures='0'/></testsuites>", "testsuite: errors is missing"),
        ("<testsuites time='1e3'/>", "testsuites: time 1e3"), ("<testsuites>x</testsuites>", "testsuites: holds text"),
        ("<report/>", "the root is no testsuites"),
    ])
    func aDepartureFromTheSchemaIsSeen(text: String, violation: String) throws {
        #expect(JUnitSchema.violations(in: try #require(XMLOutline(text))).contains(violation))
    }
}
