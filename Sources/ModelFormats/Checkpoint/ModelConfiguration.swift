/// A model's `config.json`: the shape of the network.
///
/// Field names follow the file; what the file calls `num_hidden_layers` is ``layerCount`` here.
public struct ModelConfiguration: Sendable, Equatable {
    /// The class names in `architectures`, such as "Qwen3ForCausalLM".
    public let architectures: [String]
    /// The width of the residual stream.
    public let hiddenSize: Int
    /// The width of the feed-forward layer.
    public let intermediateSize: Int
    /// The number of transformer blocks.
    public let layerCount: Int
    /// The number of query heads.
    public let attentionHeadCount: Int
    /// The number of key and value heads.
    public let keyValueHeadCount: Int
    /// The width of a head.
    public let headDimension: Int
    /// The number of rows of the embedding.
    public let vocabularySize: Int
    /// The longest context, in tokens.
    public let maximumPositions: Int
    /// The constant added to the variance in RMS normalization.
    public let rmsNormEpsilon: Double
    /// The base of the rotary frequencies.
    public let ropeTheta: Double
    /// How the rotary frequencies are stretched; nil when they are not.
    public let ropeScaling: RopeScaling?
    /// Whether the output matrix is the embedding.
    public let tiesWordEmbeddings: Bool
    /// The ids of special tokens that the file states as single integers.
    public let specialTokenIDs: [SpecialToken: Int]
    /// The name that the authors saved the model under; nil when the file has none.
    public let savedName: String?

    /// Query heads that share one key and value head.
    public var queryHeadsPerKeyValueHead: Int { attentionHeadCount / keyValueHeadCount }

    /// Reads a configuration.
    ///
    /// Throws ``FormatError`` for a missing key or a value that no network can have.
    public init(_ object: JSONObject) throws {
        let names = try object.require("architectures", object.array)
        architectures = try names.map {
            guard case .string(let name) = $0 else { throw object.mismatch("architectures", "a list of names") }
            return name
        }
        func size(_ key: String) throws -> Int {
            let value = try object.require(key, object.integer)
            guard (1...Int(Int32.max)).contains(value) else {
                throw object.mismatch(key, "a positive 31-bit integer")
            }
            return value
        }
        hiddenSize = try size("hidden_size")
        intermediateSize = try size("intermediate_size")
        layerCount = try size("num_hidden_layers")
        attentionHeadCount = try size("num_attention_heads")
        keyValueHeadCount = try size("num_key_value_heads")
        headDimension = try size("head_dim")
        vocabularySize = try size("vocab_size")
        maximumPositions = try size("max_position_embeddings")
        guard attentionHeadCount % keyValueHeadCount == 0 else {
            throw object.mismatch("num_key_value_heads", "a divisor of num_attention_heads")
        }
        rmsNormEpsilon = try object.require("rms_norm_eps", object.number)
        let rope = try object.object("rope_parameters") ?? object.object("rope_scaling")
        ropeTheta = try rope?.number("rope_theta") ?? object.require("rope_theta", object.number)
        ropeScaling = try rope.flatMap(RopeScaling.init)
        tiesWordEmbeddings = try object.bool("tie_word_embeddings") ?? false
        var ids: [SpecialToken: Int] = [:]
        for token in SpecialToken.allCases {
            if case .integer(let id) = object["\(token.rawValue)_token_id"] { ids[token] = Int(id) }
        }
        specialTokenIDs = ids
        savedName = try object.string("_name_or_path")
    }
}

/// How rotary position embeddings are stretched to a longer context.
public enum RopeScaling: Sendable, Equatable {
    /// All frequencies divided by a factor.
    case linear(factor: Double)
    /// YaRN.
    case yarn(Yarn)

    /// The parameters of YaRN; the optional ones are written only when the file has them.
    public struct Yarn: Sendable, Equatable {
        /// The ratio of the new context to the original one.
        public let factor: Double
        /// The context of the training, in tokens.
        public let originalPositions: Int
        /// `extrapolation_factor`.
        public let extrapolationFactor: Double?
        /// `attention_factor`.
        public let attentionFactor: Double?
        /// `beta_fast`.
        public let betaFast: Double?
        /// `beta_slow`.
        public let betaSlow: Double?
    }

    /// Reads the scaling; nil for the type "default".
    ///
    /// Throws ``FormatError`` for a type that is not supported.
    init?(_ object: JSONObject) throws {
        switch try object.string("rope_type") ?? object.string("type") {
        case nil, "default": return nil
        case "linear": self = .linear(factor: try object.require("factor", object.number))
        case "yarn":
            self = .yarn(
                Yarn(
                    factor: try object.require("factor", object.number),
                    originalPositions: try object.require("original_max_position_embeddings", object.integer),
                    extrapolationFactor: try object.number("extrapolation_factor"),
                    attentionFactor: try object.number("attention_factor") ?? object.number("attn_factor"),
                    betaFast: try object.number("beta_fast"),
                    betaSlow: try object.number("beta_slow")))
        case let other?:
            throw FormatError(
                .unsupported, file: object.file, subject: "key 'rope_scaling'", "has the type '\(other)'",
                remedy: "Supported are default, linear and yarn.")
        }
    }
}

/// A role that a vocabulary gives to one of its tokens.
///
/// The order is that of llama.cpp's converter.
public enum SpecialToken: String, Sendable, CaseIterable {
    /// Starts a text.
    case bos
    /// Ends a text or a turn.
    case eos
    /// Stands for what the vocabulary lacks.
    case unk
    /// Separates texts.
    case sep
    /// Fills a batch.
    case pad
    /// Classification.
    case cls
    /// Hides a token.
    case mask
}
