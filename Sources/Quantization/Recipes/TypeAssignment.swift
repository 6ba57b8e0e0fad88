public import ModelFormats

/// The type that a recipe gives a tensor of a model.
public struct TypeAssignment: Sendable, Equatable {
    /// The storage type.
    public let type: TensorType
    /// Whether the result is garbage without an importance matrix.
    public let needsImportanceMatrix: Bool
}

extension Recipe {
    /// The type of each tensor of a model, in the order of `tensors`.
    ///
    /// These are the types of `llama-quantize`: some depend on how many tensors of a kind came before, in the order of
    /// blocks and names. A tied embedding serves as output matrix and is treated as one. A type whose blocks do not
    /// divide a row gives way to a similar one with smaller blocks.
    /// - Parameters:
    ///   - hasImportanceMatrix: Whether one is given; some choices depend on it.
    /// - Throws: ``QuantizationError`` when a type cannot hold a tensor and has no substitute.
    public func types(
        for tensors: [RecipeTensor], of model: RecipeModel, overrides: TypeOverrides = TypeOverrides(),
        hasImportanceMatrix: Bool = false
    ) throws -> [TypeAssignment] {
        var assigner = try TypeAssigner(
            recipe: self, model: model, overrides: overrides, hasImportanceMatrix: hasImportanceMatrix,
            tensors: tensors)
        var assignments: [Int: TypeAssignment] = [:]
        for index in tensors.indices.sorted(by: { RecipeTensor.precedes(tensors[$0], tensors[$1]) }) {
            assignments[index] = try assigner.assignment(tensors[index])
        }
        return tensors.indices.compactMap { assignments[$0] }
    }
}

/// Goes through the tensors of a model and counts what recipes count.
private struct TypeAssigner {
    private let recipe: Recipe
    private let model: RecipeModel
    private let overrides: TypeOverrides
    private let patterns: [(expression: Regex<AnyRegexOutput>, type: TensorType)]
    private let hasImportanceMatrix: Bool
    private let hasOutput: Bool
    private let valueCount: Int
    private var seen: [TensorRole: Int] = [:]

    init(
        recipe: Recipe, model: RecipeModel, overrides: TypeOverrides, hasImportanceMatrix: Bool,
        tensors: [RecipeTensor]
    ) throws {
        self.recipe = recipe
        self.model = model
        self.overrides = overrides
        self.hasImportanceMatrix = hasImportanceMatrix
        patterns = try overrides.patterns.map {
            (try Regex($0.expression).matchingSemantics(.unicodeScalar), $0.type)
        }
        hasOutput = tensors.contains { $0.role == .output }
        valueCount = tensors.count { $0.role == .attentionValue }
    }

    mutating func assignment(_ tensor: RecipeTensor) throws -> TypeAssignment {
        guard ProtectedTensors.admit(tensor, architecture: model.architecture),
            !(overrides.leavesOutput && tensor.role == .output)
        else { return TypeAssignment(type: tensor.parentType, needsImportanceMatrix: false) }
        let type = try type(of: tensor)
        let isTable = tensor.role == .tokenEmbedding || tensor.role == .output
        return TypeAssignment(
            type: type, needsImportanceMatrix: !isTable && recipe.typesNeedingMatrix.contains(type))
    }

    private mutating func type(of tensor: RecipeTensor) throws -> TensorType {
        let named = try patterns.first { try $0.expression.firstMatch(in: tensor.name) != nil }?.type
        // The table of one embedding for each layer is large: a pattern may name it apart from the first one.
        let isNamedTable = tensor.name == "per_layer_token_embd.weight" && named != nil
        if tensor.role == .tokenEmbedding, let demanded = overrides.embeddingType, !isNamedTable {
            return try holding(tensor, demanded)
        }
        if tensor.role == .output, let demanded = overrides.outputType { return try holding(tensor, demanded) }
        guard recipe.usesBlocks else { return recipe.baseType }
        let wanted = named ?? (overrides.isPure ? recipe.baseType : choice(for: tensor))
        return try fitting(wanted, tensor)
    }

    // MARK: - The recipe's choice

    private mutating func choice(for tensor: RecipeTensor) -> TensorType {
        if let floor = ProtectedTensors.floor(tensor, architecture: model.architecture) { return floor }
        let role = tensor.role == .tokenEmbedding && !hasOutput ? .output : tensor.role
        if role == .output, let demanded = overrides.outputType { return demanded }
        defer { seen[role, default: 0] += 1 }
        let choices = recipe.choices[role] ?? []
        let type =
            choices.first { $0.conditions.allSatisfy { holds($0, for: tensor, as: role) } }?.type ?? recipe.baseType
        guard role == .attentionValue, model.isOf70BClass else { return type }
        return recipe.valuePromotions[type] ?? type
    }

    private func holds(_ condition: Recipe.Condition, for tensor: RecipeTensor, as role: TensorRole) -> Bool {
        let matricesBefore = seen[role] ?? 0
        let isValue = role == .attentionValue
        let count = isValue ? valueCount : model.layerCount
        // Experts may lie in several tensors of a layer, or some layers have none: only the name tells the layer.
        let position = !isValue && model.expertCount > 1 ? tensor.layer ?? matricesBefore : matricesBefore
        switch condition {
        case .first(let number): return position < number
        case .firstPart(let divisor): return position < count / divisor
        case .firstPartOfMatrices(let divisor): return matricesBefore < count / divisor
        case .middle: return position >= count / 8 && position < 7 * count / 8
        case .sensitive:
            return Recipe.isSensitive(position, of: count)
        case .sharedHeads(let number): return model.queryHeadsPerKeyValueHead >= number
        case .experts(let number): return model.expertCount == number
        case .expertsAtLeast(let number): return model.expertCount >= number
        case .architecture(let name): return model.architecture == name
        case .expertStack:
            let isFeedForward = [.feedForwardUp, .feedForwardGate, .feedForwardDown].contains(role)
            // This one stacks matrices of its attention too.
            return tensor.dimensionCount > 2 && (model.architecture != "bailingmoe3" || isFeedForward)
        case .importanceMatrix: return hasImportanceMatrix
        case .unevenRows: return tensor.dimensions[0] % recipe.baseType.blockElements != 0
        case .not(let other): return !holds(other, for: tensor, as: role)
        }
    }

    // MARK: - Blocks and rows

    /// The type for rows that whole blocks of a type do not fill.
    private static let substitutes: [TensorType: TensorType] = [
        .iq1_S: .iq4_NL, .iq1_M: .iq4_NL, .iq2_XXS: .iq4_NL, .iq2_XS: .iq4_NL, .iq2_S: .iq4_NL, .iq3_XXS: .iq4_NL,
        .iq3_S: .iq4_NL, .iq4_XS: .iq4_NL,
        .q2_0: .q4_0, .q2_K: .q4_0, .q3_K: .q4_0, .tq1_0: .q4_0, .tq2_0: .q4_0,
        .q4_K: .q5_0, .q5_K: .q5_1, .q6_K: .q8_0,
    ]

    private func fitting(_ type: TensorType, _ tensor: RecipeTensor) throws -> TensorType {
        func fits(_ candidate: TensorType) -> Bool { tensor.dimensions[0] % candidate.blockElements == 0 }
        if fits(type) { return type }
        let substitute = Self.substitutes[type] ?? type
        guard substitute != type || type.blockElements <= 32 else { throw unfitting(tensor, type) }
        return fits(substitute) ? substitute : .f16
    }

    private func holding(_ tensor: RecipeTensor, _ type: TensorType) throws -> TensorType {
        guard tensor.dimensions[0] % type.blockElements == 0 else { throw unfitting(tensor, type) }
        return type
    }

    private func unfitting(_ tensor: RecipeTensor, _ type: TensorType) -> QuantizationError {
        QuantizationError(
            .unfittingType,
            "tensor '\(tensor.name)': \(type.name) has blocks of \(type.blockElements), and a row has "
                + "\(tensor.dimensions[0]) elements",
            remedy: "Choose a type with smaller blocks, such as Q8_0 or F16.")
    }
}
