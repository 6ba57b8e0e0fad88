import Evaluation
public import Foundation
import History
import Inference
public import LabCore
import ModelFormats
import Quantization
import Reports

/// One run of a suite: checkpoint -> artifacts -> scores -> verdicts -> history and reports.
public struct SuiteRun {
    /// What a finished run leaves.
    public struct Outcome: Sendable {
        /// The record, as history has it.
        public let record: RunRecord
        /// The folder with report.html, report.json, junit.xml and report.md.
        public let folder: URL
        /// What a gated run was measured for, and why it is the one; nil where there was none.
        public let reference: (run: RunRecord, why: String)?
    }

    private let options: RunOptions
    private let progress: ProgressHandler
    private let id: String
    private let startedAt = Date()
    private let clock = ContinuousClock.now

    /// - Parameter progress: told of every step; called from any thread.
    public init(options: RunOptions, progress: @escaping ProgressHandler) {
        self.options = options
        self.progress = progress
        id = Self.makeID(at: startedAt)
    }

    /// Runs the suite.
    ///
    /// Everything finished is kept whatever happens: samples in history as they are scored, artifacts in the store.
    ///
    /// - Throws: an error that names what is missing or broken. A gate that fails is no error.
    public func run() throws -> Outcome {
        let plans = try selectedPlans()
        let inputs = try plans.map(EvaluationInput.init)
        // Before any long work: an output that cannot be written would waste it.
        let folder = try ReportFolder(in: options.output, runID: id)
        let history = try History(at: options.history)
        let store = try ArtifactStore(at: options.store)
        let lock = try RunLock(runIn: options.history, store: options.store)
        defer { withExtendedLifetime(lock) {} }
        let requests = requestedBackends
        var obstacles: [String: RunnerError] = [:]
        for request in requests where request.isOptional && request.name == "mlx" && options.mayRunMLX {
            obstacles[request.name] = WorkerProgram.obstacleToMLX
        }
        let artifacts = try RunArtifacts(
            options, for: requests.filter { obstacles[$0.name] == nil }, plans, store: store, progress: progress)
        for request in requests where obstacles[request.name] == nil {
            obstacles[request.name] = artifacts.obstacle(on: request.name)
        }
        if let obstacle = requests.lazy.filter({ !$0.isOptional }).compactMap({ obstacles[$0.name] }).first {
            throw obstacle
        }
        // A reference that is not there is a fault to hear of before an hour of work.
        let reference =
            try options.isGated
            ? GateOutcome.reference(options.reference, of: prospect(plans, artifacts), in: history) : nil

        var findings = Findings()
        var engine: EngineRecord?
        var device = "none"
        var cpu: BackendSession?
        for request in requests {
            if let obstacle = obstacles[request.name] {
                let reason = [obstacle.message, obstacle.remedy].compactMap { $0 }.joined(separator: "; ")
                for plan in plans { findings.append(.skipped(plan, backend: request.name, reason: reason)) }
                continue
            }
            do {
                let session = try BackendSession(
                    backend: request.name, contextLength: inputs.compactMap(\.windowLength).max() ?? 512,
                    options: options, history: history, runID: id, onCPU: cpu)
                defer {
                    session.releaseAll()
                    cpu = session.onCPU
                }
                findings.append(
                    try evaluate(
                        plans, inputs: inputs, artifacts: artifacts, reference: reference?.run, session: session))
                // mlx-lm computes what is listed beside the engine's files, and never those.
                if engine == nil || request.name != "mlx" {
                    engine = session.greeting.engine
                    device = session.device
                }
            } catch let error as InferenceError where error.code == .backendMissing && request.isOptional {
                for plan in plans {
                    findings.append(.skipped(plan, backend: request.name, reason: error.message))
                }
            }
        }
        var record = makeRecord(findings, of: plans, engine: engine, device: device, artifacts: artifacts)
        // Speeds are compared on one class of device alone, and now it is known which this is.
        let comparable =
            options.isGated && record.speedSetups != nil
            ? try GateOutcome.reference(options.reference, of: record, in: history) : reference
        // Before anything is written: whoever reads a report of it must find the verdict that the run ends with.
        if options.isGated {
            record = GateOutcome(record, against: comparable, tolerances: options.tolerances).record
        }
        try history.record(record)
        try folder.write(record, trends: RunTrends.trends(of: record, in: history))
        return Outcome(record: record, folder: folder.url, reference: comparable)
    }

    // MARK: - Steps

    private var requestedBackends: [Suite.BackendRequest] {
        guard !options.backends.isEmpty else { return options.suite.backends }
        return options.backends.map { name in
            let recipe = options.suite.backends.first { $0.name == name }?.recipe
            return Suite.BackendRequest(name: name, isOptional: false, recipe: recipe)
        }
    }

    private func selectedPlans() throws -> [Suite.EvaluationPlan] {
        let known = options.suite.evaluations
        if let unknown = options.evaluations.first(where: { name in !known.contains { $0.name == name } }) {
            throw RunnerError(
                "suite \(options.suite.name) has no evaluation '\(unknown)'",
                remedy: "it has: \(known.map(\.name).joined(separator: ", "))", exitCode: .usage)
        }
        let selected = known.filter { options.evaluations.isEmpty || options.evaluations.contains($0.name) }
        let replaced = try replacedPlans(selected)
        return selected.map { plan in
            var plan = plan
            if let dataset = options.dataset, replaced.contains(plan.name) { plan.dataset = dataset }
            plan.chunkLimit = options.limit ?? plan.chunkLimit
            return plan
        }
    }

    /// The evaluations that the data set of the command line is for, by name: those on texts, or the one on prompts.
    private func replacedPlans(_ selected: [Suite.EvaluationPlan]) throws -> Set<String> {
        guard let dataset = options.dataset else { return [] }
        guard PromptSet.isPromptFile(dataset.file) else {
            return Set(selected.filter { $0.evaluator.input == .text }.map(\.name))
        }
        let asking = selected.filter { $0.evaluator.takesPrompts }
        guard asking.count == 1 else {
            throw RunnerError(
                "\(dataset.file.path) is a set of prompts, and \(asking.count) evaluations ask some",
                remedy: "name the one it is for with --evaluations; there are: "
                    + options.suite.evaluations.filter { $0.evaluator.takesPrompts }.map(\.name).joined(separator: ", "),
                exitCode: .usage)
        }
        return Set(asking.map(\.name))
    }

    /// Runs evaluations on one backend.
    ///
    /// Those that see most of a model come first: what they compute serves the others.
    private func evaluate(
        _ plans: [Suite.EvaluationPlan], inputs: [EvaluationInput], artifacts: RunArtifacts, reference: RunRecord?,
        session: BackendSession
    ) throws -> Findings {
        let candidate = try artifacts.candidate(on: session.backend)
        var found: [Findings] = plans.map { _ in Findings() }
        let order = plans.indices.sorted { plans[$0].evaluator.rank < plans[$1].evaluator.rank }
        // What one of them lacks is a fault to hear of before the others have worked.
        var windows: [(index: Int, shared: WindowEvaluation)] = []
        var jobs: [(index: Int, job: any PromptJob)] = []
        var speeds: [(index: Int, evaluation: ThroughputEvaluation)] = []
        var consistencies: [(index: Int, run: () throws -> Findings)] = []
        for index in order {
            if plans[index].evaluator.comparesBackends {
                let subject = ConsistencySubject(
                    plan: plans[index], session: session, candidate: candidate, reference: try artifacts.reference(),
                    progress: progress)
                switch inputs[index] {
                case .text(let text):
                    consistencies.append((index, ConsistencyEvaluation(subject: subject, text: text).run))
                case .prompts(let set, let generation):
                    consistencies.append(
                        (
                            index,
                            TextConsistencyEvaluation(subject: subject, promptSet: set, generation: generation).run
                        ))
                case .speed: break
                }
                continue
            }
            switch inputs[index] {
            case .text(let text):
                let shared = try WindowEvaluation(
                    plans[index], text: text, session: session, parent: try artifacts.requireParent(),
                    candidate: candidate, reference: reference, progress: progress)
                windows.append((index, shared))
            case .prompts(let set, let generation):
                let shared = PromptEvaluation(
                    plan: plans[index], generation: generation, promptSet: set, session: session,
                    parent: try artifacts.requireParent(), candidate: candidate, progress: progress)
                guard let job = shared.job else { continue }
                try job.requireFitting()
                jobs.append((index, job))
            case .speed where session.backend == "mlx":
                found[index] = .skipped(
                    plans[index], backend: session.backend, reason: "the worker on mlx-lm does not measure speed yet")
            case .speed(let speed):
                speeds.append(
                    (
                        index,
                        ThroughputEvaluation(
                            plan: plans[index], speed: speed, session: session, candidate: candidate,
                            progress: progress)
                    ))
            }
        }
        for (index, shared) in windows {
            found[index] =
                plans[index].evaluator == .fidelity
                ? try FidelityEvaluation(shared).run() : try PerplexityEvaluation(shared).run()
        }
        if case .model(let parent)? = artifacts.parent, !jobs.isEmpty {
            for (index, job) in jobs { found[index].usage = try job.prepare(parent) }
            // From here on the parent only renders prompts.
            session.release(parent)
        }
        for (index, job) in jobs {
            let prepared = found[index].usage
            found[index] = try job.run()
            // What the parent was asked again is in history since.
            found[index].usage = SampleUsage(
                computed: found[index].usage.computed + prepared.computed, shared: found[index].usage.shared,
                reused: found[index].usage.reused)
        }
        for (index, run) in consistencies { found[index] = try run() }
        for (index, evaluation) in speeds {
            // Nothing else may hold memory or threads while speed is measured.
            if let parent = artifacts.parent { session.release(parent.record) }
            session.release(candidate)
            found[index] = try evaluation.run()
        }
        return found.reduce(into: Findings()) { $0.append($1) }
    }

    /// What the run is about to measure, as far as references are looked for by it.
    private func prospect(_ plans: [Suite.EvaluationPlan], _ artifacts: RunArtifacts) -> RunRecord {
        var findings = Findings()
        findings.measurements = requestedBackends.flatMap { backend in
            plans.compactMap { plan in
                guard let candidate = try? artifacts.candidate(on: backend.name) else { return nil }
                return Measurement(
                    artifact: candidate.path, backend: backend.name, evaluation: plan.name,
                    metric: .perplexity, value: 0, n: 0, interval: nil, cached: false)
            }
        }
        return makeRecord(findings, of: plans, engine: nil, device: "", artifacts: artifacts)
    }

    private func makeRecord(
        _ findings: Findings, of plans: [Suite.EvaluationPlan], engine: EngineRecord?, device: String,
        artifacts: RunArtifacts
    ) -> RunRecord {
        var parent = artifacts.parent?.record
        parent?.role = .parent
        var record = RunRecord(
            id: id, startedAt: startedAt, durationSeconds: (ContinuousClock.now - clock) / .seconds(1),
            command: options.command,
            suite: SuiteReference(name: options.suite.name, sha256: options.suite.digest),
            verdict: Verdict.overall(findings.verdicts),
            artifacts: [parent].compactMap { $0 } + artifacts.candidates, measurements: findings.measurements,
            verdicts: findings.verdicts, pairedSeries: findings.series, fidelity: findings.fidelity,
            tolerances: plans.flatMap(\.tolerances), datasets: findings.datasets, engine: engine,
            machine: Machine.record(device: device, threads: options.threads),
            reuse: ReuseRecord(
                samplesComputed: findings.usage.computed, samplesReused: findings.usage.reused,
                artifactsBuilt: artifacts.built, artifactsReused: artifacts.reused, changes: findings.changes),
            origin: options.origin)
        record.lab = Converter.toolVersion
        findings.prompts.enter(&record)
        findings.speed.enter(&record)
        record.consistency = findings.consistency.isEmpty ? nil : findings.consistency
        return record
    }

    /// Sortable by time, unique by six random hexadecimal digits.
    private static func makeID(at date: Date) -> String {
        let style = Date.VerbatimFormatStyle(
            format:
                "\(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
            timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        let suffix = String(UInt32.random(in: 0..<1 << 24), radix: 16)
        return "\(date.formatted(style))-\(String(repeating: "0", count: 6 - suffix.count))\(suffix)"
    }
}

extension Suite.Evaluator {
    /// The place in the order of running.
    fileprivate var rank: Int {
        switch self {
        case .fidelity: 0
        case .perplexity: 1
        default: 2
        }
    }
}
