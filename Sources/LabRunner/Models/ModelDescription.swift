public import Foundation
import LabCore
import ModelFormats
import Quantization

/// What a model is, from its configuration, its tokenizer and the headers of its weights.
public struct ModelDescription: Codable, Sendable, Equatable {
    /// A number and the file that states it.
    public struct Stated: Codable, Sendable, Equatable {
        /// The number.
        public let value: Int
        /// The file.
        public let source: String

        init(_ value: Int, _ source: String) {
            self.value = value
            self.source = source
        }
    }

    /// The tokenizer.
    public struct Tokenizer: Codable, Sendable, Equatable {
        /// The class that loads it; nil when no file says.
        public let name: String?
        /// "byte-level BPE" or "SentencePiece BPE".
        public let kind: String
        /// The ids it gives.
        public let tokens: Int
        /// The file.
        public let source: String
    }

    /// What a chat template can do, as its text tells.
    public struct ChatTemplate: Codable, Sendable, Equatable {
        /// Whether thoughts are kept apart from answers, and whether they can be switched off: "switchable", "always"
        /// or "none".
        public let thinking: String
        /// Whether it shows tools.
        public let tools: Bool
    }

    /// What an artifact would need.
    public struct Size: Codable, Sendable, Equatable {
        /// The recipe.
        public let recipe: String
        /// "gguf" or "mlx".
        public let format: String
        /// The size of the file, or of all files.
        public let bytes: Int64
        /// Bits of tensor data for each weight.
        public let bitsPerWeight: Double
        /// Weights, keys and values in F16 and buffers, at the contexts of ``contexts``.
        public let memoryBytes: [Int64]
        /// Whether it is garbage without an importance matrix.
        public let needsImportanceMatrix: Bool

        enum CodingKeys: String, CodingKey {
            case recipe, format, bytes
            case bitsPerWeight = "bits_per_weight"
            case memoryBytes = "memory_bytes"
            case needsImportanceMatrix = "needs_importance_matrix"
        }
    }

    /// The contexts that memory is told for, in tokens.
    public static let contexts = [8192, 32768]

    /// The model's name.
    public let name: String
    /// The repository; nil for a folder.
    public let id: String?
    /// The commit; nil for a folder.
    public let commit: String?
    /// The kind of network: "dense decoder, GQA 4:1".
    public let architecture: String
    /// The class in config.json.
    public let family: String
    /// Blocks, width and heads.
    public let layers: Int
    /// The width of the residual stream.
    public let hiddenSize: Int
    /// The weights, an output matrix that is the embedding counted once.
    public let parameters: Int64
    /// Those without embedding and output matrix.
    public let parametersWithoutEmbeddings: Int64
    /// The context that the model was trained for.
    public let nativeContext: Stated
    /// The context it can be stretched to; nil when no file tells of one.
    public let extendedContext: Stated?
    /// The types of the weights, the one with most of them first.
    public let types: [String]
    /// The files of weights.
    public let shards: Int
    /// Their bytes.
    public let weightsBytes: Int64
    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// The chat template; nil when there is none.
    public let chatTemplate: ChatTemplate?
    /// What artifacts would need.
    public let sizes: [Size]
    /// Where it is: the folder, or the cache's place for it.
    public var place: String
    /// How many of the shards are there.
    public var shardsInPlace: Int

    enum CodingKeys: String, CodingKey {
        case name, id, commit, architecture, family, layers
        case hiddenSize = "hidden_size"
        case parameters
        case parametersWithoutEmbeddings = "parameters_without_embeddings"
        case nativeContext = "native_context"
        case extendedContext = "extended_context"
        case types = "dtypes"
        case shards
        case weightsBytes = "weights_bytes"
        case tokenizer
        case chatTemplate = "chat_template"
        case sizes, place
        case shardsInPlace = "shards_in_place"
    }

    /// Describes a checkpoint in a folder, of which no weight is read.
    ///
    /// Throws the error of what cannot be read, or is not supported.
    public init(_ folder: URL) throws {
        let checkpoint = try Checkpoint(directory: folder)
        let configuration = checkpoint.configuration
        name = checkpoint.name
        id = checkpoint.sourceID
        commit = checkpoint.revision
        let ratio = configuration.queryHeadsPerKeyValueHead
        let heads =
            ratio == 1
            ? "MHA" : configuration.keyValueHeadCount == 1 ? "MQA \(ratio):1" : "GQA \(ratio):1"
        architecture = "dense decoder, \(heads)"
        family = try Self.className(folder) ?? checkpoint.architecture.name
        layers = configuration.layerCount
        hiddenSize = configuration.hiddenSize
        parameters = checkpoint.parameterCount
        parametersWithoutEmbeddings = checkpoint.tensors
            .filter { ![.tokenEmbedding, .output].contains($0.model.role) }
            .reduce(0) { $0 + $1.source.tensor.elementCount }
        (nativeContext, extendedContext) = try ContextLengths.stated(configuration, in: folder)
        let weights = Dictionary(grouping: checkpoint.tensors, by: \.source.tensor.scalarType.rawValue)
            .mapValues { $0.reduce(0) { $0 + $1.source.tensor.elementCount } }
        types = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let files = checkpoint.files.filter { SafetensorsModel.owns($0.name) && $0.name != SafetensorsModel.indexName }
        shards = files.count
        weightsBytes = files.reduce(0) { $0 + $1.sizeBytes }
        tokenizer = try Self.tokenizer(checkpoint, in: folder)
        chatTemplate = checkpoint.tokenizerConfiguration?.chatTemplate.map(ChatTemplate.init)
        sizes = try Self.sizes(checkpoint)
        place = folder.path
        shardsInPlace = files.count
    }

    private static func className(_ folder: URL) throws -> String? {
        let object = try JSONObject(contentsOf: RandomAccessFile(folder.appendingPathComponent("config.json")))
        guard case .string(let name) = try object.array("architectures")?.first else { return nil }
        return name
    }

    private static func tokenizer(_ checkpoint: Checkpoint, in folder: URL) throws -> Tokenizer {
        let file = folder.appendingPathComponent("tokenizer_config.json")
        let configuration =
            checkpoint.tokenizerConfiguration == nil ? nil : try JSONObject(contentsOf: RandomAccessFile(file))
        let isSentencePiece = checkpoint.sentencePiece != nil || checkpoint.tokenizer?.hasByteFallback == true
        return Tokenizer(
            name: try configuration?.string("tokenizer_class"),
            kind: isSentencePiece ? "SentencePiece BPE" : "byte-level BPE",
            tokens: checkpoint.tokenizer?.idCount ?? checkpoint.configuration.vocabularySize,
            source: checkpoint.sentencePiece == nil ? "tokenizer.json" : "tokenizer.model")
    }

    private static func sizes(_ checkpoint: Checkpoint) throws -> [Size] {
        func described(_ format: String, _ feasibility: Feasibility, _ parameters: Int64) -> [Size] {
            feasibility.sizes.map { size in
                Size(
                    recipe: size.name, format: format, bytes: size.fileBytes,
                    bitsPerWeight: 8 * Double(size.tensorBytes) / Double(parameters),
                    memoryBytes: contexts.map {
                        MemoryEstimate(
                            weightsBytes: size.tensorBytes, configuration: checkpoint.configuration, contextTokens: $0
                        ).totalBytes
                    },
                    needsImportanceMatrix: size.needsImportanceMatrix)
            }
        }
        let gguf = try RecipePlan(checkpoint, Recipe.named("balanced"))
        let mlx = try MLXPlan(checkpoint, MLXRecipe.named("balanced"))
        return described("gguf", Feasibility(checkpoint, plan: gguf), gguf.parameterCount)
            + described("mlx", Feasibility(checkpoint, plan: mlx), mlx.parameterCount)
    }
}

extension ModelDescription.ChatTemplate {
    init(_ template: String) {
        thinking =
            !template.contains("<think>") && !template.contains("reasoning_content")
            ? "none" : template.contains("enable_thinking") ? "switchable" : "always"
        tools = template.contains(/\btools\b/)
    }
}
