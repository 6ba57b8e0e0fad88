public import ModelFormats

/// What recipes look at in a model beside its tensors.
public struct RecipeModel: Sendable, Equatable {
    /// The name in `general.architecture`, such as "qwen3".
    public let architecture: String
    /// The number of transformer blocks.
    public let layerCount: Int
    /// Query heads that share one key and value head, in the first block.
    public let queryHeadsPerKeyValueHead: Int
    /// Experts of a feed-forward layer; 0 in dense models.
    public let expertCount: Int

    /// Describes a model.
    public init(architecture: String, layerCount: Int, queryHeadsPerKeyValueHead: Int, expertCount: Int = 0) {
        self.architecture = architecture
        self.layerCount = layerCount
        self.queryHeadsPerKeyValueHead = queryHeadsPerKeyValueHead
        self.expertCount = expertCount
    }

    /// The model of a checkpoint.
    public init(_ configuration: ModelConfiguration, architecture: Architecture) {
        self.init(
            architecture: architecture.name, layerCount: configuration.layerCount,
            queryHeadsPerKeyValueHead: configuration.queryHeadsPerKeyValueHead)
    }

    /// Blocks of the models that llama.cpp counts to its 70B class, by architecture.
    private static let layersOf70B = ["llama": 80, "qwen2": 80, "deci": 80, "olmo": 80, "jais2": 68]

    /// Whether llama.cpp counts the model to its 70B class; the first Llama of that depth, without shared heads, is
    /// its 65B.
    var isOf70BClass: Bool {
        guard Self.layersOf70B[architecture] == layerCount else { return false }
        return architecture != "llama" || (expertCount != 8 && queryHeadsPerKeyValueHead != 1)
    }
}

/// A tensor as recipes see it.
public struct RecipeTensor: Sendable, Equatable {
    /// The name in GGUF.
    public let name: String
    /// The dimensions, fastest first.
    public let dimensions: [Int64]
    /// The type in the parent, which tensors keep that no recipe quantizes.
    public let parentType: TensorType
    /// What the tensor does.
    public let role: TensorRole
    /// The block it belongs to; nil outside of blocks.
    public let layer: Int?
    /// Whether the name alone keeps it from being quantized.
    let isProtected: Bool

    /// Describes a tensor.
    public init(name: String, dimensions: [Int64], parentType: TensorType) {
        self.name = name
        self.dimensions = dimensions
        self.parentType = parentType
        role = TensorRole(named: name)
        isProtected = ProtectedTensors.contains(name)
        let parts = name.split(separator: ".", maxSplits: 2)
        layer = parts.count == 3 && parts[0] == "blk" ? Int(parts[1]) : nil
    }

    /// Dimensions as ggml counts them: up to the last one above 1.
    var dimensionCount: Int { (dimensions.lastIndex { $0 > 1 } ?? 0) + 1 }

    /// The order in which llama.cpp's quantizer takes tensors: by block, then by name.
    static func precedes(_ one: RecipeTensor, _ other: RecipeTensor) -> Bool {
        let (oneLayer, otherLayer) = (one.layer ?? -1, other.layer ?? -1)
        guard oneLayer == otherLayer else { return oneLayer < otherLayer }
        return one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
}
