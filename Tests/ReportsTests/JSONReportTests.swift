import Foundation
import LabCore
import Reports
import Testing

@Suite struct JSONReportTests {
    @Test(arguments: [
        sampleRun(), sampleRun(limit: 2), hostileRun(), emptyRun(), fidelityRun(), fidelityRun(.needsMore),
        fidelityRun(.exact, source: .lockstep, hasFloor: false), hostileFidelityRun(), olderRun(),
        generationRun(), payloadRun(), promptRun(), regressedRun(), incomparableRun(), hostileRegressionRun(),
        consistencyRun(),
    ])
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

    @Test func gatesSayWhatTheyRestOn() throws {
        let evidence = try JSONValue(JSONReport.render(fidelityRun()))["verdicts"]?[0]?["evidence"]
        #expect(evidence?["basis"] == .string("sequential"))
        #expect(evidence?["chunks_used"] == .number(41))
        #expect(evidence?["chunks_available"] == .number(592))
        #expect(evidence?["alpha"] == .number(0.01))
        #expect(evidence?["interval"] == .object(["low": .number(1.2), "high": .number(4.41), "level": .number(0.98)]))
        #expect(evidence?["clip"] == .object(["low": .number(-9.2971), "high": .number(21.5506)]))
        #expect(evidence?["minimum_detectable_effect"] == .number(0.314))
        #expect(evidence?["needed_chunks"] == .null)
        let open = try JSONValue(JSONReport.render(fidelityRun(.needsMore)))["verdicts"]?[0]?["evidence"]
        #expect(open?["basis"] == .string("interval"))
        #expect(open?["clip"] == .null)
        #expect(open?["needed_chunks"] == .number(480))
        let exact = try JSONValue(JSONReport.render(fidelityRun(.exact)))["verdicts"]
        #expect(exact?[0]?["evidence"]?["interval"] == .null)
        #expect(exact?[2]?["evidence"] == .null)
    }

    @Test func fidelityIsGivenInFull() throws {
        let report = try JSONValue(JSONReport.render(fidelityRun()))
        let fidelity = report["fidelity"]?[0]
        #expect(fidelity?["source"] == .string("pack"))
        #expect(fidelity?["positions"] == .number(14_592))
        #expect(fidelity?["kl_standard_error_nats"] == .number(0.000118))
        #expect(fidelity?["floor"]?["kl_mean_nats"] == .number(1.7e-7))
        #expect(fidelity?["floor"]?["top1_agreement_percent"] == .number(99.98))
        #expect(fidelity?["floor"]?["micro_batches"] == .array([.number(512), .number(128)]))
        #expect(fidelity?["flips"]?["mcnemar_p"] == .number(1.4e-5))
        #expect(fidelity?["pack"]?["id"] == .string(Digest(of: "pack").hex))
        #expect(fidelity?["pack"]?["top_count"] == .number(128))
        #expect(fidelity?["pack"]?["share_of_logits_percent"] == .number(0.2917))
        #expect(fidelity?["worst"]?[0]?["kl_nats"] == .number(9.123))
        #expect(fidelity?["worst"]?[2]?["context"] == .string(hostileText))
        #expect(fidelity?["worst"]?[3]?["parent_choice"] == .string("\u{A0}"))
        #expect(report["paired_series"]?[1]?["points"]?[0]?["kl_mean"] == .number(0.041))
        #expect(report["paired_series"]?[1]?["points"]?[0]?["top1_agreement"] == .number(0.9375))
        #expect(report["paired_series"]?[0]?["points"]?[0]?["kl_mean"] == .null)
        #expect(report["measurements"]?[0]?["unscored"] == .number(0))
        #expect(report["reuse"]?["changes"] == .array([]))
        let lockstep = fidelityRun(source: .lockstep, hasFloor: false)
        let other = try JSONValue(JSONReport.render(lockstep))["fidelity"]?[0]
        #expect(other?["pack"] == .null)
        #expect(other?["floor"] == .null)
    }

    @Test func whatAnOlderLabDidNotKeepIsNull() throws {
        let report = try JSONValue(JSONReport.render(olderRun()))
        #expect(report["fidelity"] == .array([]))
        #expect(report["reuse"]?["changes"] == .null)
        #expect(report["measurements"]?[0]?["unscored"] == .null)
        #expect(report["measurements"]?[0]?["samples_sha256"] == .null)
        #expect(report["verdicts"]?[0]?["evidence"] == .null)
        #expect(report["regression"] == .null)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func aNumberThatIsNotFiniteIsAnErrorThatNamesItsPlace(value: Double) throws {
        var inMeasurement = sampleRun()
        inMeasurement.measurements[2].interval?.high = value
        var inSeries = sampleRun()
        inSeries.pairedSeries[0].points[1].candidate = value
        var inEvidence = fidelityRun()
        inEvidence.verdicts[1].evidence?.clip?.high = value
        var inFloor = fidelityRun()
        inFloor.fidelity?[0].floor?.klMaxNats = value
        var inToken = fidelityRun()
        inToken.fidelity?[0].worst[3].token.parentNats = value
        var inDivergence = fidelityRun()
        inDivergence.pairedSeries[1].points[0].klMean = value
        for (run, field) in [
            (inEvidence, "verdicts[1].evidence.clip.high"), (inFloor, "fidelity[0].floor.kl_max_nats"),
            (inToken, "fidelity[0].worst[3].parent_nats"), (inDivergence, "paired_series[1].points[0].kl_mean"),
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
