import Evaluation
public import Foundation
public import LabCore
import ModelFormats
import Quantization
import Reports

/// One artifact measured against the checkpoint it was made from, by the suite that its recipe belongs to.
public struct ValidationRun {
    /// What is asked for.
    public struct Options: Sendable {
        /// Brings the checkpoint's folder: called when everything else was found, for it may be a long download.
        public var original: @Sendable () throws -> URL
        /// A GGUF file or an MLX folder.
        public var quantized: URL
        /// What to measure, by the names of the suite's evaluations or of their kinds; the suite's all when empty.
        public var metrics: [String] = []
        /// A suite's folder or name; nil for the one that the recipe belongs to.
        public var suite: String?
        /// The backend; nil for the CPU, and for MLX folders the worker on mlx-lm.
        public var backend: String?
        /// A text in place of the suite's.
        public var dataset: (name: String, file: URL)?
        /// Most windows and prompts to measure.
        public var limit: Int?
        /// How the engine computes.
        public var compute = ComputeSettings(threads: Machine.defaultThreads)
        /// The history.
        public var history: URL = Locations.history
        /// The store of artifacts.
        public var store: URL = Locations.store
        /// Where report folders are made.
        public var output: URL
        /// The command line, for the record.
        public var command: String

        /// Options with everything else at its default.
        public init(
            original: @escaping @Sendable () throws -> URL, quantized: URL, output: URL, command: String
        ) {
            self.original = original
            self.quantized = quantized
            self.output = output
            self.command = command
        }
    }

    /// What a validation leaves.
    public struct Outcome {
        /// The record, as history has it.
        public let record: RunRecord
        /// The report's folder.
        public let folder: URL
        /// The manifest that has the results; nil where the artifact is in none.
        public let manifest: URL?
    }

    private let options: Options
    private let progress: ProgressHandler

    /// A validation.
    public init(options: Options, progress: @escaping ProgressHandler) {
        self.options = options
        self.progress = progress
    }

    /// Measures, records, reports, and writes the results into the manifest beside the artifact.
    ///
    /// Throws an error that names what is missing or broken. A gate that fails is no error.
    public func run() throws -> Outcome {
        // A slip is told before a large artifact is read for its recipe.
        if options.suite == nil { try Self.requireKnown(options.metrics) }
        guard FileManager.default.fileExists(atPath: options.quantized.path) else {
            throw RunnerError(
                "there is no artifact \(options.quantized.path)",
                remedy: "name a GGUF file or an MLX folder; llama-pajamas-quant convert makes them")
        }
        let suite = try suite()
        var run = RunOptions(suite: suite, output: options.output, command: options.command)
        run.artifact = options.quantized
        run.evaluations = try Self.evaluations(options.metrics, of: suite)
        run.backends = [options.backend ?? (isFolder ? "mlx" : "cpu")]
        run.dataset = options.dataset.map { Suite.Dataset(name: $0.name, file: $0.file) }
        run.limit = options.limit
        run.compute = options.compute
        run.history = options.history
        run.store = options.store
        run.model = try options.original()
        let outcome = try SuiteRun(options: run, progress: progress).run()
        let manifest = try enter(outcome.record)
        return Outcome(record: outcome.record, folder: outcome.folder, manifest: manifest)
    }

    private var isFolder: Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: options.quantized.path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    // MARK: - What to measure

    private func suite() throws -> Suite {
        let known = Self.suites
        guard let name = options.suite else {
            let recipe = try ArtifactStore(at: options.store).record(ofFile: options.quantized).recipe
            return try Suite(at: try Self.folder("suites/" + Self.suiteName(ofRecipe: recipe)))
        }
        if FileManager.default.fileExists(atPath: name) { return try Suite(at: URL(fileURLWithPath: name)) }
        guard known.contains(name) else {
            throw RunnerError(
                "there is no suite '\(name)'",
                remedy: Spelling.hint(name, among: known) + "there are \(known.joined(separator: ", "))",
                exitCode: .usage)
        }
        return try Suite(at: try Self.folder("suites/" + name))
    }

    /// The suites that judge one artifact against its parent.
    public static let suites = ["balanced", "ultra", "hq", "smoke"]

    /// The suite whose limits suit a recipe: those for 5 bits and more are the tightest, those for 3 and fewer the
    /// widest.
    package static func suiteName(ofRecipe recipe: String) -> String {
        let name = recipe.uppercased().replacing("-IMATRIX", with: "")
        let bits = name.firstMatch(of: /[0-9]/).flatMap { Int($0.0) }
        // "F16", "BF16" and "F32" lose next to nothing.
        if name.hasPrefix("F") || name.hasPrefix("BF") { return "hq" }
        return switch bits {
        case .some(5...): "hq"
        case .some(...3): "ultra"
        default: name == "4BIT-UNIFORM" ? "ultra" : "balanced"
        }
    }

    private static func folder(_ path: String) throws -> URL {
        let roots = [Locations.clone, URL(fileURLWithPath: ".")].compactMap { $0 }
        for root in roots where FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) {
            return root.appendingPathComponent(path)
        }
        throw RunnerError(
            "there is no folder \(path)",
            remedy: "run ./llama-pajamas-quant in the lab's clone, or name a suite's folder with --suite")
    }

    /// Refuses metrics that no suite measures: to be asked before long work, where the recipe is not known yet.
    ///
    /// Throws ``RunnerError``.
    public static func requireKnown(_ metrics: [String]) throws {
        let suites = try suites.map { try Suite(at: folder("suites/" + $0)) }
        for metric in metrics where suites.allSatisfy({ evaluation(metric, of: $0) == nil }) {
            // The error names the evaluations of the fullest suite, which goes first.
            _ = try suites.first.map { try evaluations([metric], of: $0) }
        }
    }

    private static func evaluation(_ metric: String, of suite: Suite) -> String? {
        let wanted = metric.lowercased()
        return suite.evaluations.first { $0.name == wanted || $0.evaluator.rawValue == wanted }?.name
    }

    private static func evaluations(_ metrics: [String], of suite: Suite) throws -> [String] {
        try metrics.map { metric in
            guard let found = evaluation(metric, of: suite) else {
                let names = suite.evaluations.map(\.name)
                throw RunnerError(
                    "--metrics: suite \(suite.name) measures no '\(metric)'",
                    remedy: Spelling.hint(metric, among: names) + "choose from \(names.joined(separator: ", "))",
                    exitCode: .usage)
            }
            return found
        }
    }

    // MARK: - The manifest

    private func enter(_ record: RunRecord) throws -> URL? {
        let artifact = options.quantized.standardizedFileURL
        let output = artifact.deletingLastPathComponent().deletingLastPathComponent()
        let file = artifact.pathComponents.suffix(2).joined(separator: "/")
        let url = output.appendingPathComponent(Manifest.fileName)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        let lock = try ConversionRun.lock(output: output)
        defer { withExtendedLifetime(lock) {} }
        // What the file is now; another one than the one measured has no such results.
        let manifest = try Manifest(contentsOf: url)
        guard let candidate = record.artifacts.first(where: { $0.role == .candidate }),
            manifest.artifact(file)?.sha256 == candidate.sha256
        else { return nil }
        try AtomicFile.write(
            try manifest.entering(Self.results(record), of: file).encoded(), to: url)
        return url
    }

    private static func results(_ record: RunRecord) -> [Manifest.Validation] {
        let pairs = record.validatedPerplexities
        return record.verdicts.map { verdict in
            let pair = pairs.first { $0.verdict == verdict }
            return Manifest.Validation(
                suite: record.suite.name, evaluation: verdict.evaluation, backend: verdict.backend,
                metric: verdict.metric, status: verdict.status.rawValue, value: verdict.value,
                threshold: verdict.threshold?.limit, unit: verdict.threshold?.unit,
                baseline: pair?.baseline, quantized: pair?.quantized,
                samples: record.measurements.first {
                    $0.metric == verdict.metric && $0.evaluation == verdict.evaluation
                        && $0.backend == verdict.backend && $0.artifact == verdict.artifact
                }?.n,
                engine: record.engine?.build)
        }
    }
}
