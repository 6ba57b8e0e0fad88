import ModelFormats

/// The recipes, with the choices of llama.cpp's quantizer, build b11434.
///
/// Source: `src/llama-quant.cpp`; `./lab prove recipes` compares every one with `llama-quantize --dry-run`.
// swift-format-ignore: AlwaysUseLowerCamelCase
extension Recipe {
    /// All recipes, from the largest artifact to the smallest, as they are on a dense model of 8B.
    public static let all: [Recipe] =
        [f32, f16, bf16, q8_0, mxfp4_MoE, q6_K]
        + [q5_1, q5_K_M, q5_K_S, q5_0, q4_1, q4_K_M, iq4_NL, q4_K_S, q4_0, iq4_XS]
        + [q3_K_L, q3_K_M, iq3_M, iq3_S, q3_K_S, iq3_XS, iq3_XXS]
        + [q2_K, q2_K_S, iq2_M, iq2_S, q2_0, iq2_XS, tq2_0, iq2_XXS, tq1_0, iq1_M, iq1_S, q1_0]

    // MARK: - Floats

    static let f32 = floats("F32", 0, .f32)
    static let f16 = floats("F16", 1, .f16)
    static let bf16 = floats("BF16", 32, .bf16)

    // MARK: - One type, or nearly so

    static let q8_0 = mixture("Q8_0", 7, .q8_0, output: .q8_0)
    static let q6_K = mixture("Q6_K", 18, .q6_K)
    static let q5_1 = mixture("Q5_1", 9, .q5_1)
    static let q4_1 = mixture("Q4_1", 3, .q4_1)
    static let q1_0 = mixture("Q1_0", 40, .q1_0)
    static let q2_0 = mixture("Q2_0", 41, .q2_0, [.tokenEmbedding: [use(.q4_K)]])
    static let tq1_0 = mixture("TQ1_0", 36, .tq1_0, [.tokenEmbedding: [use(.q4_K)]])
    static let tq2_0 = mixture("TQ2_0", 37, .tq2_0, [.tokenEmbedding: [use(.q4_K)]])

    /// An importance matrix makes the first output projections of the feed-forward layer go astray; one more bit helps.
    static let q4_0 = mixture("Q4_0", 2, .q4_0, [.feedForwardDown: [use(.q4_1, .importanceMatrix, .firstPart(8))]])
    static let q5_0 = mixture("Q5_0", 8, .q5_0, [.feedForwardDown: [use(.q5_1, .importanceMatrix, .firstPart(8))]])

    /// Experts in MXFP4, everything else in Q8_0.
    static let mxfp4_MoE = Recipe(
        name: "MXFP4_MOE", fileType: 38, baseType: .mxfp4,
        choices: Dictionary(
            uniqueKeysWithValues: TensorRole.allCases.map { role in
                (role, role == .output ? [use(.q8_0)] : [use(.mxfp4, .expertStack), use(.q8_0)])
            }))

    // MARK: - K-quants

    static let q5_K_M = mixture(
        "Q5_K_M", 17, .q5_K,
        [
            .attentionValue: [use(.q6_K, .sensitive)],
            .feedForwardDown: [use(.q6_K, .sensitive)],
        ])

    static let q5_K_S = mixture("Q5_K_S", 16, .q5_K)

    static let q4_K_M = mixture(
        "Q4_K_M", 15, .q4_K,
        [
            .attentionValue: [use(.q6_K, .sensitive)],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)],
            .feedForwardDown: [
                use(.q6_K, .falcon, .firstPart(16)), use(.q5_K, .falcon, .sensitive),
                use(.q6_K, .notFalcon, .sensitive),
            ],
        ])

    static let q4_K_S = mixture(
        "Q4_K_S", 14, .q4_K,
        [
            .attentionValue: [use(.q5_K, .first(4))],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)],
            .feedForwardDown: [use(.q5_K, .notFalcon, .firstPart(8))],
        ])

    static let q3_K_L = mixture(
        "Q3_K_L", 13, .q3_K,
        [
            .attentionValue: [use(.q5_K)],
            .attentionOutput: [use(.q4_K, .falcon), use(.q5_K, .not(.eightExperts))],
            .feedForwardDown: [use(.q4_K, .falcon), use(.q5_K)],
        ])

    static let q3_K_M = mixture(
        "Q3_K_M", 12, .q3_K,
        [
            .attentionValue: [use(.q5_K, .first(2)), use(.q4_K)],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts), use(.q4_K, .notFalcon)],
            .feedForwardDown: [use(.q5_K, .firstPart(16)), use(.q4_K, .notFalcon), use(.q4_K, .sensitive)],
        ])

    static let q3_K_S = mixture(
        "Q3_K_S", 11, .q3_K, [.attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)]])

    static let q2_K = mixture(
        "Q2_K", 10, .q2_K,
        [
            .attentionValue: [use(.q4_K, .sharedHeads(4)), use(.q3_K)],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts), use(.q3_K, .notFalcon)],
            .feedForwardDown: [use(.q3_K)],
        ])

    static let q2_K_S = mixture(
        "Q2_K_S", 21, .q2_K, needingMatrix: codebooksNeedingMatrix.union([.q2_K]),
        [
            .attentionValue: [use(.q4_K, .sharedHeads(4))],
            .feedForwardDown: [use(.q4_K, .firstPart(8))],
        ])

    // MARK: - Codebooks of three and four bits

    static let iq4_NL = mixture("IQ4_NL", 25, .iq4_NL, fourBitCodebook)
    static let iq4_XS = mixture("IQ4_XS", 30, .iq4_XS, fourBitCodebook)

    static let iq3_M = mixture(
        "IQ3_M", 27, .iq3_S,
        [
            .attentionValue: [use(.q4_K)],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts), use(.q4_K, .notFalcon)],
            .feedForwardDown: [use(.q4_K, .firstPart(8)), use(.q4_K, .eightExperts, .sensitive)],
        ])

    static let iq3_S = mixture(
        "IQ3_S", 26, .iq3_S,
        [
            .attentionValue: [use(.q4_K, .sharedHeads(4))],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)],
        ])

    static let iq3_XS = mixture(
        "IQ3_XS", 22, .iq3_S,
        [
            .attentionQuery: [use(.iq3_XXS)],
            .attentionKey: [use(.iq3_XXS)],
            .attentionValue: [use(.q4_K, .sharedHeads(4))],
            .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)],
            .feedForwardGate: [use(.iq3_XXS, .middle)],
            .feedForwardUp: [use(.iq3_XXS, .middle)],
        ])

    static let iq3_XXS = mixture(
        "IQ3_XXS", 23, .iq3_XXS, output: .q5_K,
        [
            .tokenEmbedding: [use(.iq3_S)],
            .attentionQuery: [use(.iq2_S)],
            .attentionKey: [use(.iq2_S)],
            .attentionValue: [use(.q4_K, .sharedHeads(4)), use(.iq3_S, .not(.importanceMatrix))],
            .attentionOutput: [
                use(.q5_K, .notFalcon, .eightExperts), use(.iq3_S, .notFalcon, .not(.eightExperts)),
            ],
            .feedForwardDown: [
                use(.q4_K, .not(.importanceMatrix), .firstPart(8)), use(.q3_K, .not(.importanceMatrix)),
            ],
        ])

    // MARK: - Codebooks of one and two bits

    static let iq2_M = coarse("IQ2_M", 29, .iq2_S, better: .iq3_S, attentionOutput: .iq3_S, embedding: .iq3_S)
    static let iq2_S = coarse("IQ2_S", 28, .iq2_XS, better: .iq3_S, attentionOutput: .iq3_S, embedding: .iq3_S)
    static let iq2_XS = coarse("IQ2_XS", 20, .iq2_XS, better: .q2_K, attentionOutput: .iq2_XS, embedding: .q2_K)
    static let iq2_XXS = coarse("IQ2_XXS", 19, .iq2_XXS, better: .q2_K, attentionOutput: .iq2_XXS, embedding: .q2_K)
    static let iq1_M = coarse("IQ1_M", 31, .iq1_M, better: .q2_K, attentionOutput: .iq2_XXS, embedding: .q2_K)
    static let iq1_S = coarse("IQ1_S", 24, .iq1_S, better: .q2_K, attentionOutput: .iq2_XXS, embedding: .q2_K)
}

// MARK: - What rows of the table share

extension Recipe {
    private static func use(_ type: TensorType, _ conditions: Condition...) -> Choice {
        Choice(type: type, conditions: conditions)
    }

    private static let codebooksNeedingMatrix: Set<TensorType> = [
        .iq3_XXS, .iq2_XXS, .iq2_XS, .iq2_S, .iq1_M, .iq1_S,
    ]

    private static let fourBitCodebook: [TensorRole: [Choice]] = [
        .attentionValue: [use(.q5_K, .sharedHeads(4))],
        .attentionOutput: [use(.q5_K, .notFalcon, .eightExperts)],
        .feedForwardDown: [use(.q5_K, .not(.importanceMatrix), .firstPart(8))],
    ]

    private static func floats(_ name: String, _ fileType: UInt32, _ type: TensorType) -> Recipe {
        Recipe(name: name, fileType: fileType, baseType: type, choices: [:])
    }

    /// Eight experts share one attention, which is then small enough for Q8_0.
    private static func mixture(
        _ name: String, _ fileType: UInt32, _ baseType: TensorType, output: TensorType = .q6_K,
        needingMatrix: Set<TensorType> = codebooksNeedingMatrix, _ own: [TensorRole: [Choice]] = [:]
    ) -> Recipe {
        let shared: [TensorRole: [Choice]] = [
            .output: outputChoices(output),
            .attentionKey: [use(.q8_0, .eightExperts)],
            .attentionValue: [use(.q8_0, .eightExperts)],
        ]
        return Recipe(
            name: name, fileType: fileType, baseType: baseType, choices: shared.merging(own, uniquingKeysWith: +),
            valuePromotions: [.q3_K: .q5_K, .q4_K: .q5_K], typesNeedingMatrix: needingMatrix)
    }

    private static func coarse(
        _ name: String, _ fileType: UInt32, _ baseType: TensorType, better: TensorType, attentionOutput: TensorType,
        embedding: TensorType
    ) -> Recipe {
        Recipe(
            name: name, fileType: fileType, baseType: baseType,
            choices: [
                .output: outputChoices(.q5_K),
                .tokenEmbedding: [use(embedding)],
                .attentionKey: [use(.q4_K, .eightExperts)],
                .attentionValue: [use(.q4_K, .sharedHeads(4)), use(.q4_K, .expertsAtLeast(4)), use(better)],
                .attentionOutput: [use(.q5_K, .eightExperts), use(attentionOutput)],
                .feedForwardDown: [use(better, .firstPartOfMatrices(8))],
            ])
    }

    private static func outputChoices(_ type: TensorType) -> [Choice] {
        [use(.q8_0, .falcon), use(.q8_0, .unevenRows), use(type)]
    }

    private init(name: String, fileType: UInt32, baseType: TensorType, choices: [TensorRole: [Choice]]) {
        self.init(
            name: name, fileType: fileType, baseType: baseType, choices: choices, valuePromotions: [:],
            typesNeedingMatrix: Self.codebooksNeedingMatrix)
    }
}

extension Recipe.Condition {
    fileprivate static let falcon = architecture("falcon")
    fileprivate static let notFalcon = not(falcon)
    fileprivate static let eightExperts = experts(8)
}
