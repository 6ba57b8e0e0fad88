public import Foundation
public import LabCore
import ModelFormats

/// `manifest.json`: what the artifacts of a folder are made from, how, and by what.
///
/// The same checkpoint, recipe, tool and engine give the same bytes of manifest: it carries no dates, and paths only
/// within the folder.
public struct Manifest: Codable, Sendable, Equatable {
    /// The version of the format.
    public static let currentVersion = 3
    /// The file's name.
    public static let fileName = "manifest.json"

    /// An artifact, and all that decides its bytes.
    public struct Artifact: Codable, Sendable, Equatable {
        /// The file or folder, from the manifest's folder: "gguf/qwen3-8b-q4_k_m.gguf", "mlx/qwen3-8b-4bit".
        public let file: String
        /// "gguf" or "mlx".
        public let format: String
        /// The size, of all files.
        public let bytes: Int64
        /// The digest of the file; for a folder that of the lines "NAME DIGEST" of its files, sorted.
        public let sha256: Digest
        /// The files of a folder, by name; nil for a single file.
        public let files: [File]?
        /// The recipe's name.
        public let recipe: String
        /// What was demanded of single tensors; nil when nothing was.
        public let overrides: TypeOverrides?
        /// The importance matrix; nil for an artifact made without one.
        public let calibration: Calibration?
        /// The recipe as options changed it, of MLX artifacts.
        public let mlx: MLXRecipe?
        /// Bits of tensor data for each weight.
        public let bitsPerWeight: Double
        /// The number of weights.
        public let parameters: Int64
        /// The version of this tool.
        public let tool: String
        /// The build of the engine whose block codecs were used; nil where none were.
        public let engine: String?
        /// The checkpoint.
        public let source: Source
        /// The tensors in the order of the file.
        public let tensors: [Tensor]
        /// What measuring it against its parent gave; nil as long as nobody has.
        public internal(set) var validation: [Validation]?

        enum CodingKeys: String, CodingKey {
            case file, format, bytes, sha256, files, recipe, overrides, calibration, mlx
            case bitsPerWeight = "bits_per_weight"
            case parameters, tool, engine, source, tensors, validation
        }

        init(file: String, sha256: Digest, source: Source, plan: RecipePlan, tool: String, engine: String) {
            self.file = file
            format = "gguf"
            bytes = plan.fileBytes
            self.sha256 = sha256
            files = nil
            recipe = plan.recipe.name
            overrides = plan.overrides.isEmpty ? nil : plan.overrides
            calibration = plan.calibration.map(Calibration.init)
            mlx = nil
            bitsPerWeight = plan.bitsPerWeight
            parameters = plan.parameterCount
            self.tool = tool
            self.engine = engine
            self.source = source
            tensors = plan.tensors.map {
                Tensor(name: $0.name, type: $0.type.name, dimensions: $0.dimensions, bytes: $0.byteCount)
            }
        }

        init(file: String, digests: [String: Digest], source: Source, plan: MLXPlan, tool: String) {
            self.file = file
            format = "mlx"
            bytes = plan.fileBytes
            let files = plan.files.compactMap { file in
                digests[file.name].map { File(name: file.name, bytes: file.bytes, sha256: $0) }
            }
            self.files = files
            sha256 = Self.digest(of: files)
            recipe = plan.recipe.name
            overrides = nil
            calibration = nil
            mlx = plan.recipe
            bitsPerWeight = plan.bitsPerWeight
            parameters = plan.parameterCount
            self.tool = tool
            engine = nil
            self.source = source
            tensors = plan.tensors.map {
                Tensor(
                    name: $0.name, type: $0.storage.name, dimensions: $0.shape.reversed().map(Int64.init),
                    bytes: $0.byteCount)
            }
        }

        private static func digest(of files: [File]) -> Digest {
            Digest(of: files.map { "\($0.name) \($0.sha256.hex)" }.sorted().joined(separator: "\n"))
        }
    }

    /// A file with its digest.
    public struct File: Codable, Sendable, Equatable {
        /// The name within its folder.
        public let name: String
        /// The size.
        public let bytes: Int64
        /// The digest of the bytes.
        public let sha256: Digest
    }

    /// The importance matrix that an artifact was quantized with.
    public struct Calibration: Codable, Sendable, Equatable {
        /// The name of the matrix's file, which the artifact repeats.
        public let file: String
        /// The digest of the matrix's file.
        public let sha256: Digest
        /// The texts, as the tool that read them named them.
        public let datasets: [String]
        /// Windows of text.
        public let chunks: Int

        init(_ calibration: Quantization.Calibration) {
            file = calibration.file
            sha256 = calibration.sha256
            datasets = calibration.matrix.datasets
            chunks = calibration.matrix.chunkCount
        }
    }

    /// The checkpoint.
    public struct Source: Codable, Sendable, Equatable {
        /// The model's name.
        public let name: String
        /// The repository, such as "Qwen/Qwen3-8B"; nil when local.
        public let id: String?
        /// The commit; nil when local.
        public let revision: String?
        /// The identity of the checkpoint, as ``Checkpoint/digest(of:)-swift.method`` computes it.
        public let digest: Digest
        /// The files, by name.
        public let files: [File]
    }

    /// A tensor of the artifact.
    public struct Tensor: Codable, Sendable, Equatable {
        /// The name.
        public let name: String
        /// The name of the storage type: "Q4_K" in GGUF, "4-bit g64" or "BF16" in MLX.
        public let type: String
        /// The dimensions, fastest first.
        public let dimensions: [Int64]
        /// The size of the data.
        public let bytes: Int64
    }

    /// One gate's verdict on the artifact.
    public struct Validation: Codable, Sendable, Equatable {
        /// The suite.
        public let suite: String
        /// The suite's evaluation.
        public let evaluation: String
        /// What it was measured on.
        public let backend: String
        /// The metric; nil for an evaluation that was skipped.
        public let metric: String?
        /// "pass", "fail", "inconclusive" or "skipped".
        public let status: String
        /// What was measured, in ``unit``.
        public let value: Double?
        /// The limit, in ``unit``.
        public let threshold: Double?
        /// The unit.
        public let unit: String?
        /// The parent's perplexity, of the increase alone.
        public let baseline: Double?
        /// The artifact's perplexity, of the increase alone.
        public let quantized: Double?
        /// The windows, prompts or tokens that it rests on; nil where nothing was measured.
        public let samples: Int?
        /// The build of the engine.
        public let engine: String?

        /// A verdict.
        public init(
            suite: String, evaluation: String, backend: String, metric: String?, status: String, value: Double?,
            threshold: Double?, unit: String?, baseline: Double?, quantized: Double?, samples: Int?,
            engine: String?
        ) {
            self.suite = suite
            self.evaluation = evaluation
            self.backend = backend
            self.metric = metric
            self.status = status
            self.value = value
            self.threshold = threshold
            self.unit = unit
            self.baseline = baseline
            self.quantized = quantized
            self.samples = samples
            self.engine = engine
        }
    }

    /// The version of the format.
    public let version: Int
    /// The artifacts, by file.
    public let artifacts: [Artifact]

    init(artifacts: [Artifact]) {
        version = Self.currentVersion
        self.artifacts = artifacts.sorted { $0.file < $1.file }
    }

    /// The manifest's place beside an artifact.
    public static func url(beside artifact: URL) -> URL {
        artifact.deletingLastPathComponent().appendingPathComponent(fileName)
    }

    /// The artifact of a file, from the manifest's folder; nil when there is none.
    public func artifact(_ file: String) -> Artifact? { artifacts.first { $0.file == file } }

    /// Reads a manifest.
    ///
    /// Throws ``ModelFormats/FormatError`` for a damaged file or another version.
    public init(contentsOf url: URL) throws {
        let file = try RandomAccessFile(url)
        let bytes = try file.read(at: 0, count: Int(file.sizeBytes))
        struct Version: Decodable { let version: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).version
            guard version == Self.currentVersion else {
                throw FormatError(
                    .unsupported, file: url.path, subject: "key 'version'", "is \(version)",
                    remedy: version > Self.currentVersion
                        ? "Update the lab: it knows version \(Self.currentVersion)."
                        : "An older lab wrote it: remove it and convert the checkpoint again.")
            }
            self = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw FormatError(
                .malformed, file: url.path, "is no manifest: \(error)",
                remedy: "Remove it and convert the checkpoint again.")
        }
    }

    /// The manifest at a place, or one without artifacts where no file is.
    ///
    /// Throws ``ModelFormats/FormatError`` for a damaged file or another version.
    public static func orEmpty(at url: URL) throws -> Manifest {
        FileManager.default.fileExists(atPath: url.path) ? try Manifest(contentsOf: url) : Manifest(artifacts: [])
    }

    /// The manifest's bytes.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// The manifest with results of an artifact, in place of older ones of the same suite, evaluation and backend.
    public func entering(_ results: [Validation], of file: String) -> Manifest {
        Manifest(
            artifacts: artifacts.map { artifact in
                guard artifact.file == file else { return artifact }
                var changed = artifact
                let kept = (artifact.validation ?? []).filter { old in
                    !results.contains {
                        $0.suite == old.suite && $0.evaluation == old.evaluation && $0.backend == old.backend
                    }
                }
                let all = kept + results
                changed.validation = all.isEmpty ? nil : all
                return changed
            })
    }

    /// The manifest without the entries of a file and of files that are gone.
    func without(_ file: String, folder: URL) -> Manifest {
        Manifest(
            artifacts: artifacts.filter {
                $0.file != file
                    && FileManager.default.fileExists(atPath: folder.appendingPathComponent($0.file).path)
            })
    }
}
