import Evaluation
import LabCore

/// Turns what was measured at each point into measurements, verdicts and records.
struct SpeedReport {
    let evaluation: String
    let speed: Suite.SpeedPlan
    let backend: String
    let candidate: ArtifactRecord
    let deviceNames: [String]
    let deviceClass: String
    let model: SpeedModel
    /// What the device can do; nil where it could not be measured.
    let device: DeviceSpeed?
    let loadSeconds: Double?
    let throttling: ThrottlingRecord
    let points: [MeasuredSpeed]

    /// The level of intervals of medians, where repetitions reach it.
    private static let level = 0.95

    func findings() -> Findings {
        var findings = Findings()
        let places = points.map { (point: $0, values: values(of: $0)) }
        findings.speed.points = places.map { record(of: $0.point, $0.values) }
        findings.speed.setups = [setup]
        findings.measurements =
            places.flatMap { place in
                place.values.map { measurement($0, at: place.point.point.name(in: evaluation)) }
            } + whole.map { measurement($0, at: evaluation) }
        findings.verdicts = speed.gates.flatMap { verdicts(of: $0, places) }
        findings.usage.computed = points.reduce(0) { $0 + $1.repetitions.count }
        return findings
    }

    // MARK: - Values

    /// A metric's value, and what it is the median of.
    private struct Value {
        var metric: MetricDefinition
        var value: Double
        /// One value for each repetition, in order; empty for a value that is no median over them.
        var repetitions: [Double] = []
        var n: Int
    }

    private func median(_ metric: MetricDefinition, _ repetitions: [Double]) -> Value? {
        Quantile.of(repetitions, at: 0.5).map {
            Value(metric: metric, value: $0, repetitions: repetitions, n: repetitions.count)
        }
    }

    private func values(of measured: MeasuredSpeed) -> [Value] {
        let sequences = Double(measured.point.parallelSequences)
        let prompts = sequences * Double(speed.prefillTokens)
        let texts = sequences * Double(speed.decodeTokens)
        let prefill = measured.repetitions.map { prompts / $0.prefillSeconds }
        let decode = measured.repetitions.map { texts / $0.stepSeconds.reduce(0, +) }
        let latencies = Quantile.of(
            measured.repetitions.flatMap(\.stepSeconds).map { 1000 * $0 }, at: [0.5, 0.95, 0.99])
        let tails = zip([MetricDefinition.interTokenP50, .interTokenP95, .interTokenP99], latencies ?? []).map {
            Value(metric: $0, value: $1, n: measured.repetitions.count)
        }
        return [
            median(.prefillRate, prefill), median(.decodeRate, decode),
            median(.timeToFirstToken, measured.repetitions.map { 1000 * $0.firstTokenSeconds }),
        ].compactMap { $0 } + tails + rooflines(measured.point, prefill: prefill, decode: decode)
    }

    private var roofline: Roofline? {
        device.flatMap {
            Roofline(
                cost: model.cost, bytesPerSecond: $0.bytesPerSecond, operationsPerSecond: $0.operationsPerSecond)
        }
    }

    /// The shares of the device's bounds, for one sequence at a time.
    private func rooflines(_ point: SpeedPoint, prefill: [Double], decode: [Double]) -> [Value] {
        guard let (prefillLimit, decodeLimit) = limits(at: point) else { return [] }
        return [
            median(.prefillRoofline, prefill.map { 100 * $0 / prefillLimit.rate }),
            median(.decodeRoofline, decode.map { 100 * $0 / decodeLimit.rate }),
        ].compactMap { $0 }
    }

    private typealias Limit = (rate: Double, bound: SpeedBound)

    /// Tokens in a second at the device's bounds; nil for several sequences, and where the device was not measured.
    private func limits(at point: SpeedPoint) -> (prefill: Limit, decode: Limit)? {
        guard let roofline, point.parallelSequences == 1 else { return nil }
        let depth = speed.depth(of: point)
        let prefill = roofline.prefill(tokens: speed.prefillTokens, depth: depth)
        let decode = roofline.decode(tokens: speed.decodeTokens, depth: depth)
        return (
            (Double(speed.prefillTokens) / prefill.seconds, prefill.by), (1 / decode.seconds, decode.by)
        )
    }

    /// What is measured once.
    private var whole: [Value] {
        let megabyte = 1e6
        let values: [(MetricDefinition, Double?)] = [
            (.loadTime, loadSeconds), (.peakHostMemory, hostPeakBytes.map { Double($0) / megabyte }),
            (.peakDeviceMemory, devicePeakBytes.map { Double($0) / megabyte }),
            (.memoryBandwidth, device.map { $0.bytesPerSecond / 1e9 }),
            (.matrixRate, device.map { $0.operationsPerSecond / 1e9 }),
        ]
        return values.compactMap { metric, value in value.map { Value(metric: metric, value: $0, n: 1) } }
    }

    private var hostPeakBytes: Int64? { points.compactMap { $0.summary?.hostPeakBytes }.max() }
    private var hostMappedBytes: Int64? { points.compactMap { $0.summary?.hostMappedBytes }.max() }
    private var devicePeakBytes: Int64? { points.compactMap { $0.summary?.deviceBytes }.max() }

    // MARK: - Records

    private func measurement(_ value: Value, at place: String) -> LabCore.Measurement {
        let samples = (value.repetitions.isEmpty ? [value.value] : value.repetitions).map(\.description)
        return Measurement(
            artifact: candidate.path, backend: backend, evaluation: place, metric: value.metric, value: value.value,
            n: value.n, interval: MedianInterval.of(value.repetitions, level: Self.level), cached: false,
            samples: Digest(of: samples.joined(separator: "\n")), dataset: label)
    }

    /// What makes values of different runs those of one series, beside the place.
    private var label: String {
        "\(speed.prefillTokens) tokens read, \(speed.decodeTokens) written; \(deviceClass)"
    }

    private func record(of measured: MeasuredSpeed, _ values: [Value]) -> ThroughputRecord {
        func summary(_ metric: MetricDefinition) -> SpeedRecord? {
            values.first { $0.metric == metric }.flatMap { SpeedRecord($0.repetitions) }
        }
        func value(_ metric: MetricDefinition) -> Double? { values.first { $0.metric == metric }?.value }
        var record = ThroughputRecord(
            evaluation: measured.point.name(in: evaluation), backend: backend, artifact: candidate.path,
            depth: speed.depth(of: measured.point), prefill: summary(.prefillRate), decode: summary(.decodeRate))
        record.contextLength = measured.point.contextLength
        record.parallelSequences = measured.point.parallelSequences
        record.notRun = measured.notRun
        record.firstTokenMilliseconds = summary(.timeToFirstToken)
        if let p50 = value(.interTokenP50), let p95 = value(.interTokenP95), let p99 = value(.interTokenP99) {
            record.latency = ThroughputRecord.Latency(
                p50: p50, p95: p95, p99: p99, steps: measured.repetitions.reduce(0) { $0 + $1.stepSeconds.count })
        }
        if let (prefill, decode) = limits(at: measured.point) {
            record.prefillRoofline = value(.prefillRoofline).map {
                RooflineRecord(bound: prefill.bound, limit: prefill.rate, percent: $0)
            }
            record.decodeRoofline = value(.decodeRoofline).map {
                RooflineRecord(bound: decode.bound, limit: decode.rate, percent: $0)
            }
        }
        record.hostPeakBytes = measured.summary?.hostPeakBytes
        record.deviceBytes = measured.summary?.deviceBytes
        let repeated = values.filter { MetricDefinition.ofRepetitions.contains($0.metric) }
        record.repetitions =
            repeated.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: repeated.map { ($0.metric.name, $0.repetitions) })
        return record
    }

    private var setup: SpeedSetupRecord {
        var setup = SpeedSetupRecord(
            evaluation: evaluation, backend: backend, artifact: candidate.path, deviceClass: deviceClass,
            prefillTokens: speed.prefillTokens, decodeTokens: speed.decodeTokens, warmUps: speed.warmUps,
            device: device, cost: model.cost, loadSeconds: loadSeconds, throttling: throttling)
        setup.hostPeakBytes = hostPeakBytes
        setup.hostMappedBytes = hostMappedBytes
        setup.devicePeakBytes = devicePeakBytes
        return setup
    }

    // MARK: - Verdicts

    private typealias Place = (point: MeasuredSpeed, values: [Value])

    /// What a gate says: at each point that it holds at, or once.
    private func verdicts(of gate: Suite.SpeedGate, _ places: [Place]) -> [Verdict] {
        if let elsewhere = elsewhere(gate) { return [skipped(gate, at: evaluation, elsewhere)] }
        let metric = gate.threshold.metric
        if gate.isOfWhole {
            guard let value = whole.first(where: { $0.metric.name == metric }) else {
                return [skipped(gate, at: evaluation, "it was not measured here")]
            }
            return [judged(value, gate, at: evaluation)]
        }
        let held = places.filter { gate.holds(at: $0.point.point) }
        let found = held.compactMap { place -> Verdict? in
            let name = place.point.point.name(in: evaluation)
            if let value = place.values.first(where: { $0.metric.name == metric }) {
                return judged(value, gate, at: name)
            }
            // A point that the gate names is missed; of all others those that were run are judged.
            guard gate.contextLength != nil, let reason = place.point.notRun else { return nil }
            return skipped(gate, at: name, "not run: \(reason)")
        }
        guard found.isEmpty else { return found }
        let reasons = held.compactMap(\.point.notRun)
        return [skipped(gate, at: evaluation, reasons.first.map { "not run: \($0)" } ?? "it was not measured here")]
    }

    /// Why a gate does not hold here; nil where it does.
    private func elsewhere(_ gate: Suite.SpeedGate) -> String? {
        // A GGUF file spells "Qwen3 8B" what its checkpoint's folder is called "Qwen3-8B".
        func spelling(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
        func isPart(_ part: String, of name: String) -> Bool { spelling(name).contains(spelling(part)) }
        if let wanted = gate.onlyForModel, !isPart(wanted, of: candidate.model) {
            return "a target of \(wanted) alone; this is \(candidate.model)"
        }
        if let wanted = gate.onlyOnDevice, !deviceNames.contains(where: { isPart(wanted, of: $0) }) {
            return "a target of \(wanted) alone; this is \(deviceNames.joined(separator: " + "))"
        }
        if let other = gate.exceptOnDevice, let name = deviceNames.first(where: { isPart(other, of: $0) }) {
            return "a limit of other devices than \(other); this is \(name)"
        }
        return nil
    }

    private func skipped(_ gate: Suite.SpeedGate, at place: String, _ reason: String) -> Verdict {
        Verdict(
            evaluation: place, backend: backend, artifact: candidate.path, metric: gate.threshold.metric,
            status: .skipped, value: nil, threshold: gate.threshold, reason: reason)
    }

    private func judged(_ value: Value, _ gate: Suite.SpeedGate, at place: String) -> Verdict {
        let interval = MedianInterval.of(value.repetitions, level: Self.level)
        // What is measured once, or over all steps, is judged as it is.
        let (status, reason) = Gate.judge(
            Estimate(value: value.value, interval: interval, n: value.n), against: gate.threshold,
            isWholeCorpus: value.repetitions.isEmpty, part: value.n == 1 ? "measurement" : "repetition")
        var evidence: GateEvidence?
        if let interval {
            evidence = GateEvidence(
                basis: .interval, chunksUsed: value.n, chunksAvailable: value.n, alpha: (1 - interval.level) / 2,
                interval: interval, part: "repetition")
        }
        return Verdict(
            evaluation: place, backend: backend, artifact: candidate.path, metric: value.metric.name, status: status,
            value: value.value, threshold: gate.threshold, reason: reason, evidence: evidence)
    }
}
