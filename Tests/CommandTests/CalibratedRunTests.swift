import Foundation
import Testing

@Suite("lab run of a suite with a calibration", .serialized)
struct CalibratedRunTests {
    private let lab: LabCommand

    init() throws { lab = try LabCommand() }

    /// A suite of Q2_K, calibrated on one of the embedded model's texts.
    private func suite(calibratedOn text: String) throws -> String {
        let model = LabCommand.model.path
        let file = lab.folder.appendingPathComponent("suite.yaml")
        try Data(
            """
            version: 1
            name: calibrated
            summary: Q2_K with an importance matrix.
            model: \(model)
            recipe: Q2_K
            calibration:
              dataset:
                name: some-text
                path: \(model)/heldout/\(text)
              windows: 4
            backends:
              - name: cpu
            evaluations:
              - name: perplexity
                evaluator: perplexity
                dataset:
                  name: pajama-heldout
                  path: \(model)/heldout/text.txt
                limit: 8
                gates:
                  - metric: perplexity_increase
                    below: 40
                    unit: percent
            """.utf8
        ).write(to: file)
        return file.path
    }

    @Test("the candidate is made with the matrix, which the reports name, and neither is made twice")
    func calibrated() throws {
        let suite = try suite(calibratedOn: "calibration.txt")
        // Without a matrix Q2_K is 52 % above its parent on the whole text.
        let first = try lab.run(suite)
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        #expect(first.output.contains("importance matrix of 4 windows of some-text"))
        let report = try lab.report()
        #expect(report.artifacts.map(\.recipe) == ["BF16", "Q2_K-imatrix"])
        #expect(report.artifacts.map { $0.calibration?.windows } == [nil, 4])
        #expect(report.artifacts.last?.calibration?.datasets == ["some-text"])
        let page = try String(contentsOf: lab.reports.appendingPathComponent("latest/report.html"), encoding: .utf8)
        #expect(page.contains("windows of some-text"))

        let second = try lab.run(suite)
        #expect(second.status == 0, "\(second.errors)")
        #expect(!second.errors.contains("calibrate"))
        #expect(try lab.report().reuse.artifactsBuilt == 0)
    }

    @Test("calibrating on the text that is measured is refused")
    func onTheSameText() throws {
        let result = try lab.run(try suite(calibratedOn: "text.txt"))
        #expect(result.status == 2)
        #expect(result.errors.contains("measured on"))
    }
}
