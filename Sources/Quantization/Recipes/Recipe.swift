public import ModelFormats

/// A recipe: which tensor gets which storage type.
///
/// A recipe is a table of rules over a base type. The first rule that applies to a tensor decides; without one the
/// tensor gets the base type. Norms stay F32 in every recipe.
public struct Recipe: Sendable {
    /// The name, as llama.cpp spells it, such as "Q4_K_M".
    public let name: String
    /// The number that `general.file_type` carries.
    public let fileType: UInt32
    /// The type of tensors without a rule of their own.
    public let baseType: TensorType
    let rules: [Rule]

    /// A line of the table.
    struct Rule: Sendable {
        let role: TensorRole
        let condition: Condition
        let type: TensorType
    }

    /// When a rule applies.
    enum Condition: Sendable {
        case always
        /// The first `count` blocks.
        case firstBlocks(Int)
        /// The first 1/n of the blocks, rounded down.
        case firstPart(Int)
        /// The first and the last eighth of the blocks, and every third one between.
        case sensitiveBlocks
        /// Models where this many query heads, or more, share a key and value head.
        case sharedHeads(Int)
    }

    /// Whether the recipe quantizes, as opposed to storing every weight as a float of its own.
    public var usesBlocks: Bool { baseType.blockElements > 1 }

    /// The recipe of a name, whatever its case.
    ///
    /// Throws ``QuantizationError`` that lists the recipes.
    public static func named(_ name: String) throws -> Recipe {
        guard let recipe = all.first(where: { $0.name == name.uppercased() }) else {
            throw QuantizationError(
                .unknownRecipe, "there is no recipe '\(name)'",
                remedy: "Choose one of \(all.map(\.name).joined(separator: ", ")).")
        }
        return recipe
    }

    /// The type of each tensor of a model.
    ///
    /// A tied embedding serves as output matrix and is treated as one. A type whose blocks do not divide a row gives
    /// way to the one named in ``fallbacks``.
    public func types(for tensors: [ModelTensor], configuration: ModelConfiguration) -> [TensorType] {
        let hasOutput = tensors.contains { $0.role == .output }
        return tensors.map { tensor in
            guard tensor.role != .norm, tensor.shape.count > 1 else { return .f32 }
            guard usesBlocks else { return baseType }
            // A matrix of one row is a vector to llama.cpp, which leaves vectors as they are.
            guard tensor.shape[0] > 1 else { return Self.parentType }
            let role = tensor.role == .tokenEmbedding && !hasOutput ? .output : tensor.role
            let rule = rules.first {
                $0.role == role && $0.condition.holds(layer: tensor.layer, configuration: configuration)
            }
            return Self.fitting(rule?.type ?? baseType, rowElements: tensor.shape[tensor.shape.count - 1])
        }
    }

    /// The type of matrices in the parent that quantized artifacts are made from and measured against.
    static let parentType = TensorType.bf16

    /// The type for rows that whole blocks of a type do not fill.
    static let fallbacks: [TensorType: TensorType] = [
        .q2_K: .q4_0, .q3_K: .q4_0, .q4_K: .q5_0, .q5_K: .q5_1, .q6_K: .q8_0,
    ]

    private static func fitting(_ type: TensorType, rowElements: Int) -> TensorType {
        let candidates = [type, fallbacks[type] ?? .f16]
        return candidates.first { Int64(rowElements) % $0.blockElements == 0 } ?? .f16
    }
}

extension Recipe.Condition {
    func holds(layer: Int?, configuration: ModelConfiguration) -> Bool {
        let count = configuration.layerCount
        let layer = layer ?? 0
        switch self {
        case .always: return true
        case .firstBlocks(let number): return layer < number
        case .firstPart(let divisor): return layer < count / divisor
        case .sensitiveBlocks: return layer < count / 8 || layer >= 7 * count / 8 || (layer - count / 8) % 3 == 2
        case .sharedHeads(let number): return configuration.queryHeadsPerKeyValueHead >= number
        }
    }
}
