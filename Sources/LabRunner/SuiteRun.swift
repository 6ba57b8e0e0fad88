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
        /// The folder with report.json, report.html and junit.xml.
        public let folder: URL
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
        let texts = try plans.map { try Self.text(of: $0.dataset) }
        // Before any long work: an output that cannot be written would waste it.
        let folder = try ReportFolder(in: options.output, runID: id)
        let history = try History(at: options.history)
        let store = try ArtifactStore(at: options.store)
        let artifacts = try prepareArtifacts(store: store)

        var findings = Findings()
        for request in requestedBackends {
            do {
                let session = try BackendSession(
                    backend: request.name, options: options, history: history, runID: id, progress: progress)
                for (plan, text) in zip(plans, texts) {
                    try evaluate(plan, text: text, artifacts: artifacts, session: session, into: &findings)
                }
                findings.engine = session.greeting.engine
                findings.device = session.device
            } catch let error as InferenceError where error.code == .backendMissing && request.isOptional {
                findings.skip(plans, backend: request.name, reason: error.message)
            }
        }
        let record = makeRecord(findings, artifacts: artifacts)
        try history.record(record)
        try folder.write(record)
        return Outcome(record: record, folder: folder.url)
    }

    // MARK: - Steps

    private var requestedBackends: [Suite.BackendRequest] {
        guard !options.backends.isEmpty else { return options.suite.backends }
        return options.backends.map { Suite.BackendRequest(name: $0, isOptional: false) }
    }

    private func selectedPlans() throws -> [Suite.EvaluationPlan] {
        let known = options.suite.evaluations
        if let unknown = options.evaluations.first(where: { name in !known.contains { $0.name == name } }) {
            throw RunnerError(
                "suite \(options.suite.name) has no evaluation '\(unknown)'",
                remedy: "it has: \(known.map(\.name).joined(separator: ", "))", exitCode: .usage)
        }
        let selected = known.filter { options.evaluations.isEmpty || options.evaluations.contains($0.name) }
        return selected.map { plan in
            var plan = plan
            plan.dataset = options.dataset ?? plan.dataset
            plan.chunkLimit = options.limit ?? plan.chunkLimit
            return plan
        }
    }

    private static func text(of dataset: Suite.Dataset) throws -> String {
        try TextFile.read(
            dataset.file, as: "dataset \(dataset.name)",
            remedy: "name the file with --dataset NAME --dataset-path FILE")
    }

    private struct Artifacts {
        var parent: ArtifactRecord
        var candidate: ArtifactRecord
        var built: Int
        var reused: Int
    }

    private func prepareArtifacts(store: ArtifactStore) throws -> Artifacts {
        let recipe = options.recipe ?? options.suite.recipe
        let model = options.model ?? options.suite.model
        let recipes = [ArtifactStore.parentRecipe] + (options.artifact == nil ? [recipe] : [])
        let calibrated = options.artifact == nil ? try calibration(of: model, store: store) : nil
        let made = try store.artifacts(
            of: model, recipes: recipes, calibration: calibrated?.calibration, threads: options.threads,
            progress: progress)
        guard var parent = made.records.first else { throw RunnerError("the store made no parent") }
        parent.role = .parent
        var candidate =
            try options.artifact.map { try store.record(ofFile: $0) } ?? made.records[made.records.count - 1]
        candidate.role = .candidate
        // The parent may have been made for the calibration.
        let built = made.built + (calibrated?.artifactsBuilt ?? 0)
        return Artifacts(
            parent: parent, candidate: candidate, built: built, reused: made.records.count - built)
    }

    /// The importance matrix that the suite asks for, and how many artifacts were made for it.
    private func calibration(
        of model: URL, store: ArtifactStore
    ) throws -> (calibration: Calibration, artifactsBuilt: Int)? {
        guard let plan = options.suite.calibration else { return nil }
        let text = CalibrationText(file: plan.dataset.file, name: plan.dataset.name, windows: plan.windows)
        return try Calibrator(
            store: store, threads: options.threads, worker: options.worker,
            silenceLimit: options.workerSilenceLimit, progress: progress
        ).calibration(of: model, text: text, apartFrom: selectedPlans().map(\.dataset))
    }

    private func evaluate(
        _ plan: Suite.EvaluationPlan, text: String, artifacts: Artifacts, session: BackendSession,
        into findings: inout Findings
    ) throws {
        let digests = try session.chunk(text, artifact: artifacts.parent, plan: plan)
        guard try session.chunk(text, artifact: artifacts.candidate, plan: plan) == digests else {
            throw RunnerError(
                """
                \(artifacts.parent.path) and \(artifacts.candidate.path) cut \(plan.dataset.name) into different \
                tokens, so they cannot be compared
                """, remedy: "convert both from the same tokenizer")
        }
        let parent = try session.scores(of: artifacts.parent, plan: plan, digests: digests)
        let candidate = try session.scores(of: artifacts.candidate, plan: plan, digests: digests)
        let chunks = zip(parent.scores, candidate.scores).enumerated().map { index, scores in
            PerplexityResult.Chunk(
                index: index, sample: digests[index], parent: scores.0, candidate: scores.1)
        }
        let result = PerplexityResult(
            plan: plan, backend: session.backend, chunks: chunks,
            isWholeCorpus: chunks.count == digests.count)
        findings.measurements += [
            result.parentMeasurement(artifact: artifacts.parent.path, cached: parent.computed == 0)
        ].compactMap { $0 }
        findings.measurements += result.candidateMeasurements(
            artifact: artifacts.candidate.path, cached: parent.computed + candidate.computed == 0)
        findings.verdicts += result.verdicts(artifact: artifacts.candidate.path)
        findings.series.append(result.series(artifact: artifacts.candidate.path))
        findings.computed += parent.computed + candidate.computed
        findings.reused += parent.reused + candidate.reused
        let dataset = DatasetRecord(
            name: plan.dataset.name, sha256: Digest(of: text), chunks: chunks.count,
            chunksAvailable: digests.count)
        if !findings.datasets.contains(dataset) { findings.datasets.append(dataset) }
    }

    /// What the backends yielded so far.
    private struct Findings {
        var measurements: [LabCore.Measurement] = []
        var verdicts: [Verdict] = []
        var series: [PairedSeries] = []
        var datasets: [DatasetRecord] = []
        var engine: EngineRecord?
        var device = "none"
        var computed = 0
        var reused = 0

        mutating func skip(_ plans: [Suite.EvaluationPlan], backend: String, reason: String) {
            verdicts += plans.map { plan in
                Verdict(
                    evaluation: plan.name, backend: backend, artifact: nil, metric: nil, status: .skipped, value: nil,
                    threshold: nil, reason: reason)
            }
        }
    }

    private func makeRecord(_ findings: Findings, artifacts: Artifacts) -> RunRecord {
        RunRecord(
            id: id, startedAt: startedAt, durationSeconds: (ContinuousClock.now - clock) / .seconds(1),
            command: options.command,
            suite: SuiteReference(name: options.suite.name, sha256: options.suite.digest),
            verdict: Verdict.overall(findings.verdicts),
            artifacts: [artifacts.parent, artifacts.candidate], measurements: findings.measurements,
            verdicts: findings.verdicts, pairedSeries: findings.series, datasets: findings.datasets,
            engine: findings.engine, machine: Machine.record(device: findings.device, threads: options.threads),
            reuse: ReuseRecord(
                samplesComputed: findings.computed, samplesReused: findings.reused, artifactsBuilt: artifacts.built,
                artifactsReused: artifacts.reused))
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
