/// The names by which suites and commands may ask for a recipe of GGUF files.
///
/// What a recipe does is the quantizer's; its names are here, so that a suite file can be refused when it is read.
public enum RecipeNames {
    /// The recipes, as llama.cpp spells them, from the largest artifact to the smallest.
    public static let all = [
        "F32", "F16", "BF16", "Q8_0", "MXFP4_MOE", "Q6_K", "Q5_1", "Q5_K_M", "Q5_K_S", "Q5_0", "Q4_1", "Q4_K_M",
        "IQ4_NL", "Q4_K_S", "Q4_0", "IQ4_XS", "Q3_K_L", "Q3_K_M", "IQ3_M", "IQ3_S", "Q3_K_S", "IQ3_XS", "IQ3_XXS",
        "Q2_K", "Q2_K_S", "IQ2_M", "IQ2_S", "Q2_0", "IQ2_XS", "TQ2_0", "IQ2_XXS", "TQ1_0", "IQ1_M", "IQ1_S", "Q1_0",
    ]

    /// The lab's configurations and their recipes.
    public static let configurations = ["balanced": "Q4_K_M", "ultra": "Q3_K_M", "hq": "Q6_K"]

    /// The recipes of MLX folders, by size.
    public static let mlx = [
        "8bit", "6bit", "5bit", "mixed_4_6", "4bit", "4bit-uniform", "mixed_3_6", "mixed_3_4", "3bit", "mixed_2_6",
        "2bit",
    ]

    /// The lab's configurations and their MLX recipes.
    public static let mlxConfigurations = ["balanced": "4bit", "ultra": "4bit-uniform", "hq": "8bit"]

    /// Whether there is an MLX recipe, or a configuration, of a name in any case.
    public static func isMLX(_ name: String) -> Bool {
        mlx.contains(mlxConfigurations[name.lowercased()] ?? name.lowercased())
    }

    /// Short names that llama-quantize accepts.
    public static let aliases = ["Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"]

    /// What people may choose from: the configurations, then the recipes.
    public static var choices: [String] { configurations.keys.sorted() + all }

    /// The recipe's own name, of a name in any case, a short form or a configuration; nil for an unknown one.
    public static func resolve(_ name: String) -> String? {
        let given = configurations[name.lowercased()] ?? name.uppercased()
        let wanted = aliases[given] ?? given
        return all.contains(wanted) ? wanted : nil
    }
}
