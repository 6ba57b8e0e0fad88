public import Foundation
public import LabCore

/// What to measure, on which backends, and within which limits: a `suite.yaml` as typed values.
public struct Suite: Sendable, Hashable {
    /// The version of the format this lab reads.
    public static let supportedVersion = 1

    /// Name, such as "balanced".
    public let name: String
    /// One sentence for people.
    public let summary: String
    /// The checkpoint measured when the command line names none; relative paths start at the suite's folder.
    public let model: URL
    /// The recipe of the candidate, such as "Q4_K_M", or a configuration, such as "balanced".
    public let recipe: String
    /// The text that the candidate's importance matrix is computed from; nil for a candidate without one.
    public let calibration: CalibrationPlan?
    /// Backends to run on.
    public let backends: [BackendRequest]
    /// Evaluations, in order.
    public let evaluations: [EvaluationPlan]
    /// Digest of the file's bytes.
    public let digest: Digest

    /// What an importance matrix is computed from.
    public struct CalibrationPlan: Sendable, Hashable {
        /// The text.
        public let dataset: Dataset
        /// Windows of 512 tokens; all of the text when nil.
        public let windows: Int?
    }

    /// A backend and whether the suite can do without it.
    public struct BackendRequest: Sendable, Hashable {
        /// "cpu", "cuda".
        public let name: String
        /// Absent optional backends are skipped; a required one ends the run with exit 4.
        public let isOptional: Bool

        /// Creates a request.
        public init(name: String, isOptional: Bool) {
            self.name = name
            self.isOptional = isOptional
        }
    }

    /// One evaluation of a suite.
    public struct EvaluationPlan: Sendable, Hashable {
        /// Name, unique in the suite.
        public let name: String
        /// What evaluates it.
        public let evaluator: Evaluator
        /// The text it is measured on.
        public var dataset: Dataset
        /// Tokens per chunk. Default: 512.
        public let contextLength: Int
        /// Most chunks to score; all when nil. The verdict of a part rests on its interval.
        public var chunkLimit: Int?
        /// Limits on its metrics; each is a gate.
        public let gates: [Threshold]
        /// How much worse than in an accepted run its metrics may be.
        public let tolerances: [RegressionTolerance]
    }

    /// The kinds of evaluation there are.
    public enum Evaluator: String, Sendable, Hashable {
        /// Perplexity of parent and candidate, and their paired difference.
        case perplexity
        /// Divergence of the candidate's predictions from its parent's.
        case fidelity
    }

    /// A text file to measure on.
    public struct Dataset: Sendable, Hashable {
        /// Name in reports.
        public let name: String
        /// The file, UTF-8.
        public let file: URL

        /// Creates a dataset.
        public init(name: String, file: URL) {
            self.name = name
            self.file = file
        }
    }
}

extension Suite {
    /// Reads a suite: a `suite.yaml`, or a folder that holds one.
    ///
    /// - Throws: ``SuiteError`` for a missing file, an unknown key, a newer version, a wrong unit or an unknown name;
    ///   it names file, line and key.
    public init(at url: URL) throws {
        var isDirectory: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
        let file = isDirectory.boolValue ? url.appendingPathComponent("suite.yaml") : url
        guard exists, let data = try? Data(contentsOf: file) else {
            throw SuiteError(
                file: file.relativePath, message: "there is no such suite", remedy: "`lab suites` lists those there are"
            )
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw SuiteError(file: file.relativePath, message: "the file is not UTF-8")
        }
        let root = try StrictYAML(text: text, file: file.relativePath)
        let folder = file.deletingLastPathComponent()
        let keys = try root.mapping(
            allowed: ["version", "name", "summary", "model", "recipe", "calibration", "backends", "evaluations"])

        let versionNode = try keys.required("version", in: root)
        let version = try versionNode.integer(in: 1...1_000_000)
        guard version == Self.supportedVersion else {
            throw versionNode.error(
                "version \(version) is newer than this lab reads (\(Self.supportedVersion))", remedy: "update the lab")
        }
        name = try keys.required("name", in: root).string()
        summary = try keys.required("summary", in: root).string()
        model = Self.resolve(try keys.required("model", in: root).string(), in: folder)
        recipe = try keys.required("recipe", in: root).recipeName()
        calibration = try keys["calibration"].map { try CalibrationPlan($0, folder: folder) }
        backends = try keys.required("backends", in: root).list().map(BackendRequest.init)
        evaluations = try keys.required("evaluations", in: root).list().map { try EvaluationPlan($0, folder: folder) }
        digest = Digest(of: data)

        let names = evaluations.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw SuiteError(file: root.file, key: "evaluations", message: "two evaluations are named '\(twice)'")
        }
    }

    /// How much worse than in an accepted run its metrics may be.
    public var tolerances: [RegressionTolerance] { evaluations.flatMap(\.tolerances) }

    /// The folders below one that hold a `suite.yaml`, by name; empty when there is no such folder.
    public static func folders(in folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { folder.appendingPathComponent($0) }.filter {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("suite.yaml").path)
        }
    }

    fileprivate static func resolve(_ path: String, in folder: URL) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : folder.appendingPathComponent(path).standardizedFileURL
    }
}

extension Suite.CalibrationPlan {
    fileprivate init(_ node: StrictYAML, folder: URL) throws {
        let keys = try node.mapping(allowed: ["dataset", "windows"])
        dataset = try Suite.Dataset(keys.required("dataset", in: node), folder: folder)
        windows = try keys["windows"]?.integer(in: 1...1_000_000)
    }
}

extension Suite.BackendRequest {
    fileprivate init(_ node: StrictYAML) throws {
        let keys = try node.mapping(allowed: ["name", "optional"])
        name = try keys.required("name", in: node).backendName()
        isOptional = try keys["optional"]?.boolean() ?? false
    }
}

extension Suite.EvaluationPlan {
    fileprivate init(_ node: StrictYAML, folder: URL) throws {
        let keys = try node.mapping(allowed: [
            "name", "evaluator", "dataset", "context_length", "limit", "gates", "regressions",
        ])
        name = try keys.required("name", in: node).string()
        let evaluatorNode = try keys.required("evaluator", in: node)
        let evaluatorName = try evaluatorNode.string()
        guard let entry = Registry.entry(evaluatorName) else {
            let known = Registry.entries.map(\.evaluator.rawValue).joined(separator: ", ")
            throw evaluatorNode.error("unknown evaluator '\(evaluatorName)'", remedy: "known: \(known)")
        }
        evaluator = entry.evaluator
        dataset = try Suite.Dataset(keys.required("dataset", in: node), folder: folder)
        contextLength = try keys["context_length"]?.integer(in: 8...1_048_576) ?? 512
        chunkLimit = try keys["limit"]?.integer(in: 1...1_000_000)
        gates = try keys["gates"]?.list().map { try Threshold($0, of: entry) } ?? []
        let evaluation = name
        tolerances =
            try keys["regressions"]?.list().map { try RegressionTolerance($0, of: entry, evaluation: evaluation) } ?? []
    }
}

extension RegressionTolerance {
    /// Reads what an evaluation allows: a share of the reference in percent, an amount with its unit, or both.
    fileprivate init(_ node: StrictYAML, of entry: Registry.Entry, evaluation: String) throws {
        let keys = try node.mapping(allowed: ["metric", "relative_percent", "absolute", "unit"])
        let metricNode = try keys.required("metric", in: node)
        let name = try metricNode.string()
        guard let metric = entry.metrics.first(where: { $0.name == name }) else {
            throw metricNode.error(
                "unknown metric '\(name)'",
                remedy:
                    "\(entry.evaluator.rawValue) measures: \(entry.metrics.map(\.name).joined(separator: ", "))")
        }
        let relative = try keys["relative_percent"]?.number()
        let absolute = try keys["absolute"]?.number()
        guard relative != nil || absolute != nil else {
            throw node.error("no tolerance for \(name)", remedy: "give relative_percent, absolute, or both")
        }
        for (key, amount) in [("relative_percent", relative), ("absolute", absolute)] {
            if let amount, amount < 0, let wrong = keys[key] { throw wrong.error("\(key) must be at least 0") }
        }
        if absolute != nil {
            let unitNode = try keys.required("unit", in: node)
            let unit = try unitNode.string()
            guard unit == metric.unit else {
                throw unitNode.error("the unit of \(metric.name) is \(metric.unit), not \(unit)")
            }
        }
        self.init(evaluation: evaluation, metric: name, relativePercent: relative, absolute: absolute)
    }
}

extension Suite.Dataset {
    fileprivate init(_ node: StrictYAML, folder: URL) throws {
        let keys = try node.mapping(allowed: ["name", "path"])
        name = try keys.required("name", in: node).string()
        file = Suite.resolve(try keys.required("path", in: node).string(), in: folder)
    }
}

extension Threshold {
    /// Reads a gate: metric, `below` or `above`, and the unit, which must be the metric's own.
    fileprivate init(_ node: StrictYAML, of entry: Registry.Entry) throws {
        let keys = try node.mapping(allowed: ["metric", "below", "above", "unit"])
        let metricNode = try keys.required("metric", in: node)
        let metricName = try metricNode.string()
        guard let metric = entry.gates.first(where: { $0.name == metricName }) else {
            let isMeasured = entry.metrics.contains { $0.name == metricName }
            throw metricNode.error(
                isMeasured ? "no gate can limit '\(metricName)'" : "unknown metric '\(metricName)'",
                remedy: "\(entry.evaluator.rawValue) is judged by: \(entry.gates.map(\.name).joined(separator: ", "))")
        }
        let unitNode = try keys.required("unit", in: node)
        let unit = try unitNode.string()
        guard unit == metric.unit else {
            throw unitNode.error("the unit of \(metric.name) is \(metric.unit), not \(unit)")
        }
        let (side, other) = metric.polarity == .lowerIsBetter ? ("below", "above") : ("above", "below")
        if let wrong = keys[other] {
            throw wrong.error("\(metric.name) is limited with '\(side)'", remedy: "write \(side) in place of \(other)")
        }
        self.init(metric: metric, limit: try keys.required(side, in: node).number())
    }
}
