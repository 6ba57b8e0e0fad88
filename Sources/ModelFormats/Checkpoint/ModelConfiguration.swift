/// A model's `config.json`: the shape of the network.
///
/// Field names follow the file; what the file calls `num_hidden_layers` is ``layerCount`` here.
public struct ModelConfiguration: Sendable, Equatable {
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
    /// Whether the file states the width of a head; otherwise it follows from the architecture.
    public let statesHeadDimension: Bool
    /// Whether the projections of attention have biases that the architecture leaves to choose.
    public let hasAttentionBias: Bool
    /// Whether the projections of the feed-forward layer have biases.
    public let hasFeedForwardBias: Bool
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
    /// How the weights are quantized; nil when they are not.
    public let quantization: SourceQuantization?
    /// The ids of special tokens that the file states as single integers.
    public let specialTokenIDs: [SpecialToken: Int]
    /// The name that the authors saved the model under; nil when the file has none.
    public let savedName: String?

    /// Query heads that share one key and value head.
    public var queryHeadsPerKeyValueHead: Int { attentionHeadCount / keyValueHeadCount }

    /// Reads a configuration; the architecture fills in what its own class leaves out.
    ///
    /// Throws ``FormatError`` for a missing key or a value that no network can have.
    public init(_ object: JSONObject, architecture: Architecture) throws {
        let defaults = architecture.defaults
        func size(_ key: String, orElse missing: Int? = nil) throws -> Int {
            let value = try object.integer(key) ?? missing ?? object.require(key, object.integer)
            guard (1...Int(Int32.max)).contains(value) else {
                throw object.mismatch(key, "a positive 31-bit integer")
            }
            return value
        }
        hiddenSize = try size("hidden_size")
        intermediateSize = try size("intermediate_size")
        layerCount = try size("num_hidden_layers")
        attentionHeadCount = try size("num_attention_heads")
        keyValueHeadCount = try size("num_key_value_heads", orElse: defaults.sharesNoHeads ? attentionHeadCount : nil)
        statesHeadDimension = try object.integer("head_dim") != nil
        headDimension = try size(
            "head_dim", orElse: defaults.dividesHiddenIntoHeads ? hiddenSize / attentionHeadCount : nil)
        vocabularySize = try size("vocab_size")
        maximumPositions = try size("max_position_embeddings")
        guard attentionHeadCount % keyValueHeadCount == 0 else {
            throw object.mismatch("num_key_value_heads", "a divisor of num_attention_heads")
        }
        guard headDimension % 2 == 0 else { throw object.mismatch("head_dim", "an even number") }
        rmsNormEpsilon =
            try object.number("rms_norm_eps") ?? defaults.rmsNormEpsilon
            ?? object.require("rms_norm_eps", object.number)
        let rope = try object.object("rope_parameters") ?? object.object("rope_scaling")
        ropeTheta =
            try rope?.number("rope_theta") ?? object.number("rope_theta") ?? defaults.ropeTheta
            ?? object.require("rope_theta", object.number)
        ropeScaling = try rope.flatMap {
            try RopeScaling($0, originalPositions: object.integer("original_max_position_embeddings"))
        }
        if case .llama3 = ropeScaling, !architecture.readsFrequencyFactors {
            throw FormatError(
                .unsupported, file: object.file, subject: "key 'rope_scaling'",
                "has the type 'llama3', which the engine does not know for \(architecture.name)",
                remedy: "Check that config.json belongs to these weights.")
        }
        hasAttentionBias = try object.bool("attention_bias") ?? false
        hasFeedForwardBias = try object.bool("mlp_bias") ?? false
        tiesWordEmbeddings = try object.bool("tie_word_embeddings") ?? false
        quantization = try object.object("quantization_config").map(SourceQuantization.init)
        var ids: [SpecialToken: Int] = [:]
        for token in SpecialToken.allCases {
            if case .integer(let id) = object["\(token.rawValue)_token_id"] { ids[token] = Int(id) }
        }
        specialTokenIDs = ids
        savedName = try object.string("_name_or_path")
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
    /// Ends a turn, where a template puts another token at the end of a text.
    case eot
    /// Ends a message, where ``eot`` is taken.
    case eom

    /// Those that files state; the others follow from a template.
    public static let stated: [SpecialToken] = [.bos, .eos, .unk, .sep, .pad, .cls, .mask]
}
