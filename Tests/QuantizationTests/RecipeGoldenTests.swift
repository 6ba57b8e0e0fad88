import Foundation
import ModelFormats
import Quantization
import Testing

@Suite("Recipes against llama-quantize")
struct RecipeGoldenTests {
    static let models = [
        "bailing-3", "deepseek-v2-lite", "falcon-40b", "falcon-7b", "gemma-2-2b", "glm-5-next", "gpt2", "llama-2-7b",
        "llama-3-70b", "llama-3-8b", "llama-65b", "mamba-370m", "mixtral-8x7b", "oddities", "qwen2.5-72b", "qwen2.5-7b",
        "qwen3-0.6b", "qwen3-30b-a3b", "qwen3-8b", "smollm2-135m", "uneven",
    ]

    @Test("every recorded model is compared, with every recipe")
    func complete() throws {
        let recorded = try FileManager.default.contentsOfDirectory(atPath: RecipeGolden.folder.path)
        #expect(recorded.sorted() == Self.models.map { "\($0).json" }.sorted())
        for model in Self.models {
            let golden = try RecipeGolden.read(model)
            #expect(Set(golden.cases.map(\.recipe)) == Set(Recipe.all.map(\.name)))
        }
    }

    @Test("each tensor gets llama-quantize's type, and the sizes add up to its total", arguments: models)
    func types(model: String) throws {
        let golden = try RecipeGolden.read(model)
        let tensors = golden.recipeTensors
        for expected in golden.cases {
            let recipe = try Recipe.named(expected.recipe)
            for hasMatrix in expected.imatrix {
                let label = "\(model) \(expected.recipe) \(expected.options) \(hasMatrix ? "with" : "without") matrix"
                func assign() throws -> [TypeAssignment] {
                    try recipe.types(
                        for: tensors, of: golden.recipeModel, overrides: expected.overrides,
                        hasImportanceMatrix: hasMatrix)
                }
                guard expected.error == nil else {
                    let error = #expect(throws: QuantizationError.self, "\(label)") { try assign() }
                    #expect(error?.code == .unfittingType)
                    continue
                }
                let types = golden.types(expected, of: tensors)
                let found = try assign()
                let wrong = zip(tensors, found).filter { $1.type != types[$0.name] }
                    .map { "\($0.name) \($1.type.name), not \(types[$0.name]?.name ?? "none")" }
                #expect(wrong.isEmpty, "\(label)")
                let bytes = zip(tensors, found).reduce(Int64(0)) { sum, pair in
                    let rows = pair.0.dimensions.dropFirst().reduce(1, *)
                    return sum + rows * (pair.1.type.rowBytes(elements: pair.0.dimensions[0]) ?? 0)
                }
                #expect(String(format: "%.2f", Double(bytes) / 1_048_576) == expected.sizeMib, "\(label)")
            }
        }
    }
}
