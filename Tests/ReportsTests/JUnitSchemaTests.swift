import LabCore
import Reports
import Testing

@Suite struct JUnitSchemaTests {
    @Test(arguments: [
        sampleRun(), sampleRun(limit: 2), hostileRun(), emptyRun(), fidelityRun(.needsMore), fidelityRun(.exact),
        hostileFidelityRun(), olderRun(), generationRun(),
    ])
    func theReportFollowsTheCommonSchema(run: RunRecord) throws {
        let outline = try #require(XMLOutline(JUnitReport.render(run)))
        #expect(JUnitSchema.violations(in: outline) == [])
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
