import LabCore
public import ModelFormats

/// A recipe: which tensor gets which storage type.
///
/// A recipe is a base type and a table of choices for each role of a tensor. The first choice whose conditions hold
/// decides; without one the tensor gets the base type. ``TypeAssignment`` applies it to a model.
public struct Recipe: Sendable {
    /// The name, as llama.cpp spells it, such as "Q4_K_M".
    public let name: String
    /// The number that `general.file_type` carries.
    public let fileType: UInt32
    /// The type of tensors without a choice of their own.
    public let baseType: TensorType
    let choices: [TensorRole: [Choice]]
    /// Types of value matrices that models of the 70B class exchange for better ones.
    let valuePromotions: [TensorType: TensorType]
    /// Types that are garbage here without an importance matrix.
    let typesNeedingMatrix: Set<TensorType>

    /// Whether the recipe quantizes, as opposed to storing every weight as a float of its own.
    public var usesBlocks: Bool { baseType.isBlockType }

    /// Whether only models that were trained for it survive the recipe: weights of one value and its sign, or of three.
    public var needsTrainedWeights: Bool { [.q1_0, .q2_0, .tq1_0, .tq2_0].contains(baseType) }

    /// A cell of the table.
    struct Choice: Sendable {
        let type: TensorType
        let conditions: [Condition]
    }

    /// When a choice applies.
    ///
    /// Positions of value matrices count these matrices; positions in the feed-forward layer are layers.
    enum Condition: Sendable {
        /// The first `count` positions.
        case first(Int)
        /// The first 1/n of the positions, rounded down.
        case firstPart(Int)
        /// The first 1/n, counted in matrices even in models with experts.
        case firstPartOfMatrices(Int)
        /// Neither the first nor the last eighth.
        case middle
        /// The first and the last eighth, and every third one between.
        case sensitive
        /// Models where this many query heads, or more, share a key and value head.
        case sharedHeads(Int)
        /// Models with exactly this many experts.
        case experts(Int)
        /// Models with this many experts or more.
        case expertsAtLeast(Int)
        /// Models of one architecture.
        case architecture(String)
        /// Matrices of all experts in one tensor.
        case expertStack
        /// An importance matrix is given.
        case importanceMatrix
        /// Rows that whole blocks of the base type do not fill.
        case unevenRows
        /// Everything but.
        indirect case not(Condition)
    }

    /// Whether a position is in the first or the last eighth, or every third one between; mlx-lm's mixed recipes took
    /// the rule over.
    static func isSensitive(_ position: Int, of count: Int) -> Bool {
        position < count / 8 || position >= 7 * count / 8 || (position - count / 8) % 3 == 2
    }

    /// The recipe of a name: llama.cpp's, a short form of it, or one of the configurations, in any case.
    ///
    /// Throws ``QuantizationError`` that lists the recipes.
    public static func named(_ name: String) throws -> Recipe {
        let wanted = RecipeNames.resolve(name)
        guard let recipe = all.first(where: { $0.name == wanted }) else {
            throw QuantizationError(
                .unknownRecipe, "there is no recipe '\(name)'",
                remedy: Spelling.sentence(name, among: RecipeNames.choices + RecipeNames.aliases.keys)
                    + "Choose one of \(RecipeNames.choices.joined(separator: ", ")).")
        }
        return recipe
    }
}

extension TensorType {
    /// Whether elements share blocks, as opposed to being stored each for itself.
    var isBlockType: Bool { blockElements > 1 }
}
