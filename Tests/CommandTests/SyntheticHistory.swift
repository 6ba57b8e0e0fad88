import Foundation
import History
import LabCore

/// A history of runs that were never made, as large as real ones: what sites and their speed are tested with.
enum SyntheticHistory {
    /// Writes runs of three models in two suites, one an hour, with as many chunks as a gate that stops early spends,
    /// and every tenth run the whole of WikiText-2.
    static func write(_ count: Int, to file: URL, from first: Int = 0) throws {
        let history = try History(at: file)
        for index in first..<first + count { try history.record(run(index)) }
    }

    static func run(_ index: Int) -> RunRecord {
        let model = ["pajama-tiny", "SmolLM2-135M", "Qwen3-8B"][index % 3]
        let (suite, recipe) = index % 2 == 0 ? ("balanced", "Q4_K_M") : ("ultra", "Q3_K_M")
        let (parent, candidate) = ("store/\(model)-BF16.gguf", "store/\(model)-\(recipe).gguf")
        let chunks = index % 10 == 0 ? 592 : 30 + index % 40
        let wave = 0.002 * sin(Double(index) * 1.7) + (index > 600 ? 0.012 : 0) + (index % 9 == 4 ? 0.03 : 0)
        let mean = 0.025 + wave
        let percent = 100 * expm1(mean)
        let hasPassed = percent < 5
        let points = (0..<chunks).map { chunk in
            let level = 2.4 + 0.3 * sin(Double(chunk) * 0.83)
            return PairedSeries.Point(
                index: chunk, sample: Digest(of: "chunk \(chunk)"), parent: level,
                candidate: level + mean + 0.03 * sin(Double(chunk) * 2.1), klMean: 0.03 + 0.01 * sin(Double(chunk)),
                topAgreement: 0.92)
        }
        func value(_ artifact: String, _ evaluation: String, _ metric: MetricDefinition, _ value: Double)
            -> LabCore.Measurement
        {
            LabCore.Measurement(
                artifact: artifact, backend: "cpu", evaluation: evaluation, metric: metric, value: value, n: chunks,
                interval: Interval(low: value - 0.1 * abs(value), high: value + 0.1 * abs(value), level: 0.95),
                cached: false)
        }
        func gate(_ evaluation: String, _ metric: MetricDefinition, _ value: Double, _ limit: Double) -> Verdict {
            Verdict(
                evaluation: evaluation, backend: "cpu", artifact: candidate, metric: metric.name,
                status: value < limit ? .pass : .fail, value: value, threshold: Threshold(metric: metric, limit: limit),
                reason: "\(value) on \(chunks) chunks",
                evidence: GateEvidence(
                    basis: chunks == 592 ? .exact : .sequential, chunksUsed: chunks, chunksAvailable: 592, alpha: 0.01,
                    interval: Interval(low: 0.5 * value, high: 1.5 * value, level: 0.98)))
        }
        let worst = (0..<10).map { rank in
            FidelityRecord.WorstToken(
                chunk: rank * 7,
                token: DivergentToken(
                    position: 300 + rank, klNats: 9 - 0.5 * Double(rank),
                    context: "the text before the token, some sixty characters of it, as it is", token: " Paris",
                    parentChoice: " Paris", candidateChoice: " the", parentNats: 0.1, candidateNats: 7.5))
        }
        let artifacts = [("BF16", parent, 16.0), (recipe, candidate, 4.9)].map { recipe, path, bits in
            ArtifactRecord(
                path: path, format: "gguf", recipe: recipe, role: path == parent ? .parent : .candidate,
                bytes: 100_000_000, bitsPerWeight: bits, sha256: Digest(of: "\(path) \(index / 50)"), model: model,
                source: Digest(of: model),
                tensors: path == parent
                    ? nil
                    : ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"].map {
                        TensorGroup(
                            name: "\($0).weight", type: $0 == "attn_v" ? "Q6_K" : "Q4_K", elements: 1_048_576,
                            bytes: 589_824, blocks: Array(0..<36))
                    })
        }
        let series = ["perplexity", "fidelity"].map {
            PairedSeries(evaluation: $0, backend: "cpu", artifact: candidate, points: points)
        }
        let started = Date(timeIntervalSince1970: 1_790_000_000 + 3600 * Double(index))
        return RunRecord(
            id: "2026-\(String(format: "%06d", index))-3f9c1a", startedAt: started, durationSeconds: 42,
            command: "./lab run suites/\(suite)", suite: SuiteReference(name: suite, sha256: Digest(of: suite)),
            verdict: hasPassed ? .pass : .fail, artifacts: artifacts,
            measurements: [
                value(parent, "perplexity", .perplexity, 11), value(candidate, "perplexity", .perplexity, 11.3),
                value(candidate, "perplexity", .perplexityIncrease, percent),
                value(candidate, "perplexity", .logRatio, mean),
                value(candidate, "fidelity", .klMean, 0.03), value(candidate, "fidelity", .klMeanExcess, 0.03 + wave),
                value(candidate, "fidelity", .klMedian, 0.01), value(candidate, "fidelity", .klP99, 0.4),
                value(candidate, "fidelity", .klMax, 9), value(candidate, "fidelity", .topAgreement, 92),
            ],
            verdicts: [
                gate("perplexity", .perplexityIncrease, percent, 5), gate("fidelity", .klMeanExcess, 0.03 + wave, 0.08),
            ],
            pairedSeries: series,
            fidelity: [
                FidelityRecord(
                    evaluation: "fidelity", backend: "cpu", artifact: candidate, source: .pack,
                    positions: 255 * chunks, klStandardErrorNats: 0.0001,
                    floor: .init(
                        klMeanNats: 1e-7, klMaxNats: 1e-5, topAgreementPercent: 99.98, chunks: 8,
                        microBatches: [512, 128]),
                    flips: .init(onlyParentRight: 412, onlyCandidateRight: 296, mcNemarP: 1e-5), pack: nil, worst: worst
                )
            ],
            datasets: [
                DatasetRecord(name: "wikitext2", sha256: Digest(of: "text"), chunks: chunks, chunksAvailable: 592)
            ],
            engine: EngineRecord(build: "b11434-0123456789ab", libraries: ["libllama.so": Digest(of: "library")]),
            machine: MachineRecord(
                system: "Debian GNU/Linux 12, x86_64", processor: "AMD EPYC", device: "x86_64 avx2", threads: 2,
                memoryBytes: 8_000_000_000),
            reuse: ReuseRecord(samplesComputed: chunks, samplesReused: 0, artifactsBuilt: 0, artifactsReused: 2))
    }
}
