import Foundation
public import ModelFormats

/// How to make an artifact of either format.
public enum ArtifactRecipe: Sendable {
    /// A GGUF file, and what is demanded of single tensors.
    case gguf(Recipe, TypeOverrides)
    /// An MLX folder.
    case mlx(MLXRecipe)

    /// The recipe's name.
    public var name: String {
        switch self {
        case .gguf(let recipe, _): recipe.name
        case .mlx(let recipe): recipe.name
        }
    }
}

/// What a recipe of either format makes of a checkpoint, before a byte is written.
public enum ArtifactPlan: Sendable {
    /// A GGUF file.
    case gguf(RecipePlan)
    /// An MLX folder.
    case mlx(MLXPlan)

    /// Plans an artifact.
    ///
    /// Throws when the checkpoint's tokenizer or a shape is not supported.
    public init(_ checkpoint: Checkpoint, _ recipe: ArtifactRecipe) throws {
        switch recipe {
        case .gguf(let recipe, let overrides):
            self = .gguf(try RecipePlan(checkpoint, recipe, overrides: overrides))
        case .mlx(let recipe): self = .mlx(try MLXPlan(checkpoint, recipe))
        }
    }

    /// The recipe.
    public var recipe: ArtifactRecipe {
        switch self {
        case .gguf(let plan): .gguf(plan.recipe, plan.overrides)
        case .mlx(let plan): .mlx(plan.recipe)
        }
    }

    /// The size of the artifact: the file's, or that of all files of the folder.
    public var fileBytes: Int64 {
        switch self {
        case .gguf(let plan): plan.fileBytes
        case .mlx(let plan): plan.fileBytes
        }
    }

    /// Refuses types that are garbage without an importance matrix.
    ///
    /// Throws ``QuantizationError`` that names the first such tensor.
    public func requireNoImportanceMatrix() throws {
        if case .gguf(let plan) = self { try plan.requireNoImportanceMatrix() }
    }

    func output(at url: URL) throws -> any ConversionOutput {
        switch self {
        case .gguf(let plan): try GGUFOutput(url, plan: plan)
        case .mlx(let plan): try MLXOutput(url, plan: plan)
        }
    }
}
