import Evaluation
import Foundation
import Inference
import LabCore

/// How fast the candidate reads prompts and writes, at each depth and number of sequences that the model, the memory and
/// the time allow, and how close it comes to what the device could do.
///
/// Always measured anew: nothing is read from the history's samples, and none are kept there; each repetition's values
/// are kept with the run.
struct ThroughputEvaluation {
    let plan: Suite.EvaluationPlan
    let speed: Suite.SpeedPlan
    let session: BackendSession
    let candidate: ArtifactRecord
    let progress: ProgressHandler

    /// The engine takes so many tokens at a time, as llama-bench has it.
    private static let batch = 2048

    func run() throws -> Findings {
        let model = try SpeedModel(
            contentsOf: URL(fileURLWithPath: candidate.path), cacheType: session.options.compute.kvType)
        let device = try probe(model)
        let watch = ThrottleWatch(backend: session.backend)
        let start = ContinuousClock.now
        var estimate: SpeedEstimate?
        var points: [MeasuredSpeed] = []
        var loadSeconds: Double?
        for (done, point) in speed.points.enumerated() {
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            let reason =
                obstacle(to: point, model) ?? overrun(at: point, estimate, elapsed: elapsed)
            var measured = MeasuredSpeed(point: point, notRun: reason)
            if reason == nil {
                do {
                    measured = try measure(point, watch)
                } catch let error as InferenceError where error.code == .refused {
                    measured.notRun = error.message
                } catch let error as InferenceError where error.isOutOfMemory {
                    measured.notRun = "\(session.backend) ran out of memory while it computed"
                    // Its worker is gone; the next point gets another.
                    session.release(candidate)
                }
                loadSeconds = loadSeconds ?? session.host(of: candidate).loadSeconds
                estimate = measured.estimate(cost: model.cost, plan: speed) ?? estimate
            }
            points.append(measured)
            progress(
                ProgressUpdate(
                    stage: stage, completed: done + 1, total: speed.points.count, unit: "points",
                    note: measured.notRun == nil ? nil : "not run"))
        }
        watch.look()
        return SpeedReport(
            evaluation: plan.name, speed: speed, backend: session.backend, candidate: candidate,
            deviceNames: session.deviceNames, deviceClass: session.speedClass, model: model, device: device,
            loadSeconds: loadSeconds, throttling: watch.record, points: points
        ).findings()
    }

    private var stage: String { "\(plan.name) \(candidate.model) \(candidate.recipe) on \(session.backend)" }

    // MARK: - Measuring

    /// What the device can do; in a worker of its own, so that its buffers are gone before the artifact is loaded.
    private func probe(_ model: SpeedModel) throws -> DeviceSpeed? {
        let worker = try session.startWorker()
        defer { worker.stop() }
        let shortest = SpeedPoint(contextLength: speed.contextLengths[0], parallelSequences: 1)
        let bytes = model.cost.decodeBytes(positions: Double(speed.depth(of: shortest)))
        let parameters = WorkerRequest.ProbeParameters(
            backend: session.backend, threads: session.options.threads,
            workingSetBytes: min(max(Int64(bytes), 1 << 20), 1 << 30), matrixType: model.cost.mainType)
        progress(ProgressUpdate(stage: "measure the device", completed: 0, total: 1, unit: "devices"))
        do {
            guard case .probed(let device) = try worker.perform(.probe(parameters)) else {
                throw InferenceError(.garbled, "the worker did not measure the device")
            }
            progress(ProgressUpdate(stage: "measure the device", completed: 1, total: 1, unit: "devices"))
            return device
        } catch let error as InferenceError where error.code == .refused {
            // The speeds are worth measuring without it; gates on the roofline then have no value to judge.
            return nil
        }
    }

    private func measure(_ point: SpeedPoint, _ watch: ThrottleWatch) throws -> MeasuredSpeed {
        let host = try session.host(of: candidate).ready(
            for: ModelHost.Shape(
                contextLength: point.contextLength, parallelSequences: point.parallelSequences, batch: Self.batch))
        let parameters = WorkerRequest.BenchmarkParameters(
            depth: speed.depth(of: point), prefillTokens: speed.prefillTokens, decodeTokens: speed.decodeTokens,
            repetitions: speed.repetitions, warmUps: speed.warmUps)
        var measured = MeasuredSpeed(point: point)
        let closing = try host.perform(.benchmark(parameters)) { event in
            guard case .timed(let repetition) = event else { return }
            watch.look()
            measured.repetitions.append(repetition)
            progress(
                ProgressUpdate(
                    stage: "\(stage), \(point.contextLength) x \(point.parallelSequences)",
                    completed: measured.repetitions.count, total: speed.repetitions, unit: "repetitions"))
        }
        guard case .benchmarked(let summary) = closing, measured.repetitions.count == speed.repetitions,
            measured.repetitions.allSatisfy({ $0.stepSeconds.count == speed.decodeTokens })
        else { throw InferenceError(.garbled, "the worker left out repetitions") }
        measured.summary = summary
        return measured
    }

    // MARK: - What is not run

    /// Why the model or the memory does not allow a point; nil where they do.
    private func obstacle(to point: SpeedPoint, _ model: SpeedModel) -> String? {
        if let trained = model.trainedPositions, point.contextLength > trained {
            return "the model has \(trained) positions"
        }
        let needed = model.cacheBytes(at: point) + model.tensorBytes
        guard let free = session.freeMemoryBytes, needed > free else { return nil }
        return "weights of \(ByteSize(model.tensorBytes)) and keys and values of "
            + "\(ByteSize(model.cacheBytes(at: point))) need more memory than the \(ByteSize(free)) that are free"
    }

    /// Why the time does not allow a point, as far as points before tell; nil where it does.
    private func overrun(at point: SpeedPoint, _ estimate: SpeedEstimate?, elapsed: Double) -> String? {
        guard let estimate else { return nil }
        let seconds = estimate.seconds(
            depth: speed.depth(of: point), sequences: point.parallelSequences, prefillTokens: speed.prefillTokens,
            decodeTokens: speed.decodeTokens, repetitions: speed.repetitions + speed.warmUps)
        let left = Double(speed.timeBudgetSeconds) - elapsed
        guard seconds > left else { return nil }
        return "it would take about \(max(1, Int(seconds.rounded()))) s, and of the budget of "
            + "\(speed.timeBudgetSeconds) s \(max(0, Int(left))) s are left"
    }
}

/// What was measured at a point, or why nothing was.
struct MeasuredSpeed {
    let point: SpeedPoint
    var notRun: String?
    var repetitions: [WorkerEvent.TimedRepetition] = []
    var summary: WorkerEvent.BenchmarkSummary?

    init(point: SpeedPoint, notRun: String? = nil) {
        self.point = point
        self.notRun = notRun
    }

    /// What later points will take; nil where nothing was measured.
    func estimate(cost: ModelCost, plan: Suite.SpeedPlan) -> SpeedEstimate? {
        guard let prefill = Quantile.of(repetitions.map(\.prefillSeconds), at: 0.5),
            let step = Quantile.of(repetitions.flatMap(\.stepSeconds), at: 0.5)
        else { return nil }
        return SpeedEstimate(
            cost: cost, depth: plan.depth(of: point), sequences: point.parallelSequences,
            prefillTokens: plan.prefillTokens, decodeTokens: plan.decodeTokens, prefillSeconds: prefill,
            stepSeconds: step)
    }
}

extension BackendSession {
    /// The class of device that speeds are compared within: on a CPU its features and the threads belong to it, and
    /// everywhere how the engine computes, where that is not the usual.
    var speedClass: String {
        let device =
            backend == "cpu"
            ? "\(Machine.processor), \(options.threads) threads, \(greeting.cpuFeatures)"
            : deviceNames.joined(separator: " + ")
        let usual = ComputeSettings(threads: options.threads).keyParameters
        let others = options.compute.keyParameters.filter { usual[$0.key] != $0.value }.sorted { $0.key < $1.key }
        return ([device] + others.map { "\($0.key) \($0.value)" }).joined(separator: ", ")
    }

    /// Memory that artifact and contexts may take; nil where the system does not tell.
    var freeMemoryBytes: Int64? {
        if backend == "cpu" { return Machine.availableMemoryBytes }
        let free = greeting.devices(of: backend).map(\.memoryFreeBytes).reduce(0, +)
        return free > 0 ? free : nil
    }
}
