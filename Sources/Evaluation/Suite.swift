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
        /// The recipe of the MLX folder that it runs, or a configuration; nil for backends that run GGUF files, and where
        /// the command line names the folder.
        public let recipe: String?

        /// Creates a request.
        public init(name: String, isOptional: Bool, recipe: String? = nil) {
            self.name = name
            self.isOptional = isOptional
            self.recipe = recipe
        }
    }

    /// A file to measure on: a text, or a prompt set.
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

    static func resolve(_ path: String, in folder: URL) -> URL {
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
        let keys = try node.mapping(allowed: ["name", "optional", "recipe"])
        name = try keys.required("name", in: node).backendName()
        isOptional = try keys["optional"]?.boolean() ?? false
        if let given = keys["recipe"], name != "mlx" {
            throw given.error("only mlx has a recipe of its own", remedy: "\(name) runs the suite's own recipe")
        }
        recipe = name == "mlx" ? try keys.required("recipe", in: node).mlxRecipeName() : nil
    }
}

extension Suite.Dataset {
    init(_ node: StrictYAML, folder: URL) throws {
        let keys = try node.mapping(allowed: ["name", "path"])
        name = try keys.required("name", in: node).string()
        file = Suite.resolve(try keys.required("path", in: node).string(), in: folder)
    }
}
