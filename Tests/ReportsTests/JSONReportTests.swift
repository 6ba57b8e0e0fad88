import Foundation
import LabCore
import Reports
import Testing

@Suite struct JSONReportTests {
    @Test(arguments: [sampleRun(), sampleRun(limit: 2), hostileRun(), emptyRun()])
    func theReportFollowsTheDocumentedSchema(run: RunRecord) throws {
        let schema = try JSONValue(Data(contentsOf: schemaURL))
        let report = try JSONValue(JSONReport.render(run))
        #expect(schema.violations(in: report) == [])
    }

    @Test func theSameRunGivesTheSameBytes() throws {
        #expect(try JSONReport.render(sampleRun()) == JSONReport.render(sampleRun()))
    }

    @Test func numbersArriveUnrounded() throws {
        let report = try JSONValue(JSONReport.render(sampleRun()))
        let measurement = report["measurements"]?[2]
        #expect(measurement?["value"] == .number(2.5315120524428858))
        #expect(measurement?["interval"]?["low"] == .number(-15.26))
        #expect(measurement?["cached"] == .bool(false))
        #expect(report["started_at"] == .string("2026-11-22T22:35:00Z"))
        #expect(report["artifacts"]?[1]?["bits_per_weight"] == .number(5.0078125))
        #expect(report["paired_series"]?[0]?["points"]?[1]?["candidate"] == .number(2.04))
    }

    @Test(arguments: [(5.0, true), (2.0, false)])
    func theValidationBlockComparesCandidateAndParent(limit: Double, pass: Bool) throws {
        let validation = try JSONValue(JSONReport.render(sampleRun(limit: limit)))["validation"]
        #expect(validation?["perplexity"]?["baseline"] == .number(6.359819522601832))
        #expect(validation?["perplexity"]?["quantized"] == .number(6.520819123300634))
        #expect(validation?["perplexity"]?["increase_pct"] == .number(2.5315120524428858))
        #expect(validation?["perplexity"]?["threshold"] == .number(limit))
        #expect(validation?["perplexity"]?["pass"] == .bool(pass))
        #expect(validation?["samples"] == .array([]))
    }

    @Test func whatWasNotMeasuredIsNull() throws {
        let report = try JSONValue(JSONReport.render(emptyRun()))
        #expect(report["validation"]?["perplexity"] == .null)
        #expect(report["engine"] == .null)
        let skipped = try JSONValue(JSONReport.render(sampleRun()))["verdicts"]?[1]
        for field in ["artifact", "metric", "value", "threshold", "unit", "polarity"] {
            #expect(skipped?[field] == .null, "\(field)")
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func aNumberThatIsNotFiniteIsAnErrorThatNamesItsPlace(value: Double) throws {
        var inMeasurement = sampleRun()
        inMeasurement.measurements[2].interval?.high = value
        var inSeries = sampleRun()
        inSeries.pairedSeries[0].points[1].candidate = value
        for (run, field) in [
            (inMeasurement, "measurements[2].interval.high"), (inSeries, "paired_series[0].points[1].candidate"),
        ] {
            let json = #expect(throws: ReportError.self) { try JSONReport.render(run) }
            #expect(json?.description.contains(field) == true)
            #expect(throws: ReportError.self) { try HTMLReport.render(run) }
        }
    }

    private var schemaURL: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/report.schema.json")
    }
}

/// A run in which nothing was measured.
func emptyRun() -> RunRecord {
    var run = sampleRun()
    run.verdict = .inconclusive
    (run.artifacts, run.measurements, run.verdicts, run.pairedSeries, run.datasets) = ([], [], [], [], [])
    run.engine = nil
    return run
}
