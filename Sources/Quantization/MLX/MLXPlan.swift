public import ModelFormats

/// What a recipe makes of a checkpoint as an MLX folder: every tensor's type and every file's exact size, before a byte
/// is written.
public struct MLXPlan: Sendable {
    /// How a tensor is stored.
    public enum Storage: Sendable, Equatable {
        /// Codes, with scales and biases of a float type.
        case affine(AffineType, factors: ScalarType)
        /// Floats.
        case float(ScalarType)

        /// The name: "4-bit g64" or "BF16".
        public var name: String {
            switch self {
            case .affine(let type, _): type.name
            case .float(let type): type.rawValue
            }
        }

        /// The float type that values are rounded to before anything else.
        var scalarType: ScalarType {
            switch self {
            case .affine(_, let type), .float(let type): type
            }
        }
    }

    /// A tensor of the network.
    public struct Tensor: Sendable {
        /// The name in the checkpoint, which mlx-lm keeps: "model.embed_tokens.weight".
        public let name: String
        /// How it is stored.
        public let storage: Storage
        /// The dimensions, slowest first.
        public let shape: [Int]
        /// The size of all its data, scales and biases included.
        public let byteCount: Int64
        /// The index in ``Checkpoint/tensors``.
        let checkpointIndex: Int
        let role: TensorRole

        /// The product of the dimensions.
        public var elementCount: Int64 { shape.reduce(1) { $0 * Int64($1) } }
    }

    /// A file of the folder.
    public struct File: Sendable, Equatable {
        /// The name.
        public let name: String
        /// The size.
        public let bytes: Int64
    }

    /// The recipe.
    public let recipe: MLXRecipe
    /// The tensors: outside of blocks first, then block by block.
    public let tensors: [Tensor]
    /// The number of weights.
    public let parameterCount: Int64
    /// The files, by name.
    public let files: [File]
    let shards: MLXShards
    /// Files whose text follows from the checkpoint, by name.
    let texts: [String: String]
    /// Files of the checkpoint that are copied.
    let copies: [Checkpoint.File]

    /// Bytes of tensor data, scales and biases included.
    public var tensorBytes: Int64 { tensors.reduce(0) { $0 + $1.byteCount } }
    /// The size of the artifact: all files.
    public var fileBytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
    /// Bits of tensor data for each weight.
    public var bitsPerWeight: Double { Double(8 * tensorBytes) / Double(parameterCount) }

    /// Plans an artifact.
    ///
    /// Throws when no matrix of the model fits the recipe's groups.
    public init(_ checkpoint: Checkpoint, _ recipe: MLXRecipe) throws {
        try self.init(checkpoint, recipe, maximumShardBytes: MLXShards.maximumBytes)
    }

    /// Plans an artifact whose files hold at most so many bytes of tensor data each, or one tensor.
    package init(_ checkpoint: Checkpoint, _ recipe: MLXRecipe, maximumShardBytes: Int64) throws {
        self.recipe = recipe
        let configuration = try MLXConfiguration(checkpoint)
        let isTied = checkpoint.configuration.tiesWordEmbeddings
        let dataType = recipe.dataType ?? configuration.dataType
        var named: [String: AffineType] = [:]
        // mlx-lm drops an output matrix that a tied embedding replaces.
        let kept = checkpoint.tensors.indices.filter { !(isTied && checkpoint.tensors[$0].model.role == .output) }
        tensors = kept.sorted { Self.precedes(checkpoint.tensors[$0].model, checkpoint.tensors[$1].model) }.map {
            index in
            let model = checkpoint.tensors[index].model
            let own = checkpoint.tensors[index].floatType
            let scalarType = dataType?.scalarType ?? own
            var storage = Storage.float(scalarType)
            if model.shape.count == 2, model.shape[1] % recipe.body.groupSize == 0 {
                let (type, isNamed) = recipe.type(
                    of: model.role, layer: model.layer, layerCount: checkpoint.configuration.layerCount, isTied: isTied)
                storage = .affine(type, factors: scalarType)
                if isNamed { named[MLXShards.module(of: model.sourceName)] = type }
            }
            return Tensor(
                name: model.sourceName, storage: storage, shape: model.shape,
                byteCount: MLXShards.parts(of: model.sourceName, storage, shape: model.shape)
                    .reduce(0) { $0 + $1.byteCount },
                checkpointIndex: index, role: model.role)
        }
        parameterCount = tensors.reduce(0) { $0 + $1.elementCount }
        shards = MLXShards(tensors, maximumBytes: maximumShardBytes)
        texts = [
            "config.json": configuration.text(body: recipe.body, named: named),
            SafetensorsModel.indexName: shards.index(parameterCount: parameterCount),
        ]
        copies = checkpoint.files.filter { $0.name != "config.json" && !SafetensorsModel.owns($0.name) }
        files =
            (texts.map { File(name: $0.key, bytes: Int64($0.value.utf8.count)) }
            + copies.map { File(name: $0.name, bytes: $0.sizeBytes) }
            + zip(shards.names, shards.layouts).map { File(name: $0, bytes: $1.fileBytes) }).sorted {
                $0.name < $1.name
            }
        try requireMatrices(checkpoint)
    }

    private static func precedes(_ one: ModelTensor, _ other: ModelTensor) -> Bool {
        let (oneLayer, otherLayer) = (one.layer ?? -1, other.layer ?? -1)
        // By the name in GGUF, so that a pass that writes both formats goes through both in their order.
        return oneLayer == otherLayer
            ? one.name.utf8.lexicographicallyPrecedes(other.name.utf8) : oneLayer < otherLayer
    }

    private func requireMatrices(_ checkpoint: Checkpoint) throws {
        let matrices = tensors.filter { $0.shape.count == 2 }
        guard matrices.allSatisfy({ if case .float = $0.storage { true } else { false } }) else { return }
        let lengths = Set(matrices.map { $0.shape[1] }).sorted().map(String.init).joined(separator: " or ")
        throw QuantizationError(
            .unfittingType,
            "\(checkpoint.name) as \(recipe.name): no matrix has rows of a multiple of \(recipe.body.groupSize); they "
                + "have \(lengths) elements",
            remedy: "Choose smaller groups: --group-size 32.")
    }
}

extension Checkpoint.Tensor {
    /// The float type that holds the values without a choice; 8-bit floats and their scales become BF16.
    fileprivate var floatType: ScalarType {
        let type = source.tensor.scalarType
        return [.float16, .float32].contains(type) ? type : .bfloat16
    }
}
