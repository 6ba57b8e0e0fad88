import Foundation
import LabCore

/// A run that measured speed: two depths and numbers of sequences, one point that the model does not allow, two gates,
/// and a target of another device.
///
/// By hand: a token reads 2,000,000 bytes of weights and 1,024 for each position; at 20 GB/s a step from a depth of 1,536
/// with 64 after it, 1,568.5 positions on average, takes 180.3 us, 5,546 tokens a second.
func speedRun() -> RunRecord {
    var run = sampleRun()
    run.suite.name = "throughput"
    run.datasets = []
    run.pairedSeries = []
    run.measurements = []
    run.verdicts = []
    let rates: [(SpeedPoint, Double)] = [
        (SpeedPoint(contextLength: 512, parallelSequences: 1), 900),
        (SpeedPoint(contextLength: 512, parallelSequences: 4), 2100),
        (SpeedPoint(contextLength: 2048, parallelSequences: 1), 300),
        (SpeedPoint(contextLength: 2048, parallelSequences: 4), 640),
    ]
    run.throughput = rates.map { point, rate in
        let decode = [0.97, 0.98, 1, 1.01, 1.02].map { rate * $0 }
        var record = ThroughputRecord(
            evaluation: point.name(in: "throughput"), backend: "cpu", artifact: candidatePath,
            depth: point.contextLength - 512, prefill: SpeedRecord(decode.map { 12 * $0 }), decode: SpeedRecord(decode))
        record.contextLength = point.contextLength
        record.parallelSequences = point.parallelSequences
        record.firstTokenMilliseconds = SpeedRecord(decode.map { 512_000 / (12 * $0) })
        record.latency = .init(p50: 1000 / rate, p95: 1200 / rate, p99: 1500 / rate, steps: 320)
        record.hostPeakBytes = 61_000_000
        record.repetitions = ["decode_rate": decode, "prefill_rate": decode.map { 12 * $0 }]
        if point.parallelSequences == 1 {
            record.prefillRoofline = RooflineRecord(bound: .matrices, limit: 40_000, percent: 100 * 12 * rate / 40_000)
            record.decodeRoofline = RooflineRecord(bound: .memory, limit: 5546, percent: 100 * rate / 5546)
        }
        run.measurements.append(
            Measurement(
                artifact: candidatePath, backend: "cpu", evaluation: record.evaluation, metric: .decodeRate,
                value: rate, n: 5, interval: MedianInterval.of(decode, level: 0.95), cached: false))
        return record
    }
    var missing = ThroughputRecord(
        evaluation: "throughput@32768x1", backend: "cpu", artifact: candidatePath, depth: 32_256, prefill: nil,
        decode: nil)
    missing.contextLength = 32_768
    missing.parallelSequences = 1
    missing.notRun = "the model has 2048 positions"
    run.throughput?.append(missing)
    var setup = SpeedSetupRecord(
        evaluation: "throughput", backend: "cpu", artifact: candidatePath, deviceClass: "a processor, 2 threads, avx2",
        prefillTokens: 512, decodeTokens: 64, warmUps: 1,
        device: DeviceSpeed(
            name: "a processor", bytesPerSecond: 20e9, workingSetBytes: 2_097_152, operationsPerSecond: 120e9,
            matrixType: "Q4_K", bufferType: "CPU_REPACK"),
        cost: ModelCost(
            weightBytes: 2_000_000, blockWeights: 3_000_000, outputWeights: 500_000, cacheBytesPerPosition: 1024,
            attentionOperationsPerPosition: 4096, mainType: "Q4_K"), loadSeconds: 0.25,
        throttling: ThrottlingRecord(seen: ["3 thermal throttle events of the processor"], sources: ["counters"]))
    setup.hostPeakBytes = 61_000_000
    setup.hostMappedBytes = 2_500_000
    run.speedSetups = [setup]
    func verdict(_ metric: MetricDefinition, _ value: Double, limit: Double, _ status: VerdictStatus) -> Verdict {
        Verdict(
            evaluation: "throughput@2048x1", backend: "cpu", artifact: candidatePath, metric: metric.name,
            status: status, value: value, threshold: Threshold(metric: metric, limit: limit), reason: "as measured",
            evidence: GateEvidence(
                basis: .interval, chunksUsed: 5, chunksAvailable: 5, alpha: 0.03125,
                interval: Interval(low: 0.97 * value, high: 1.02 * value, level: 0.9375), part: "repetition"))
    }
    run.verdicts = [
        verdict(.decodeRate, 300, limit: 200, .pass), verdict(.decodeRoofline, 100 * 300 / 5546, limit: 20, .fail),
        Verdict(
            evaluation: "throughput", backend: "cpu", artifact: candidatePath, metric: "decode_rate", status: .skipped,
            value: nil, threshold: Threshold(metric: .decodeRate, limit: 75),
            reason: "a target of RTX 4070 alone; this is a processor"),
    ]
    run.verdict = .fail
    return run
}

/// The same, slower by a tenth than a run before it.
func slowerRun() -> RunRecord {
    var (before, after) = (speedRun(), speedRun())
    before.id = "20261121-100000-aaaaaa"
    for index in before.throughput?.indices ?? 0..<0 {
        let values = before.throughput?[index].repetitions?["decode_rate"]
        before.throughput?[index].repetitions?["decode_rate"] = values?.map { $0 / 0.9 }
    }
    for index in before.measurements.indices { before.measurements[index].value /= 0.9 }
    after.verdicts = [after.verdicts[0]]
    after.verdict = .pass
    let comparison = RunComparison(after, against: before, tolerances: RegressionTolerance.usual)
    return GateOutcome(after, reference: .run(comparison, why: "accepted last")).record
}
