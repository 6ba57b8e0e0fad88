/// What a user demands of MLX artifacts, against the recipe's own choice.
public struct MLXOptions: Sendable, Equatable {
    /// The length of groups.
    public var groupSize: Int?
    /// Whether the embedding and the output matrix get more bits than the body.
    public var isMixed = false
    /// Bits of the embedding.
    public var embeddingBits: Int?
    /// Bits of the output matrix.
    public var outputBits: Int?
    /// Whether every matrix gets the same bits.
    public var isUniform = false
    /// The type of floats, scales and biases.
    public var dataType: MLXDataType?

    /// Bits of the embedding and the output matrix where they are to have more than the body.
    static let tableBits = 6

    /// No demands.
    public init() {}

    /// Whether the recipe alone decides.
    public var isEmpty: Bool { self == MLXOptions() }

    /// Throws ``QuantizationError`` for values that mlx has no types for, and demands that exclude each other.
    public func validate() throws {
        if let groupSize, !AffineType.possibleGroupSizes.contains(groupSize) {
            throw Self.impossible("--group-size", groupSize, AffineType.possibleGroupSizes)
        }
        for (option, bits) in [("--embedding-bits", embeddingBits), ("--output-bits", outputBits)] {
            if let bits, !AffineType.possibleBits.contains(bits) {
                throw Self.impossible(option, bits, AffineType.possibleBits)
            }
        }
        if isUniform, isMixed || embeddingBits != nil || outputBits != nil {
            throw QuantizationError(
                .badOverride, "--aggressive gives every matrix the same bits, and another option says otherwise",
                remedy: "Leave out --mixed-precision, --embedding-bits and --output-bits, or --aggressive.")
        }
    }

    private static func impossible(_ option: String, _ value: Int, _ possible: [Int]) -> QuantizationError {
        QuantizationError(
            .badOverride, "\(option) \(value): mlx has no such type",
            remedy: "Choose one of \(possible.map(String.init).joined(separator: ", ")).")
    }
}

extension MLXRecipe {
    /// The recipe as the options change it.
    ///
    /// Throws ``QuantizationError`` for options that are impossible or contradict the recipe.
    public func applying(_ options: MLXOptions) throws -> MLXRecipe {
        try options.validate()
        if mixture != nil, options.isUniform || options.isMixed {
            throw QuantizationError(
                .badOverride, "\(name) says itself which matrices get more bits",
                remedy: "Leave out \(options.isUniform ? "--aggressive" : "--mixed-precision"), or choose another "
                    + "recipe, such as 4bit.")
        }
        var recipe = self
        if let groupSize = options.groupSize { recipe.body = AffineType(bits: body.bits, groupSize: groupSize) }
        if options.isMixed {
            let bits = max(MLXOptions.tableBits, body.bits)
            recipe.embeddingBits = embeddingBits ?? bits
            recipe.outputBits = outputBits ?? bits
        }
        if options.isUniform { (recipe.embeddingBits, recipe.outputBits) = (nil, nil) }
        recipe.embeddingBits = options.embeddingBits ?? recipe.embeddingBits
        recipe.outputBits = options.outputBits ?? recipe.outputBits
        recipe.dataType = options.dataType ?? dataType
        return recipe
    }
}
