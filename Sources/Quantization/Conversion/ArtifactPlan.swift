import Foundation
public import ModelFormats

/// How to make an artifact of either format.
public enum ArtifactRecipe: Sendable {
    /// A GGUF file, what is demanded of single tensors, and what the errors of quantization are weighed by.
    case gguf(Recipe, overrides: TypeOverrides = TypeOverrides(), calibration: Calibration? = nil)
    /// An MLX folder.
    case mlx(MLXRecipe)

    /// The recipe's name.
    public var name: String {
        switch self {
        case .gguf(let recipe, _, _): recipe.name
        case .mlx(let recipe): recipe.name
        }
    }

    /// The recipe with an importance matrix, where one has an effect: on blocks of GGUF files.
    public func calibrated(by calibration: Calibration?) -> ArtifactRecipe {
        guard case .gguf(let recipe, let overrides, _) = self, recipe.usesBlocks else { return self }
        return .gguf(recipe, overrides: overrides, calibration: calibration)
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
        case .gguf(let recipe, let overrides, let calibration):
            self = .gguf(try RecipePlan(checkpoint, recipe, overrides: overrides, calibration: calibration))
        case .mlx(let recipe): self = .mlx(try MLXPlan(checkpoint, recipe))
        }
    }

    /// The recipe.
    public var recipe: ArtifactRecipe {
        switch self {
        case .gguf(let plan): .gguf(plan.recipe, overrides: plan.overrides, calibration: plan.calibration)
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

    /// Refuses types that are garbage without an importance matrix, and matrices of another model.
    ///
    /// Throws ``QuantizationError`` that names the first such tensor.
    public func requireImportance() throws {
        if case .gguf(let plan) = self { try plan.requireImportance() }
    }

    func output(at url: URL) throws -> any ConversionOutput {
        switch self {
        case .gguf(let plan): try GGUFOutput(url, plan: plan)
        case .mlx(let plan): try MLXOutput(url, plan: plan)
        }
    }
}
