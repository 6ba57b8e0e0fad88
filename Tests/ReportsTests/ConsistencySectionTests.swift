import Foundation
import LabCore
import Reports
import Testing

/// A run that held an RPC device and an MLX folder against the CPU.
func consistencyRun() -> RunRecord {
    var run = sampleRun()
    run.suite.name = "consistency"
    let cpu = ConsistencyRecord.Side(backend: "cpu", artifact: candidatePath)
    var floor = ConsistencyRecord(evaluation: "predictions", side: cpu, reference: nil)
    floor.predictionsFloor = .init(
        klMeanNats: 1.2e-5, klMaxNats: 0.004, topAgreementPercent: 99.95, logitDifferenceMaxNats: 0.031, windows: 8)
    floor.variation = .init(microBatch: 100, threads: 1)
    var predictions = ConsistencyRecord(
        evaluation: "predictions", side: .init(backend: "rpc:127.0.0.1:50052", artifact: candidatePath),
        reference: cpu)
    predictions.predictions = .init(
        klMeanNats: 0.0123, klMaxNats: 1.5, topAgreementPercent: 97.5, logitDifferenceMaxNats: 4.25, windows: 24)
    predictions.predictionsFloor = floor.predictionsFloor
    predictions.variation = floor.variation
    predictions.tokenizedDifferently = 2
    var texts = ConsistencyRecord(
        evaluation: "texts", side: .init(backend: "mlx", artifact: candidatePath), reference: cpu)
    texts.texts = .init(exactPercent: 50, similarityPercent: 93.75, firstDivergence: 3, texts: 300)
    texts.textsFloor = .init(exactPercent: 100, similarityPercent: 100, firstDivergence: nil, texts: 300)
    texts.variation = .init(microBatch: 100, threads: 1, parallelSequences: 8)
    texts.renderedDifferently = 1
    texts.differences = [
        .init(prompt: "Markup?", reference: "one two", other: "one <img src=x onerror=alert(1)>", firstDivergence: 3)
    ]
    run.consistency = [floor, predictions, texts]
    return run
}

@Suite("Backends beside each other in reports")
struct ConsistencySectionTests {
    private func page(_ run: RunRecord) throws -> String {
        try HTMLReport.render(run).replacingOccurrences(of: "\u{A0}", with: " ")
    }

    @Test("each comparison is a row beside the backend's own floor")
    func rows() throws {
        let html = try page(consistencyRun())
        #expect(html.contains("Backends beside each other"))
        #expect(html.contains("against Q4_K_M on cpu"))
        #expect(html.components(separatedBy: "against itself, computed otherwise").count == 1 + 3)
        for value in ["0.0123", "97.5 %", "4.25", "93.8 %", "50.0 %", "token 3", "nowhere"] {
            #expect(html.contains("<span>\(value)</span>"), "\(value)")
        }
        #expect(html.contains("with 100 tokens at a time, 1 thread, 8 sequences at a time"))
    }

    @Test("other tokens are a finding of their own, and say whose fault it is")
    func flaws() throws {
        let html = try page(consistencyRun())
        #expect(html.contains("make different tokens of 2 windows: their tokenizers differ"))
        #expect(html.contains("make different texts of 1 prompt: their chat templates differ"))
        var sound = consistencyRun()
        sound.consistency?[1].tokenizedDifferently = 0
        sound.consistency?[2].renderedDifferently = 0
        #expect(try !page(sound).contains("Not the same tokens"))
    }

    @Test("they are in the terminal's report and in the summary of a pull request too")
    func flawsElsewhere() throws {
        for text in try [TerminalReport.render(consistencyRun(), width: 400), MarkdownReport.render(consistencyRun())] {
            #expect(text.contains("their tokenizers differ"))
            #expect(text.contains("their chat templates differ"))
        }
    }

    @Test("the tokens that differ most are shown under the names of both sides")
    func worst() throws {
        var run = consistencyRun()
        run.consistency?[1].worst = [
            FidelityRecord.WorstToken(
                chunk: 3,
                token: DivergentToken(
                    position: 300, klNats: 1.5, context: "the cat sat on the", token: " mat", parentChoice: " mat",
                    candidateChoice: " hat", parentNats: 0.5, candidateNats: 3))
        ]
        let html = try page(run)
        #expect(html.contains("Where Q4_K_M on rpc:127.0.0.1:50052 differs most"))
        #expect(html.contains("Q4_K_M on cpu</bdi> expects"))
        #expect(html.contains("chunk 3, token 300"))
        // exp(-0.5) and exp(-3).
        #expect(html.contains("CPU 60.7 %") && html.contains("here 5.0 %"), "\(html)")
    }

    @Test("texts that part stand side by side, without their markup")
    func texts() throws {
        let html = try page(consistencyRun())
        #expect(html.contains("The same for 3 tokens"))
        #expect(!html.contains("<img src=x"))
        #expect(XMLOutline(try HTMLReport.render(consistencyRun())) != nil)
    }

    @Test("a sentence names what a backend was held against, and not the parent")
    func sentence() throws {
        var run = consistencyRun()
        run.verdicts = [
            Verdict(
                evaluation: "predictions", backend: "rpc:127.0.0.1:50052", artifact: candidatePath,
                metric: MetricDefinition.klMean.name, status: .fail, value: 0.0123,
                threshold: Threshold(metric: .klMean, limit: 0.001), reason: "")
        ]
        run.verdict = .fail
        let sentence = Headline(run).sentence
        #expect(sentence.contains("Q4_K_M on rpc:127.0.0.1:50052 diverges from Q4_K_M on cpu by 0.0123"), "\(sentence)")
        #expect(!sentence.contains("parent"))
    }

    @Test("a run that compared nothing has no such section")
    func none() throws {
        #expect(try !page(sampleRun()).contains("Backends beside each other"))
    }

    @Test("report.json has every field, and refuses what is no number")
    func json() throws {
        let report = try #require(
            JSONSerialization.jsonObject(with: JSONReport.render(consistencyRun())) as? [String: Any])
        let entries = try #require(report["consistency"] as? [[String: Any]])
        #expect(entries.count == 3)
        #expect(entries[0]["reference"] is NSNull && entries[0]["predictions"] is NSNull)
        #expect((entries[1]["predictions"] as? [String: Any])?["logit_difference_max_nats"] as? Double == 4.25)
        #expect((entries[2]["texts_floor"] as? [String: Any])?["first_divergence"] is NSNull)
        var broken = consistencyRun()
        broken.consistency?[1].predictions?.klMeanNats = .nan
        #expect(throws: ReportError.self) { try JSONReport.render(broken) }
    }
}
