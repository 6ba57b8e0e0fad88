import LabRunner
import Testing

@Suite struct GGUFFilesTests {
    @Test func partsAreOneModelAndWhatIsNoModelIsLeftOut() {
        let models = GGUFFiles.models(among: [
            "README.md", "Q8_0/a-Q8_0-00001-of-00002.gguf", "Q8_0/a-Q8_0-00002-of-00002.gguf", "a-Q4_K_M.gguf",
            "a-q4_k_m-imatrix.gguf", "a-imatrix.gguf", "imatrix_unsloth.gguf", "mmproj-a-F16.gguf",
            "b-00001-of-00003.gguf", "b-00003-of-00003.gguf", "c-00000-of-00000.gguf", "d.GGUF",
        ])

        #expect(
            models.map(\.paths) == [
                ["Q8_0/a-Q8_0-00001-of-00002.gguf", "Q8_0/a-Q8_0-00002-of-00002.gguf"], ["a-Q4_K_M.gguf"],
                ["a-q4_k_m-imatrix.gguf"], ["c-00000-of-00000.gguf"], ["d.GGUF"],
            ])
    }

    @Test(arguments: [
        ("Qwen3-8B-Q4_K_M", "Q4_K_M"), ("qwen3-8b-q4_k_m-imatrix", "Q4_K_M"), ("Qwen3-8B.i1-IQ3_XXS", "IQ3_XXS"),
        ("model-f16-q6_k", "Q6_K"), ("Qwen3-8B", nil), ("Qwen3-8B-UD-Q4_K_XL", nil),
    ])
    func theNameTellsTheRecipe(_ name: String, _ recipe: String?) {
        #expect(GGUFFiles.recipe(ofName: name) == recipe)
    }
}
