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
        /// Whether the tensor is garbage without an importance matrix.
        public let needsImportanceMatrix: Bool
        /// The index in ``Checkpoint/tensors``, which the constants are counted after.
        let checkpointIndex: Int

        /// The product of the dimensions.
        public var elementCount: Int64 { dimensions.reduce(1, *) }
    }

    /// The recipe.
    public let recipe: Recipe
    /// What is demanded of single tensors.
    public let overrides: TypeOverrides
    /// What the errors of quantization are weighed by; nil for all the same.
    public let calibration: Calibration?
    /// The tensors in the order of the artifact.
    public let tensors: [Tensor]
    /// The metadata of the artifact.
    public let metadata: GGUFMetadata
    /// The size of the artifact, header and padding included.
    public let fileBytes: Int64
    /// The number of weights.
    public let parameterCount: Int64
    let layout: GGUFLayout

    /// Bytes of tensor data, without header and padding.
    public var tensorBytes: Int64 { tensors.reduce(0) { $0 + $1.byteCount } }

    /// Bits of tensor data for each weight; header and padding are left out, as llama-quantize does.
    public var bitsPerWeight: Double { Double(8 * tensorBytes) / Double(parameterCount) }

    /// Plans an artifact.
    ///
    /// Throws when the checkpoint's tokenizer or a shape is not supported.
    public init(
        _ checkpoint: Checkpoint, _ recipe: Recipe, overrides: TypeOverrides = TypeOverrides(),
        calibration: Calibration? = nil
    ) throws {
        self.recipe = recipe
        self.overrides = overrides
        self.calibration = recipe.usesBlocks ? calibration : nil
        parameterCount = checkpoint.parameterCount
        metadata = try ArtifactMetadata(checkpoint).metadata(for: recipe, calibration: self.calibration)
        let inputs = recipe.inputs(of: checkpoint)
        let assignments = try recipe.types(
            for: inputs, of: RecipeModel(checkpoint.configuration, architecture: checkpoint.architecture),
            overrides: overrides, hasImportanceMatrix: self.calibration != nil)
        // llama.cpp's converter puts constants first and keeps the order of the checkpoint, its quantizer sorts by block and name.
        let order =
            recipe.usesBlocks
            ? inputs.indices.sorted { RecipeTensor.precedes(inputs[$0], inputs[$1]) }
            : Array(inputs.indices[checkpoint.tensors.count...]) + checkpoint.tensors.indices
        layout = try GGUFLayout(
            metadata: metadata,
            tensors: order.map { index in
                GGUFLayout.Request(
                    name: inputs[index].name, type: assignments[index].type, dimensions: inputs[index].dimensions)
            })
        tensors = zip(order, layout.tensors).map { index, placed in
            Tensor(
                name: placed.name, type: placed.type, dimensions: placed.dimensions, byteCount: placed.byteCount,
                needsImportanceMatrix: assignments[index].needsImportanceMatrix, checkpointIndex: index)
        }
        fileBytes = layout.fileBytes
    }

    /// Refuses types that are garbage without an importance matrix, and matrices of another model.
    ///
    /// Throws ``QuantizationError`` that names the first such tensor.
    public func requireImportance() throws {
        for index in tensors.indices { _ = try importance(ofTensor: index) }
    }

    /// The importance of each column of a tensor; nil where all count the same.
    func importance(ofTensor index: Int) throws -> [Float]? {
        let tensor = tensors[index]
        guard tensor.type.isBlockType, let entry = calibration?.matrix.entries[tensor.name] else {
            guard tensor.needsImportanceMatrix else { return nil }
            throw QuantizationError(
                .missingImportanceMatrix,
                "\(recipe.name) needs an importance matrix: tensor '\(tensor.name)' as \(tensor.type.name) is garbage "
                    + "without one",
                remedy: calibration.map { "Name a matrix that has the tensor: \($0.file) has not." }
                    ?? "Add --calibration-data FILE or --imatrix FILE, or choose a recipe that works without, such as "
                    + "Q2_K, IQ3_S or IQ4_XS.")
        }
        guard Int64(entry.squares.count) == tensor.dimensions[0] else {
            // The embedding is no matrix that anything is multiplied with; llama.cpp passes over it too.
            if TensorRole(named: tensor.name) == .tokenEmbedding { return nil }
            throw QuantizationError(
                .badImportanceMatrix,
                "tensor '\(tensor.name)' has rows of \(tensor.dimensions[0]), and \(calibration?.file ?? "") has "
                    + "\(entry.squares.count) columns for it",
                remedy: "Name an importance matrix of this model.")
        }
        return entry.importance
    }
}

extension Recipe {
    /// The tensors of a checkpoint as this recipe sees them.
    ///
    /// Blocks are made from a BF16 parent; an artifact of floats is itself the parent.
    func inputs(of checkpoint: Checkpoint) -> [RecipeTensor] {
        let floats = usesBlocks ? TensorType.bf16 : baseType
        return (checkpoint.tensors.map(\.model) + checkpoint.constants.map(\.model)).map { tensor in
            RecipeTensor(
                name: tensor.name, dimensions: tensor.shape.reversed().map(Int64.init),
                parentType: ProtectedTensors.parentType(tensor, floats: floats))
        }
    }
}
