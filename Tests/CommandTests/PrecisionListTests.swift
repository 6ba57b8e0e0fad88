import LabCore
import LabRunner
import Quantization
import Testing

@Suite("--formats and --precision")
struct PrecisionListTests {
    private func names(_ formats: String, _ list: String) throws -> [String] {
        try PrecisionList.recipes(list, formats: PrecisionList.formats(formats)).map { recipe in
            switch recipe {
            case .gguf(let recipe, _, _): "gguf \(recipe.name)"
            case .mlx(let recipe): "mlx \(recipe.name)"
            }
        }
    }

    @Test("a list for one format, two lists for both, in either order of the formats")
    func lists() throws {
        #expect(try names("gguf", "q4_k_m, Q6_K") == ["gguf Q4_K_M", "gguf Q6_K"])
        #expect(try names("MLX", "4bit,mixed_3_6") == ["mlx 4bit", "mlx mixed_3_6"])
        for formats in ["gguf,mlx", "mlx, gguf"] {
            #expect(
                try names(formats, "q4_k_m,hq:4bit,8bit") == ["gguf Q4_K_M", "gguf Q6_K", "mlx 4bit", "mlx 8bit"])
        }
    }

    @Test("the configurations are recipes of both formats at once")
    func configurations() throws {
        #expect(
            try names("gguf,mlx", "balanced,ultra,hq") == [
                "gguf Q4_K_M", "gguf Q3_K_M", "gguf Q6_K", "mlx 4bit", "mlx 4bit-uniform", "mlx 8bit",
            ])
        #expect(Set(RecipeNames.configurations.keys) == Set(MLXRecipe.configurations.keys))
    }

    @Test(
        "what does not suit the formats is bad usage that shows how to write it",
        arguments: [
            ("gguf", "q4_k_m:4bit", "2 lists"), ("gguf,mlx", "q4_k_m", "'q4_k_m' is not a recipe of both"),
            ("gguf,mlx", "balanced,4bit", "'4bit' is not a recipe of both"), ("gguf,mlx", "a:b:c", "3 lists"),
            ("gguf,mlx", "q4_k_m:", "names no recipe"), ("mlx", ",", "names no recipe"),
            ("gguf,onnx", "q4_k_m", "no format 'onnx'"), (",", "q4_k_m", "no format"),
        ])
    func refused(formats: String, list: String, says: String) {
        let error = #expect(throws: RunnerError.self) { try names(formats, list) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(error?.exitCode == .usage)
        #expect(error?.remedy != nil)
    }

    @Test("a recipe of the other format is refused by the names that there are")
    func otherFormat() {
        let error = #expect(throws: QuantizationError.self) { try names("mlx", "q4_k_m") }
        #expect(error?.description == "there is no MLX recipe 'q4_k_m'")
        #expect(error?.remedy?.contains("4bit") == true)
    }
}
