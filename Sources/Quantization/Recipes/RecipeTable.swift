import ModelFormats

/// The recipes, with llama.cpp's own choices for dense models (build b11434, without an importance matrix).
// swift-format-ignore: AlwaysUseLowerCamelCase
extension Recipe {
    /// All recipes, from the largest artifact to the smallest.
    public static let all = [f32, f16, bf16, q8_0, q6_K, q4_K_M, q3_K_M, q2_K]

    static let f32 = Recipe(name: "F32", fileType: 0, baseType: .f32, rules: [])

    static let f16 = Recipe(name: "F16", fileType: 1, baseType: .f16, rules: [])

    static let bf16 = Recipe(name: "BF16", fileType: 32, baseType: .bf16, rules: [])

    static let q8_0 = Recipe(name: "Q8_0", fileType: 7, baseType: .q8_0, rules: [])

    static let q6_K = Recipe(
        name: "Q6_K", fileType: 18, baseType: .q6_K,
        rules: [
            Rule(role: .output, condition: .always, type: .q6_K)
        ])

    static let q4_K_M = Recipe(
        name: "Q4_K_M", fileType: 15, baseType: .q4_K,
        rules: [
            Rule(role: .output, condition: .always, type: .q6_K),
            Rule(role: .attentionValue, condition: .sensitiveBlocks, type: .q6_K),
            Rule(role: .feedForwardDown, condition: .sensitiveBlocks, type: .q6_K),
        ])

    static let q3_K_M = Recipe(
        name: "Q3_K_M", fileType: 12, baseType: .q3_K,
        rules: [
            Rule(role: .output, condition: .always, type: .q6_K),
            Rule(role: .attentionValue, condition: .firstBlocks(2), type: .q5_K),
            Rule(role: .attentionValue, condition: .always, type: .q4_K),
            Rule(role: .attentionOutput, condition: .always, type: .q4_K),
            Rule(role: .feedForwardDown, condition: .firstPart(16), type: .q5_K),
            Rule(role: .feedForwardDown, condition: .always, type: .q4_K),
        ])

    static let q2_K = Recipe(
        name: "Q2_K", fileType: 10, baseType: .q2_K,
        rules: [
            Rule(role: .output, condition: .always, type: .q6_K),
            Rule(role: .attentionValue, condition: .sharedHeads(4), type: .q4_K),
            Rule(role: .attentionValue, condition: .always, type: .q3_K),
            Rule(role: .attentionOutput, condition: .always, type: .q3_K),
            Rule(role: .feedForwardDown, condition: .always, type: .q3_K),
        ])
}
