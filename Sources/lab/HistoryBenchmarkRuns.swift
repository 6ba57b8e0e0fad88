import Foundation
import LabCore

/// Runs with the shape of real ones: a parent and a candidate, twenty measurements with intervals, paired windows.
enum SyntheticRun {
    /// Models times recipes.
    static let configurations = 100

    static func id(configuration: Int, number: Int) -> String {
        "run-\(String(number + 100_000).dropFirst())-\(String(configuration + 1000).dropFirst())"
    }

    /// A run of one model and recipe with twenty metrics; the level of its values shifts every 120 runs.
    static func make(_ configuration: Int, _ number: Int, _ branch: String) -> RunRecord {
        let model = "model-\(configuration / 10)"
        let candidate = artifact(.candidate, model, "recipe-\(configuration % 10)", number)
        let measurements = (0..<20).map { metric in
            measurement(
                "metric_\(String(metric + 100).dropFirst())", of: candidate, seed: 31 * configuration + metric, number)
        }
        return make(
            id: id(configuration: configuration, number: number), delay: 30 * Double(configuration), model,
            [candidate], measurements, number, branch)
    }

    /// A run of one model in twenty recipes, with one metric of each.
    static func makeOfMany(_ number: Int) -> RunRecord {
        let candidates = (0..<20).map { artifact(.candidate, "model-0", "recipe-\($0)", number) }
        let measurements = candidates.enumerated().map { measurement("metric_07", of: $1, seed: $0, number) }
        return make(
            id: "run-\(String(number + 100_000).dropFirst())", delay: 0, "model-0", candidates, measurements, number,
            "main")
    }

    private static func artifact(
        _ role: ArtifactRecord.Role, _ model: String, _ recipe: String, _ number: Int
    ) -> ArtifactRecord {
        ArtifactRecord(
            path: "/home/somebody/.cache/llama-pajamas/store/\(model)-\(recipe)/\(model)-\(recipe).gguf",
            format: "gguf",
            recipe: recipe, role: role, bytes: 5_000_000_000, bitsPerWeight: 4.91,
            sha256: Digest(of: "\(model) \(recipe) \(number / 120)"), model: model, source: Digest(of: model))
    }

    private static func measurement(
        _ metric: String, of candidate: ArtifactRecord, seed: Int, _ number: Int
    ) -> LabCore.Measurement {
        // Any noise that is the same everywhere will do.
        let noise = Double((number &* 7919 &+ seed &* 104_729) % 1000) / 1000
        let value = Double(seed % 20 + 1) + Double(number / 120) / 2 + noise / 10
        return LabCore.Measurement(
            artifact: candidate.path, backend: "cpu", evaluation: "fidelity",
            metric: MetricDefinition(name: metric, unit: "nats_per_token", polarity: .lowerIsBetter), value: value,
            n: 592, interval: Interval(low: value - 0.1, high: value + 0.1, level: 0.95), cached: false,
            samples: Digest(of: "\(number) \(seed)"), dataset: "wikitext2")
    }

    private static func make(
        id: String, delay: Double, _ model: String, _ candidates: [ArtifactRecord],
        _ measurements: [LabCore.Measurement], _ number: Int, _ branch: String
    ) -> RunRecord {
        let candidate = candidates[0]
        let points = (0..<10).map {
            PairedSeries.Point(index: $0, sample: Digest(of: "chunk \($0)"), parent: 2.5, candidate: 2.5625)
        }
        let start = 1_700_000_000 + 3600 * Double(number) + delay
        return RunRecord(
            id: id, startedAt: Date(timeIntervalSince1970: start),
            durationSeconds: 60, command: "./lab run suites/balanced --model ./\(model)",
            suite: SuiteReference(name: "balanced", sha256: Digest(of: "suite")), verdict: .pass,
            artifacts: [artifact(.parent, model, "BF16", number)] + candidates, measurements: measurements,
            verdicts: [
                Verdict(
                    evaluation: "fidelity", backend: "cpu", artifact: candidate.path, metric: measurements[0].metric,
                    status: .pass,
                    value: measurements[0].value, threshold: nil, reason: "inside the limit on all 592 chunks")
            ],
            pairedSeries: [
                PairedSeries(evaluation: "fidelity", backend: "cpu", artifact: candidate.path, points: points)
            ],
            datasets: [DatasetRecord(name: "wikitext2", sha256: Digest(of: "text"), chunks: 592, chunksAvailable: 592)],
            engine: EngineRecord(build: "b11434-0123456789ab", libraries: [:]),
            machine: MachineRecord(
                system: "Linux", processor: "a processor", device: "x86_64 SSE3 SSSE3 AVX AVX2 F16C FMA BMI2",
                threads: 2,
                memoryBytes: 8 << 30),
            reuse: ReuseRecord(samplesComputed: 0, samplesReused: 1184, artifactsBuilt: 0, artifactsReused: 2),
            origin: OriginRecord(branch: branch, commit: Digest(of: "\(number)").hex))
    }
}
