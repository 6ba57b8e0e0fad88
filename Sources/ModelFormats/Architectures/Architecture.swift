/// A kind of network: how its checkpoints are read and what its GGUF files say.
///
/// Each architecture is one file of data in this folder and one name in ``supported``.
public struct Architecture: Sendable {
    /// A width of the network.
    enum Dimension: Sendable {
        case vocabulary, hidden, intermediate, queries, keyValues, head
    }

    /// When a checkpoint has a tensor.
    enum Presence: Sendable {
        /// Always; a tied output matrix may be left out.
        case always
        /// When config.json sets `attention_bias`.
        case attentionBias
        /// When config.json sets `mlp_bias`.
        case feedForwardBias
    }

    /// A tensor of the network; "*" stands for the layer.
    struct Module: Sendable {
        let source: String
        let target: String
        let shape: [Dimension]
        let presence: Presence
        /// Whether rows are those of heads whose two halves GGUF interleaves.
        let interleavesHeads: Bool

        /// The weights of a module.
        static func weight(
            _ source: String, _ target: String, _ shape: [Dimension], interleavesHeads: Bool = false
        ) -> Module {
            Module(
                source: source + ".weight", target: target + ".weight", shape: shape, presence: .always,
                interleavesHeads: interleavesHeads)
        }

        /// The bias of a module.
        static func bias(
            _ source: String, _ target: String, _ dimension: Dimension, _ presence: Presence = .always,
            interleavesHeads: Bool = false
        ) -> Module {
            Module(
                source: source + ".bias", target: target + ".bias", shape: [dimension], presence: presence,
                interleavesHeads: interleavesHeads)
        }
    }

    /// What Hugging Face's configuration class supposes where config.json is silent; nil where the file has to speak.
    struct Defaults: Sendable {
        var ropeTheta: Double?
        var rmsNormEpsilon: Double?
        /// Whether the width of a head is that of the residual stream divided by the heads.
        var dividesHiddenIntoHeads = false
        /// Whether each query head has a key and value head of its own.
        var sharesNoHeads = false
    }

    /// A key of `NAME.*` that GGUF files of some architectures have.
    public enum Key: Sendable {
        /// `vocab_size`.
        case vocabularySize
        /// `rope.dimension_count`: the width of a head.
        case ropeDimensionCount
        /// `attention.key_length` and `attention.value_length`, also where config.json does not state `head_dim`.
        case headDimension
    }

    /// What GGUF files say of some vocabularies, which are told by their size alone.
    public struct VocabularyRule: Sendable {
        /// The number of ids.
        public let size: Int
        /// `eot_token_id`; nil where there is none.
        public var endOfTurnID: UInt32?
        /// `add_bos_token`, whatever the files say; nil to believe them.
        public var addsBOS: Bool?
    }

    /// The class names in `config.json`.
    public let classNames: [String]
    /// The name in `general.architecture`.
    public let name: String
    let modules: [Module]
    let defaults: Defaults
    /// Keys beside those of all architectures.
    public let keys: [Key]
    /// Whether llama3's rope scaling is supported: the engine reads its factors from a tensor.
    let readsFrequencyFactors: Bool
    /// Whether `tokenizer.ggml.add_space_prefix` is written where tokenizer_config.json states it.
    public let statesSpacePrefix: Bool
    /// Rules for single vocabularies.
    public let vocabularyRules: [VocabularyRule]

    init(
        classNames: [String], name: String, modules: [Module], defaults: Defaults = Defaults(), keys: [Key] = [],
        readsFrequencyFactors: Bool = false, statesSpacePrefix: Bool = false, vocabularyRules: [VocabularyRule] = []
    ) {
        self.classNames = classNames
        self.name = name
        self.modules = modules
        self.defaults = defaults
        self.keys = keys
        self.readsFrequencyFactors = readsFrequencyFactors
        self.statesSpacePrefix = statesSpacePrefix
        self.vocabularyRules = vocabularyRules
    }

    /// All that are supported.
    public static let supported = [qwen3, qwen2, llama, mistral]

    /// The architecture of a configuration.
    ///
    /// Throws ``FormatError`` that names an unsupported one and lists the supported ones.
    public static func detect(_ object: JSONObject) throws -> Architecture {
        let names = try object.require("architectures", object.array).map { value -> String in
            guard case .string(let name) = value else { throw object.mismatch("architectures", "a list of names") }
            return name
        }
        for name in names {
            if let found = supported.first(where: { $0.classNames.contains(name) }) { return found }
        }
        throw FormatError(
            .unsupported, file: object.file, subject: "key 'architectures'",
            "names \(names.isEmpty ? "nothing" : names.joined(separator: ", "))",
            remedy: "Supported: \(supported.flatMap(\.classNames).joined(separator: ", ")).")
    }
}

/// A tensor that a network must have.
public struct ModelTensor: Sendable, Equatable {
    /// The name in the checkpoint.
    public let sourceName: String
    /// The name in GGUF.
    public let name: String
    /// The block it belongs to, from 0; nil for the embedding, the output and the last norm.
    public let layer: Int?
    /// The dimensions, slowest first.
    public let shape: [Int]
    /// Rows of a head whose two halves GGUF interleaves; nil where it keeps the order.
    ///
    /// Hugging Face rotates the two halves of a head against each other, the engine neighbours: row i of a half and
    /// its partner in the other become rows 2i and 2i + 1.
    public var interleavedHeadRows: Int?

    /// What it does, told by its name in GGUF.
    public var role: TensorRole { TensorRole(named: name) }
}

extension Architecture {
    /// The tensors of a network with this configuration, in the order of the table.
    public func tensors(_ configuration: ModelConfiguration) -> [ModelTensor] {
        modules.filter { isPresent($0, in: configuration) }.flatMap { module -> [ModelTensor] in
            let layers = module.source.contains("*") ? (0..<configuration.layerCount).map(Optional.some) : [nil]
            return layers.map { layer in
                func named(_ name: String) -> String { layer.map { name.replacing("*", with: "\($0)") } ?? name }
                return ModelTensor(
                    sourceName: named(module.source), name: named(module.target), layer: layer,
                    shape: module.shape.map { size(of: $0, in: configuration) },
                    interleavedHeadRows: module.interleavesHeads ? configuration.headDimension : nil)
            }
        }
    }

    private func isPresent(_ module: Module, in configuration: ModelConfiguration) -> Bool {
        switch module.presence {
        case .always: true
        case .attentionBias: configuration.hasAttentionBias
        case .feedForwardBias: configuration.hasFeedForwardBias
        }
    }

    private func size(of dimension: Dimension, in configuration: ModelConfiguration) -> Int {
        switch dimension {
        case .vocabulary: configuration.vocabularySize
        case .hidden: configuration.hiddenSize
        case .intermediate: configuration.intermediateSize
        case .queries: configuration.attentionHeadCount * configuration.headDimension
        case .keyValues: configuration.keyValueHeadCount * configuration.headDimension
        case .head: configuration.headDimension
        }
    }
}
