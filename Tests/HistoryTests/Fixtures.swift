import Foundation
import LabCore

/// A directory that is gone after the test.
struct TemporaryDirectory: ~Copyable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    var history: URL { url.appending(path: "history.sqlite") }
}

func conditions(_ artifact: String = "parent", evaluator: String = "perplexity/1") -> SampleConditions {
    SampleConditions(
        artifact: Digest(of: artifact), evaluator: evaluator, parameters: ["n_ctx": "512"],
        engine: "b11434-0123456789ab", backend: "cpu", device: "x86_64 avx2")
}

func sample(_ index: Int) -> Digest { Digest(of: "chunk \(index)") }

func run(
    _ id: String, minute: Double = 0, suite: String = "balanced", verdict: VerdictStatus = .pass
) -> RunRecord {
    let parent = "store/parent.gguf"
    let candidate = "store/candidate.gguf"
    let threshold = Threshold(metric: .perplexityIncrease, limit: 5)
    return RunRecord(
        id: id, startedAt: Date(timeIntervalSince1970: 1_795_386_900.25 + 60 * minute), durationSeconds: 0.1 + 0.2,
        command: "lab run suites/\(suite)", suite: SuiteReference(name: suite, sha256: Digest(of: suite)),
        verdict: verdict,
        artifacts: [
            ArtifactRecord(
                path: parent, format: "gguf", recipe: "BF16", role: .parent, bytes: 6_700_000, bitsPerWeight: 16,
                sha256: Digest(of: "parent"), model: "pajama-tiny", source: Digest(of: "checkpoint")),
            ArtifactRecord(
                path: candidate, format: "gguf", recipe: "Q4_K_M", role: .candidate, bytes: 2_100_000,
                bitsPerWeight: 5.0078125, sha256: Digest(of: "candidate"), model: "pajama-tiny", source: nil),
        ],
        measurements: [
            Measurement(
                artifact: candidate, backend: "cpu", evaluation: "perplexity", metric: .perplexityIncrease,
                value: 1.23, n: 2, interval: Interval(low: 0.61, high: 1.85, level: 0.95), cached: false)
        ],
        verdicts: [
            Verdict(
                evaluation: "perplexity", backend: "cpu", artifact: candidate, metric: "perplexity_increase",
                status: verdict, value: 1.23, threshold: threshold, reason: "1.23 percent")
        ],
        pairedSeries: [
            PairedSeries(
                evaluation: "perplexity", backend: "cpu", artifact: candidate,
                points: [.init(index: 0, sample: sample(0), parent: 1.7, candidate: 1.7123456789012345)])
        ],
        datasets: [DatasetRecord(name: "heldout", sha256: Digest(of: "text"), chunks: 2, chunksAvailable: 2)],
        engine: EngineRecord(build: "b11434-0123456789ab", libraries: ["libllama.so": Digest(of: "library")]),
        machine: MachineRecord(
            system: "Linux", processor: "a processor", device: "x86_64 avx2", threads: 2, memoryBytes: 8 << 30),
        reuse: ReuseRecord(samplesComputed: 2, samplesReused: 2, artifactsBuilt: 1, artifactsReused: 1))
}
