public import Foundation
public import LabCore
public import ModelFormats

/// `manifest.json`: what an artifact is made from, how, and by what.
///
/// It lies beside the artifact.
///
/// The same checkpoint, recipe, tool and engine give the same bytes of manifest: it carries no dates and no paths.
public struct Manifest: Codable, Sendable, Equatable {
    /// The version of the format.
    public static let currentVersion = 1
    /// The file's name.
    public static let fileName = "manifest.json"

    /// The artifact's file.
    public struct Artifact: Codable, Sendable, Equatable {
        /// The file's name.
        public let file: String
        /// "gguf".
        public let format: String
        /// The size.
        public let bytes: Int64
        /// The digest of the file.
        public let sha256: Digest
    }

    /// The checkpoint.
    public struct Source: Codable, Sendable, Equatable {
        /// A file of the checkpoint.
        public struct File: Codable, Sendable, Equatable {
            /// The name within the checkpoint.
            public let name: String
            /// The size.
            public let bytes: Int64
            /// The digest of the file.
            public let sha256: Digest
        }

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
        /// The storage type.
        public let type: TensorType
        /// The dimensions, fastest first.
        public let dimensions: [Int64]
        /// The size of the data.
        public let bytes: Int64
    }

    /// The version of the format.
    public let version: Int
    /// The artifact.
    public let artifact: Artifact
    /// The checkpoint.
    public let source: Source
    /// The recipe's name.
    public let recipe: String
    /// Bits of tensor data for each weight.
    public let bitsPerWeight: Double
    /// The number of weights.
    public let parameters: Int64
    /// The version of this tool.
    public let tool: String
    /// The build of the engine whose block codecs were used.
    public let engine: String
    /// The tensors in the order of the artifact.
    public let tensors: [Tensor]

    enum CodingKeys: String, CodingKey {
        case version, artifact, source, recipe
        case bitsPerWeight = "bits_per_weight"
        case parameters, tool, engine, tensors
    }

    /// The manifest's place beside an artifact.
    public static func url(beside artifact: URL) -> URL {
        artifact.deletingLastPathComponent().appendingPathComponent(fileName)
    }

    /// Reads a manifest.
    ///
    /// Throws ``ModelFormats/FormatError`` for a damaged file or a newer version.
    public init(contentsOf url: URL) throws {
        let file = try RandomAccessFile(url)
        let bytes = try file.read(at: 0, count: Int(file.sizeBytes))
        struct Version: Decodable { let version: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(bytes)).version
            guard version <= Self.currentVersion else {
                throw FormatError(
                    .unsupported, file: url.path, subject: "key 'version'", "is \(version)",
                    remedy: "Update the lab: it knows versions up to \(Self.currentVersion).")
            }
            self = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw FormatError(
                .malformed, file: url.path, "is no manifest: \(error)", remedy: "Convert the checkpoint again.")
        }
    }

    /// Writes the manifest, whole or not at all.
    public func write(to url: URL) throws {
        try AtomicFile.write(encoded(), to: url)
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self) + Data("\n".utf8)
    }

    init(
        artifact: Artifact, source: Source, plan: RecipePlan, tool: String, engine: String
    ) {
        version = Self.currentVersion
        self.artifact = artifact
        self.source = source
        recipe = plan.recipe.name
        bitsPerWeight = plan.bitsPerWeight
        parameters = plan.parameterCount
        self.tool = tool
        self.engine = engine
        tensors = plan.tensors.map {
            Tensor(name: $0.name, type: $0.type, dimensions: $0.dimensions, bytes: $0.byteCount)
        }
    }
}
