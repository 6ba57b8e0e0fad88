import Foundation
import LabCore
import Testing

/// Speeds of two runs: worse for certain, noise, another device, too few repetitions.
@Suite("Comparison of speeds")
struct SpeedComparisonTests {
    /// A run whose decoding was measured at one point or several.
    static func run(
        _ id: String, decode: [Double], points: Int = 1, device: String = "a processor, 2 threads", tokens: Int = 64
    ) -> RunRecord {
        let artifact = ArtifactRecord(
            path: "q.gguf", format: "gguf", recipe: "Q4_K_M", role: .candidate, bytes: 1, bitsPerWeight: 5,
            sha256: Digest(of: "q"), model: "m", source: nil)
        let places = (0..<points).map { SpeedPoint(contextLength: 2048 << $0, parallelSequences: 1) }
        let names = places.map { $0.name(in: "throughput") }
        let median = Quantile.of(decode, at: 0.5) ?? 0
        var run = RunRecord(
            id: id, startedAt: Date(timeIntervalSince1970: 0), durationSeconds: 1, command: "lab run",
            suite: SuiteReference(name: "throughput", sha256: Digest(of: "suite")), verdict: .inconclusive,
            artifacts: [artifact],
            measurements: names.map {
                Measurement(
                    artifact: "q.gguf", backend: "cpu", evaluation: $0, metric: .decodeRate, value: median,
                    n: decode.count, interval: nil, cached: false, samples: Digest(of: id + $0))
            }, verdicts: [], pairedSeries: [], datasets: [], engine: nil,
            machine: MachineRecord(system: "Linux", processor: "p", device: "d", threads: 2, memoryBytes: 1),
            reuse: ReuseRecord(samplesComputed: 0, samplesReused: 0, artifactsBuilt: 0, artifactsReused: 0))
        run.throughput = zip(names, places).map { name, place in
            var record = ThroughputRecord(
                evaluation: name, backend: "cpu", artifact: "q.gguf", depth: 0, prefill: nil,
                decode: SpeedRecord(decode))
            record.contextLength = place.contextLength
            record.repetitions = ["decode_rate": decode]
            return record
        }
        run.speedSetups = [
            SpeedSetupRecord(
                evaluation: "throughput", backend: "cpu", artifact: "q.gguf", deviceClass: device,
                prefillTokens: 512, decodeTokens: tokens, warmUps: 1, device: nil,
                cost: ModelCost(
                    weightBytes: 1, blockWeights: 1, outputWeights: 1, cacheBytesPerPosition: 1,
                    attentionOperationsPerPosition: 1, mainType: "Q4_K"), throttling: ThrottlingRecord())
        ]
        return run
    }

    static let eight = [100.0, 101, 99, 100.5, 99.5, 100.2, 99.8, 100.1]

    private func comparison(
        _ new: [Double], _ old: [Double] = eight, points: Int = 1, device: String = "a processor, 2 threads",
        tokens: Int = 64
    ) -> RunComparison {
        RunComparison(
            Self.run("new", decode: new, points: points, device: device, tokens: tokens),
            against: Self.run("old", decode: old, points: points), tolerances: RegressionTolerance.usual)
    }

    @Test("ten percent slower, every repetition: it fails, with the change in percent and the p-value of all below")
    func slower() throws {
        let found = comparison(Self.eight.map { 0.9 * $0 })
        #expect(found.regression == .fail)
        let change = try #require(found.judged.first)
        #expect(abs(change.change + 10) < 1e-9 && change.changeUnit == "percent")
        #expect(abs((change.allowed ?? 0) - 5) < 1e-9)
        #expect(change.basis == .repetitions && change.relation == .worse)
        #expect(abs((change.pValue ?? 1) - 1.0 / 12_870) < 1e-12)
        #expect(change.repetitions == MetricChange.Repetitions(new: 8, reference: 8))
        #expect(change.reason.contains("down by 10 % over 8 repetitions, p = "))
        #expect(change.reason.contains("5 % worse is allowed"))
    }

    @Test("four percent slower, for certain, is within the five that are allowed")
    func little() throws {
        let found = comparison(Self.eight.map { 0.96 * $0 })
        #expect(found.regression == .pass)
        #expect(try #require(found.judged.first?.pValue) < 0.001)
    }

    @Test("a median that is eight percent lower, with repetitions that overlap, is noise")
    func noise() throws {
        let found = comparison([120, 91, 92, 93, 90, 119, 118, 92])
        let change = try #require(found.judged.first)
        #expect(change.change < -7 && found.regression == .pass)
        #expect(try #require(change.pValue) > 0.05)
        #expect(change.relation == .unknown)
    }

    @Test("faster is better")
    func faster() {
        let found = comparison(Self.eight.map { 1.2 * $0 })
        #expect(found.regression == .pass && found.judged.first?.relation == .better)
    }

    /// With 18 metrics each has 0.01 / 18 = 0.00056; the smallest p of five against five is 1 / 252 = 0.004, of six 1 /
    /// 924 = 0.0011, of seven 1 / 3432 = 0.0003.
    @Test("five repetitions cannot show a change where eighteen metrics share the error, and it says how many would")
    func tooFew() throws {
        let five = [100.0, 101, 99, 100.5, 99.5]
        let found = comparison(five.map { 0.8 * $0 }, five, points: 18)
        #expect(found.judged.count == 18 && found.regression == .inconclusive)
        let change = try #require(found.judged.first)
        #expect(change.neededChunks == 7)
        #expect(change.reason.hasSuffix("so few repetitions cannot show it; 7 would"))
        // What is within the limit needs no test.
        #expect(comparison(five.map { 0.97 * $0 }, five, points: 18).regression == .pass)
        #expect(comparison(Self.eight.map { 0.8 * $0 }, points: 18).regression == .fail)
    }

    @Test("another class of device, or other numbers of tokens, are not compared")
    func elsewhere() throws {
        let other = comparison(Self.eight.map { 0.5 * $0 }, device: "another, 8 threads")
        #expect(other.judged.first?.status == .skipped)
        let reason = try #require(other.judged.first?.reason)
        #expect(reason.contains("here another, 8 threads, there a processor, 2 threads"))
        // A skip is never a pass.
        #expect(other.regression == .inconclusive)
        let longer = comparison(Self.eight, tokens: 128)
        #expect(longer.judged.first?.status == .skipped)
        #expect(try #require(longer.judged.first?.reason).contains("512 read and 128 written"))
    }

    @Test("the very same values are no change of samples, but repetitions that are alike")
    func same() throws {
        let change = try #require(comparison(Self.eight).judged.first)
        #expect(change.status == .pass && change.change == 0 && change.basis == .repetitions)
    }

    @Test("what an evaluation is allowed holds at each of its points, and a suite's word goes before the usual one")
    func tolerances() {
        let all = RegressionTolerance.ofComparison(
            suite: [
                RegressionTolerance(evaluation: "throughput", metric: "decode_rate", relativePercent: 2, absolute: nil)
            ],
            own: [])
        #expect(all.tolerance(of: "decode_rate", in: "throughput@2048x4")?.relativePercent == 2)
        #expect(all.tolerance(of: "decode_rate", in: "other@2048x4")?.relativePercent == 5)
        #expect(all.tolerance(of: "perplexity", in: "perplexity")?.relativePercent == 1)
    }

    @Test("names of points are taken apart as they were put together")
    func names() {
        let point = SpeedPoint(contextLength: 2048, parallelSequences: 4)
        #expect(point.name(in: "fast@home") == "fast@home@2048x4")
        #expect(SpeedPoint(in: "fast@home@2048x4") == point)
        #expect(SpeedPoint.evaluation(of: "fast@home@2048x4") == "fast@home")
        for name in ["throughput", "fast@home", "a@2048", "@2048x4", "a@2048x4x2", "a@x4"] {
            #expect(SpeedPoint(in: name) == nil && SpeedPoint.evaluation(of: name) == name)
        }
    }

    /// The flake budget: candidate and reference are the same program, and everything else is noise.
    ///
    /// Each of 18 metrics draws its repetitions from one distribution with a spread of the given share and, now and then,
    /// a repetition that something else slowed down by half. 600 comparisons at 1 % have more than 16 failures with
    /// probability 1.4e-4 (scipy.stats.binom.sf(16, 600, 0.01)).
    @Test("the same candidate measured twice fails at most 1 % of the comparisons", arguments: [0.005, 0.02, 0.1, 0.3])
    func flakes(spread: Double) {
        var generator = Xoshiro256(seed: Digest(of: "A/A \(spread)"))
        func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / 0x1p53 }
        func repetitions() -> [Double] {
            (0..<8).map { _ in
                let normal = (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
                return 100 * exp(spread * normal) * (uniform() < 0.05 ? 0.5 : 1)
            }
        }
        var failures = 0
        for _ in 0..<600 {
            let statuses = (0..<18).map { _ in
                // What RunComparison does with each of 18 metrics.
                status(repetitions(), against: repetitions(), allowedPercent: 5, alpha: 0.01 / 18)
            }
            if statuses.contains(.fail) { failures += 1 }
            #expect(!statuses.contains(.inconclusive))
        }
        #expect(failures <= 16)
    }

    /// The other side of the budget: what is truly slower by twice what is allowed is found.
    @Test("ten percent slower fails in 99 of 100 comparisons where repetitions spread by a hundredth")
    func power() {
        var generator = Xoshiro256(seed: Digest(of: "power"))
        func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / 0x1p53 }
        func repetitions(_ speed: Double) -> [Double] {
            (0..<8).map { _ in
                speed * exp(0.01 * (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()))
            }
        }
        let found = (0..<300).count { _ in
            status(repetitions(90), against: repetitions(100), allowedPercent: 5, alpha: 0.01 / 18) == .fail
        }
        #expect(found >= 297)
    }

    /// The status of one change by the comparison itself, with all of its error for this metric.
    private func status(
        _ new: [Double], against old: [Double], allowedPercent: Double, alpha: Double
    ) -> VerdictStatus? {
        RunComparison(
            Self.run("new", decode: new), against: Self.run("old", decode: old),
            tolerances: [
                RegressionTolerance(metric: "decode_rate", relativePercent: allowedPercent, absolute: nil)
            ], alpha: alpha
        ).judged.first?.status
    }
}
