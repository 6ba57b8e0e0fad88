public import ModelFormats

/// What a recipe makes of a checkpoint: every tensor's type and the artifact's exact size, before a byte is written.
public struct RecipePlan: Sendable {
    /// A tensor of the artifact.
    public struct Tensor: Sendable {
        /// The name in GGUF.
        public let name: String
        /// The storage type.
        public let type: TensorType
        /// The dimensions, fastest first.
        public let dimensions: [Int64]
        /// The size of the data.
        public let byteCount: Int64
        /// The index in ``Checkpoint/tensors``.
        let checkpointIndex: Int
    }

    /// The recipe.
    public let recipe: Recipe
    /// The tensors in the order of the artifact.
    public let tensors: [Tensor]
    /// The metadata of the artifact.
    public let metadata: GGUFMetadata
    /// The size of the artifact, header and padding included.
    public let fileBytes: Int64
    /// The number of weights.
    public let parameterCount: Int64
    let layout: GGUFLayout

    /// Bits of tensor data for each weight; header and padding are left out, as llama-quantize does.
    public var bitsPerWeight: Double {
        Double(8 * tensors.reduce(0) { $0 + $1.byteCount }) / Double(parameterCount)
    }

    /// Plans an artifact.
    ///
    /// Throws when the checkpoint's tokenizer or a shape is not supported.
    public init(_ checkpoint: Checkpoint, _ recipe: Recipe) throws {
        self.recipe = recipe
        parameterCount = checkpoint.parameterCount
        metadata = try ArtifactMetadata(checkpoint).metadata(for: recipe)
        let types = recipe.types(
            for: checkpoint.tensors.map(\.model), configuration: checkpoint.configuration)
        let order = Self.order(of: checkpoint.tensors.map(\.model), recipe: recipe)
        layout = try GGUFLayout(
            metadata: metadata,
            tensors: order.map { index in
                let tensor = checkpoint.tensors[index].model
                return GGUFLayout.Request(
                    name: tensor.name, type: types[index], dimensions: tensor.shape.reversed().map(Int64.init))
            })
        tensors = zip(order, layout.tensors).map { index, placed in
            Tensor(
                name: placed.name, type: placed.type, dimensions: placed.dimensions, byteCount: placed.byteCount,
                checkpointIndex: index)
        }
        fileBytes = layout.fileBytes
    }

    /// llama.cpp's converter keeps the order of the checkpoint, its quantizer sorts by block and name.
    private static func order(of tensors: [ModelTensor], recipe: Recipe) -> [Int] {
        guard recipe.usesBlocks else { return Array(tensors.indices) }
        return tensors.indices.sorted { left, right in
            let (one, other) = (tensors[left], tensors[right])
            let (oneLayer, otherLayer) = (one.layer ?? -1, other.layer ?? -1)
            guard oneLayer == otherLayer else { return oneLayer < otherLayer }
            return one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
        }
    }
}
