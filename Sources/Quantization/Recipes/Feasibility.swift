public import LabCore
public import ModelFormats

/// Targets that an artifact must meet, as far as arithmetic tells.
public struct FeasibilityTargets: Sendable, Equatable {
    /// The largest file.
    public var maximumFileBytes: Int64?
    /// The most memory, at ``contextTokens``.
    public var maximumMemoryBytes: Int64?
    /// The length of the context.
    ///
    /// Default: 8192.
    public var contextTokens = 8192
    /// A speed of generation and the memory bandwidth it has to be reached with.
    public var speed: Speed?

    /// A demanded speed of generation.
    public struct Speed: Sendable, Equatable {
        /// The least tokens in a second, one sequence at a time.
        public let tokensPerSecond: Double
        /// What the device reads from memory in a second.
        public let bandwidthBytesPerSecond: Double

        /// Demands a speed of a device.
        public init(tokensPerSecond: Double, bandwidthBytesPerSecond: Double) {
            self.tokensPerSecond = tokensPerSecond
            self.bandwidthBytesPerSecond = bandwidthBytesPerSecond
        }
    }

    /// No targets.
    public init() {}
}

/// Whether artifacts of a model can meet targets.
public struct Feasibility: Sendable {
    private let modelName: String
    private let configuration: ModelConfiguration
    private let parameterCount: Int64
    /// The recipes that have a type for every tensor, with the sizes they give.
    public let sizes: [RecipeSize]

    /// Sizes every recipe on a model.
    /// - Parameters:
    ///   - headerBytes: Bytes before the tensor data.
    ///   - tensors: The tensors as a recipe sees them.
    public init(
        modelName: String, configuration: ModelConfiguration, model: RecipeModel, parameterCount: Int64,
        headerBytes: Int64, overrides: TypeOverrides = TypeOverrides(), hasImportanceMatrix: Bool = false,
        tensors: (Recipe) -> [RecipeTensor]
    ) {
        self.modelName = modelName
        self.configuration = configuration
        self.parameterCount = parameterCount
        // A recipe whose blocks do not fit the model is no alternative.
        sizes = Recipe.all.compactMap {
            try? RecipeSize(
                $0, tensors: tensors($0), model: model, headerBytes: headerBytes, overrides: overrides,
                hasImportanceMatrix: hasImportanceMatrix)
        }
    }

    /// Sizes every recipe on a checkpoint, with the overrides of a plan for it.
    /// - Parameters:
    ///   - hasImportanceMatrix: Whether there is or will be a matrix. Default: what the plan has.
    public init(_ checkpoint: Checkpoint, plan: RecipePlan, hasImportanceMatrix: Bool? = nil) {
        let blockInputs = Recipe.q4_K_M.inputs(of: checkpoint)
        self.init(
            modelName: checkpoint.name, configuration: checkpoint.configuration,
            model: RecipeModel(checkpoint.configuration, architecture: checkpoint.architecture),
            parameterCount: checkpoint.parameterCount, headerBytes: plan.layout.dataOffset, overrides: plan.overrides,
            hasImportanceMatrix: hasImportanceMatrix ?? (plan.calibration != nil)
        ) { $0.usesBlocks ? blockInputs : $0.inputs(of: checkpoint) }
    }

    /// Sizes every MLX recipe on a checkpoint; the one of a plan as options changed it.
    public init(_ checkpoint: Checkpoint, plan: MLXPlan) {
        modelName = checkpoint.name
        configuration = checkpoint.configuration
        parameterCount = plan.parameterCount
        sizes = MLXRecipe.all.compactMap { recipe in
            recipe.name == plan.recipe.name ? RecipeSize(plan) : (try? MLXPlan(checkpoint, recipe)).map(RecipeSize.init)
        }
    }

    /// Sizes every recipe of a plan's format on a checkpoint, with the options of the plan.
    /// - Parameters:
    ///   - hasImportanceMatrix: Whether there is or will be a matrix. Default: what the plan has.
    public init(_ checkpoint: Checkpoint, plan: ArtifactPlan, hasImportanceMatrix: Bool? = nil) {
        switch plan {
        case .gguf(let plan): self.init(checkpoint, plan: plan, hasImportanceMatrix: hasImportanceMatrix)
        case .mlx(let plan): self.init(checkpoint, plan: plan)
        }
    }

    /// The verdict on a recipe: infeasible with the arithmetic, or pass.
    ///
    /// Throws ``QuantizationError`` when the recipe's blocks do not fit the model.
    public func verdict(_ recipe: Recipe, targets: FeasibilityTargets) throws -> (status: VerdictStatus, reason: String)
    {
        try verdict(named: recipe.name, targets: targets)
    }

    private func verdict(named name: String, targets: FeasibilityTargets) throws -> (VerdictStatus, String) {
        guard let size = sizes.first(where: { $0.name == name }) else {
            throw QuantizationError(.unfittingType, "\(name) has no type for a tensor of \(modelName)")
        }
        let missed = shortfalls(size, targets)
        guard !missed.isEmpty else { return (.pass, "\(modelName) as \(name) meets every target") }
        let lines = ["\(modelName) as \(name) is infeasible:"] + missed + [alternative(targets)]
        return (.infeasible, lines.joined(separator: "\n  "))
    }

    /// Refuses a recipe that cannot meet the targets.
    ///
    /// Throws ``QuantizationError`` with the arithmetic.
    public func require(_ recipe: Recipe, targets: FeasibilityTargets) throws {
        try require(.gguf(recipe), targets: targets)
    }

    /// Refuses a recipe that cannot meet the targets.
    ///
    /// Throws ``QuantizationError`` with the arithmetic.
    public func require(_ recipe: ArtifactRecipe, targets: FeasibilityTargets) throws {
        let (status, reason) = try verdict(named: recipe.name, targets: targets)
        guard status != .pass else { return }
        throw QuantizationError(.infeasible, reason)
    }

    // MARK: - Arithmetic

    private func shortfalls(_ size: RecipeSize, _ targets: FeasibilityTargets) -> [String] {
        [
            fileShortfall(size, targets), memoryShortfall(size, targets), speedShortfall(size, targets),
        ].compactMap { $0 }
    }

    private func fileShortfall(_ size: RecipeSize, _ targets: FeasibilityTargets) -> String? {
        guard let limit = targets.maximumFileBytes, size.fileBytes > limit else { return nil }
        return "file: \(ByteSize(size.fileBytes)) (\(bits(size.fileBytes)) bits per weight) against "
            + "\(ByteSize(limit)), which is \(bits(limit)) bits for each of \(parameterCount) weights"
    }

    private func memoryShortfall(_ size: RecipeSize, _ targets: FeasibilityTargets) -> String? {
        let memory = memory(size, targets)
        guard let limit = targets.maximumMemoryBytes, memory.totalBytes > limit else { return nil }
        let rest = limit - memory.totalBytes + memory.weightsBytes
        let left =
            rest > 0
            ? "leaves \(bits(rest)) bits per weight, and the recipe has \(bits(size.tensorBytes))"
            : "is less than cache and buffers alone"
        return "memory: \(memory.sum) = \(ByteSize(memory.totalBytes)) at a context of \(targets.contextTokens) tokens "
            + "against \(ByteSize(limit)), which \(left)"
    }

    private func speedShortfall(_ size: RecipeSize, _ targets: FeasibilityTargets) -> String? {
        guard let speed = targets.speed else { return nil }
        let cache = memory(size, targets).cacheBytes
        let bound = Self.tokensPerSecond(
            bytesPerToken: size.bytesPerToken + cache, bandwidthBytesPerSecond: speed.bandwidthBytesPerSecond)
        guard bound < speed.tokensPerSecond else { return nil }
        let bandwidth = (speed.bandwidthBytesPerSecond / 1e9).fixed(1)
        return "speed: each token reads weights \(ByteSize(size.bytesPerToken)) + cache \(ByteSize(cache)); "
            + "\(bandwidth) GB/s allow at most \(bound.fixed(1)) tokens/s at a context of \(targets.contextTokens) "
            + "tokens against \(speed.tokensPerSecond.fixed(1))"
    }

    /// The most tokens in a second that a device can generate when each one reads so many bytes from its memory.
    public static func tokensPerSecond(bytesPerToken: Int64, bandwidthBytesPerSecond: Double) -> Double {
        bandwidthBytesPerSecond / Double(bytesPerToken)
    }

    private func memory(_ size: RecipeSize, _ targets: FeasibilityTargets) -> MemoryEstimate {
        MemoryEstimate(
            weightsBytes: size.tensorBytes, configuration: configuration, contextTokens: targets.contextTokens)
    }

    private func bits(_ bytes: Int64) -> String { (8 * Double(bytes) / Double(parameterCount)).fixed(2) }

    // MARK: - What would fit

    private func alternative(_ targets: FeasibilityTargets) -> String {
        // A model that was not trained for one or two bits is garbage in them.
        let usable = sizes.filter { !$0.needsTrainedWeights }
        if let fitting = usable.first(where: { shortfalls($0, targets).isEmpty }) {
            return "the largest recipe that fits is \(describe(fitting))"
        }
        guard let smallest = usable.min(by: { $0.fileBytes < $1.fileBytes }) else { return "no recipe fits" }
        return "no recipe fits: the smallest is \(describe(smallest))"
    }

    private func describe(_ size: RecipeSize) -> String {
        "\(size.name), \(ByteSize(size.fileBytes)), \(bits(size.fileBytes)) bits per weight"
            + (size.needsImportanceMatrix ? ", which needs an importance matrix" : "")
    }
}

extension MemoryEstimate {
    /// The parts, for people.
    public var sum: String {
        "weights \(ByteSize(weightsBytes)) + cache \(ByteSize(cacheBytes)) + buffers \(ByteSize(computeBytes))"
    }
}
