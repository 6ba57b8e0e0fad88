import ModelFormats

/// The size that an artifact would have, without the cost of planning it in full.
public struct RecipeSize: Sendable {
    /// The recipe's name.
    public let name: String
    /// The size of the artifact, headers and padding included.
    public let fileBytes: Int64
    /// Bytes of tensor data.
    public let tensorBytes: Int64
    /// Bytes of tensor data that are read for each generated token: all but an embedding that is no output matrix.
    public let bytesPerToken: Int64
    /// Whether a tensor is garbage without an importance matrix.
    public let needsImportanceMatrix: Bool
    /// Whether only models that were trained for it survive the recipe.
    let needsTrainedWeights: Bool

    /// Sizes an artifact.
    ///
    /// Throws ``QuantizationError`` when a type cannot hold a tensor.
    /// - Parameters:
    ///   - headerBytes: Bytes before the tensor data, which every recipe shares.
    public init(
        _ recipe: Recipe, tensors: [RecipeTensor], model: RecipeModel, headerBytes: Int64,
        overrides: TypeOverrides = TypeOverrides(), hasImportanceMatrix: Bool = false
    ) throws {
        name = recipe.name
        needsTrainedWeights = recipe.needsTrainedWeights
        let assignments = try recipe.types(
            for: tensors, of: model, overrides: overrides, hasImportanceMatrix: hasImportanceMatrix)
        let hasOutput = tensors.contains { $0.role == .output }
        var (data, padded, read) = (Int64(0), Int64(0), Int64(0))
        for (tensor, assignment) in zip(tensors, assignments) {
            let bytes =
                tensor.dimensions.reduce(1, *) / assignment.type.blockElements * assignment.type.blockBytes
            data += bytes
            padded += GGUFFormat.aligned(bytes)
            if tensor.role != .tokenEmbedding || !hasOutput { read += bytes }
        }
        tensorBytes = data
        fileBytes = headerBytes + padded
        bytesPerToken = read
        needsImportanceMatrix = assignments.contains(where: \.needsImportanceMatrix)
    }

    /// The size of a planned MLX artifact.
    public init(_ plan: MLXPlan) {
        name = plan.recipe.name
        fileBytes = plan.fileBytes
        tensorBytes = plan.tensorBytes
        let hasOutput = plan.tensors.contains { $0.role == .output }
        bytesPerToken = plan.tensors.filter { $0.role != .tokenEmbedding || !hasOutput }
            .reduce(0) { $0 + $1.byteCount }
        needsImportanceMatrix = false
        needsTrainedWeights = false
    }
}
