import LabCore
import ModelFormats

/// A recipe of MLX artifacts: how many bits each matrix gets, and the length of its groups.
///
/// Norms and biases are floats, and so is a matrix whose rows are no multiple of the group size.
public struct MLXRecipe: Sendable, Equatable {
    /// The name, such as "4bit".
    public let name: String
    /// Bits and groups of matrices without a rule of their own.
    var body: AffineType
    /// Bits of the embedding; nil for those of the body.
    var embeddingBits: Int?
    /// Bits of the output matrix; nil for those of the body.
    var outputBits: Int?
    /// mlx-lm's rule that gives some matrices of some layers more bits; nil for none.
    let mixture: Mixture?
    /// The type of floats, scales and biases; nil for what `config.json` says.
    var dataType: MLXDataType?

    /// mlx-lm's mixture of two sizes.
    struct Mixture: Sendable, Equatable, Codable {
        /// The bits of most matrices.
        let low: Int
        /// The bits of the output matrix, and in sensitive layers of the matrices of values and the last ones of the
        /// feed-forward layer.
        let high: Int
    }

    /// The lab's configurations and their recipes.
    public static let configurations = RecipeNames.mlxConfigurations

    /// All recipes, by size.
    ///
    /// Mixtures have 4 bits as the model's own, although no matrix is left to them, because mlx-lm writes that.
    public static let all = [
        MLXRecipe("8bit", 8, groupSize: 128),
        MLXRecipe("6bit", 6),
        MLXRecipe("5bit", 5),
        MLXRecipe("mixed_4_6", 4, mixture: Mixture(low: 4, high: 6)),
        MLXRecipe("4bit", 4, tableBits: 6),
        MLXRecipe("4bit-uniform", 4),
        MLXRecipe("mixed_3_6", 4, mixture: Mixture(low: 3, high: 6)),
        MLXRecipe("mixed_3_4", 4, mixture: Mixture(low: 3, high: 4)),
        MLXRecipe("3bit", 3),
        MLXRecipe("mixed_2_6", 4, mixture: Mixture(low: 2, high: 6)),
        MLXRecipe("2bit", 2),
    ]

    private init(
        _ name: String, _ bits: Int, groupSize: Int = 64, tableBits: Int? = nil, mixture: Mixture? = nil
    ) {
        self.name = name
        body = AffineType(bits: bits, groupSize: groupSize)
        embeddingBits = tableBits
        outputBits = tableBits
        self.mixture = mixture
    }

    /// The recipe of a name or of one of the ``configurations``, in any case.
    ///
    /// Throws ``QuantizationError`` that lists the recipes.
    public static func named(_ name: String) throws -> MLXRecipe {
        let wanted = configurations[name.lowercased()] ?? name.lowercased()
        guard let recipe = all.first(where: { $0.name == wanted }) else {
            let names = configurations.keys.sorted() + all.map(\.name)
            throw QuantizationError(
                .unknownRecipe, "there is no MLX recipe '\(name)'",
                remedy: Spelling.sentence(name, among: names) + "Choose one of \(names.joined(separator: ", ")).")
        }
        return recipe
    }
}

extension MLXRecipe: Codable {
    enum CodingKeys: String, CodingKey {
        case name, body, mixture
        case embeddingBits = "embedding_bits"
        case outputBits = "output_bits"
        case dataType = "dtype"
    }
}

/// The type of floats in an MLX artifact, as mlx names it.
public enum MLXDataType: String, Sendable, Codable, CaseIterable {
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a binary32.
    case bfloat16
    /// IEEE 754 binary32.
    case float32

    /// The type in a safetensors file.
    var scalarType: ScalarType {
        switch self {
        case .float16: .float16
        case .bfloat16: .bfloat16
        case .float32: .float32
        }
    }
}

// MARK: - What a matrix gets

extension MLXRecipe {
    /// The type of a matrix, and whether `config.json` has to name it.
    ///
    /// A tied embedding is both tables, and gets the larger number of bits.
    func type(of role: TensorRole, layer: Int?, layerCount: Int, isTied: Bool) -> (type: AffineType, isNamed: Bool) {
        let bits = bits(of: role, layer: layer, layerCount: layerCount, isTied: isTied)
        let type = AffineType(bits: bits, groupSize: body.groupSize)
        return (type, mixture != nil || type != body)
    }

    private func bits(of role: TensorRole, layer: Int?, layerCount: Int, isTied: Bool) -> Int {
        switch role {
        case .tokenEmbedding where isTied && mixture == nil:
            return max(embeddingBits ?? body.bits, outputBits ?? body.bits)
        case .tokenEmbedding: return embeddingBits ?? mixture?.low ?? body.bits
        case .output: return outputBits ?? mixture?.high ?? body.bits
        case .attentionValue, .feedForwardDown:
            guard let mixture, let layer else { return mixture?.low ?? body.bits }
            return Recipe.isSensitive(layer, of: layerCount) ? mixture.high : mixture.low
        default: return mixture?.low ?? body.bits
        }
    }
}
