import Foundation
import LabCore

let parentPath = "store/pajama-tiny-BF16.gguf"
let candidatePath = "store/pajama-tiny-Q4_K_M.gguf"

/// Two chunks with differences of 0.01 and 0.04 nats per token, so by hand: mean 0.025, increase
/// 100 x (e^0.025 - 1) = 2.5315 %, perplexities e^1.85 = 6.3598 and e^1.875 = 6.5208.
func sampleRun(limit: Double = 5) -> RunRecord {
    let threshold = Threshold(metric: .perplexityIncrease, limit: limit)
    let status: VerdictStatus = 2.5315 < limit ? .pass : .fail
    let measured = { (artifact: String, metric: MetricDefinition, value: Double, interval: Interval, cached: Bool) in
        LabCore.Measurement(
            artifact: artifact, backend: "cpu", evaluation: "perplexity", metric: metric, value: value, n: 2,
            interval: interval, cached: cached)
    }
    return RunRecord(
        id: "20261122-223500-3f9c1a", startedAt: Date(timeIntervalSince1970: 1_795_386_900), durationSeconds: 83.4,
        command: "lab run suites/balanced", suite: SuiteReference(name: "balanced", sha256: Digest(of: "suite")),
        verdict: status,
        artifacts: [
            ArtifactRecord(
                path: parentPath, format: "gguf", recipe: "BF16", role: .parent, bytes: 6_700_000,
                bitsPerWeight: 16.004, sha256: Digest(of: "parent"), model: "pajama-tiny",
                source: Digest(of: "checkpoint")),
            ArtifactRecord(
                path: candidatePath, format: "gguf", recipe: "Q4_K_M", role: .candidate, bytes: 2_144_000,
                bitsPerWeight: 5.0078125, sha256: Digest(of: "candidate"), model: "pajama-tiny",
                source: Digest(of: "checkpoint")),
        ],
        measurements: [
            measured(parentPath, .perplexity, 6.359819522601832, Interval(low: 1, high: 40.5, level: 0.95), true),
            measured(candidatePath, .perplexity, 6.520819123300634, Interval(low: 1.25, high: 34, level: 0.95), false),
            measured(
                candidatePath, .perplexityIncrease, 2.5315120524428858, Interval(low: -15.26, high: 24.06, level: 0.95),
                false),
        ],
        verdicts: [
            Verdict(
                evaluation: "perplexity", backend: "cpu", artifact: candidatePath, metric: "perplexity_increase",
                status: status, value: 2.5315120524428858, threshold: threshold,
                reason: "2.532 percent on all 2 chunks"),
            Verdict(
                evaluation: "perplexity", backend: "cuda", artifact: nil, metric: nil, status: .skipped, value: nil,
                threshold: nil, reason: "no CUDA device on this machine"),
        ],
        pairedSeries: [
            PairedSeries(
                evaluation: "perplexity", backend: "cpu", artifact: candidatePath,
                points: [
                    .init(index: 0, sample: Digest(of: "0"), parent: 1.7, candidate: 1.71),
                    .init(index: 1, sample: Digest(of: "1"), parent: 2.0, candidate: 2.04),
                ])
        ],
        datasets: [DatasetRecord(name: "heldout", sha256: Digest(of: "text"), chunks: 2, chunksAvailable: 64)],
        engine: EngineRecord(build: "b11434-0123456789ab", libraries: ["libllama.so": Digest(of: "library")]),
        machine: MachineRecord(
            system: "Linux", processor: "a processor", device: "x86_64 avx2", threads: 2, memoryBytes: 8_000_000_000),
        reuse: ReuseRecord(samplesComputed: 2, samplesReused: 2, artifactsBuilt: 1, artifactsReused: 1))
}

/// Text that would do harm wherever it is not escaped: markup, quotes (one hidden under a combining accent),
/// template tags, terminal sequences, characters that XML forbids, directional overrides.
let hostileText =
    "</style><script>alert(1)</script>\"' onload=\"x \"\u{301} {{title}} {{{gauge}}} & ]]> \u{1B}[2J\u{0}\u{7}\r\n\u{202E}fdp\u{2066}\u{FFFE}"

/// A run in which every text is hostile.
func hostileRun() -> RunRecord {
    var run = sampleRun()
    run.id = hostileText
    run.command = hostileText
    run.suite.name = hostileText
    for index in run.artifacts.indices {
        run.artifacts[index].path = "\(index)/\(hostileText)"
        run.artifacts[index].format = hostileText
        run.artifacts[index].recipe = "\(index)\(hostileText)"
        run.artifacts[index].model = hostileText
    }
    for index in run.measurements.indices {
        run.measurements[index].artifact = run.artifacts[index == 0 ? 0 : 1].path
        run.measurements[index].backend = hostileText
        run.measurements[index].evaluation = hostileText
    }
    run.measurements[0].metric = hostileText
    run.measurements[0].unit = hostileText
    for index in run.verdicts.indices {
        run.verdicts[index].backend = hostileText
        run.verdicts[index].evaluation = hostileText
        run.verdicts[index].reason = hostileText
    }
    run.verdicts[0].artifact = run.artifacts[1].path
    run.verdicts[1].metric = hostileText
    run.pairedSeries[0].artifact = run.artifacts[1].path
    run.pairedSeries[0].backend = hostileText
    run.pairedSeries[0].evaluation = hostileText
    run.datasets[0].name = hostileText
    run.engine = EngineRecord(build: hostileText, libraries: [hostileText: Digest(of: "library")])
    run.machine.system = hostileText
    run.machine.processor = hostileText
    run.machine.device = hostileText
    return run
}

/// Whether a text holds a character that could drive a terminal, that XML forbids, or that turns text around.
func hasHarmfulCharacter(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
        switch scalar.value {
        case 0x0A: false
        case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
