import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Recipes")
struct RecipeTests {
    @Test(
        "a recipe is found by llama.cpp's name, a short form or a configuration's name, in any case",
        arguments: [
            ("q4_k_m", "Q4_K_M"), ("IQ2_xxs", "IQ2_XXS"), ("mxfp4_moe", "MXFP4_MOE"), ("Q3_K", "Q3_K_M"),
            ("q4_k", "Q4_K_M"), ("Q5_K", "Q5_K_M"), ("balanced", "Q4_K_M"), ("Ultra", "Q3_K_M"), ("hq", "Q6_K"),
        ])
    func named(name: String, recipe: String) throws {
        #expect(try Recipe.named(name).name == recipe)
    }

    @Test("an unknown name is bad usage and lists the recipes", arguments: ["Q9", "", "COPY", "q4_k_m:4bit"])
    func unknown(name: String) throws {
        let error = #expect(throws: QuantizationError.self) { try Recipe.named(name) }
        #expect(error?.exitCode == .usage)
        #expect(error?.description == "there is no recipe '\(name)'")
        #expect(error?.remedy?.hasPrefix("Choose one of balanced, hq, ultra, F32, F16, BF16, Q8_0") == true)
        #expect(error?.remedy?.hasSuffix("IQ1_S, Q1_0.") == true)
    }

    @Test("the names that suites are checked against are those of the recipes, in their order")
    func names() {
        #expect(Recipe.all.map(\.name) == RecipeNames.all)
    }

    /// Numbers of `enum llama_ftype` in llama.h; the names are those of `llama-quantize --help`.
    @Test("names and file types are distinct, and those of llama.h")
    func fileTypes() throws {
        #expect(Set(Recipe.all.map(\.name)).count == 35)
        #expect(Set(Recipe.all.map(\.fileType)).count == 35)
        let numbers: [(String, UInt32)] = [
            ("F32", 0), ("Q4_0", 2), ("Q8_0", 7), ("Q3_K_L", 13), ("Q6_K", 18), ("IQ3_XS", 22), ("IQ4_XS", 30),
            ("BF16", 32), ("TQ2_0", 37), ("MXFP4_MOE", 38), ("Q1_0", 40), ("Q2_0", 41),
        ]
        for (name, number) in numbers { #expect(try Recipe.named(name).fileType == number, "\(name)") }
    }

    @Test("recipes are listed from the largest artifact to the smallest")
    func order() throws {
        let golden = try RecipeGolden.read("qwen3-8b")
        var sizes: [String: Double] = [:]
        for found in golden.cases where found.options.isEmpty && found.imatrix.contains(false) {
            sizes[found.recipe] = Double(try #require(found.sizeMib))
        }
        let listed = Recipe.all.compactMap { sizes[$0.name] }
        #expect(listed.count == Recipe.all.count)
        #expect(listed == listed.sorted(by: >))
    }

    static let small = RecipeModel(architecture: "qwen3", layerCount: 16, queryHeadsPerKeyValueHead: 2)

    private func assign(
        _ recipe: String, _ names: [String], overrides: TypeOverrides = TypeOverrides()
    ) throws -> [TypeAssignment] {
        let tensors = names.map { RecipeTensor(name: $0, dimensions: [512, 512], parentType: .bf16) }
        return try Recipe.named(recipe).types(for: tensors, of: Self.small, overrides: overrides)
    }

    @Test("the order in which tensors are given does not matter")
    func givenOrder() throws {
        let names = (0..<16).map { "blk.\($0).attn_v.weight" }
        let straight = try assign("Q3_K_M", names)
        #expect(straight.prefix(3).map(\.type) == [.q5_K, .q5_K, .q4_K])
        #expect(try assign("Q3_K_M", names.reversed()) == straight.reversed())
    }

    /// By hand from `tensor_requires_imatrix`: codebooks below three bits and IQ3_XXS, and Q2_K in Q2_K_S, but never in
    /// the embedding or the output.
    @Test("types that are garbage without an importance matrix are marked")
    func needsMatrix() throws {
        let names = ["blk.9.attn_q.weight", "blk.9.attn_v.weight", "token_embd.weight", "output.weight"]
        #expect(try assign("IQ1_S", names).map(\.needsImportanceMatrix) == [true, false, false, false])
        #expect(try assign("Q2_K_S", names).map(\.needsImportanceMatrix) == [true, true, false, false])
        #expect(try assign("Q2_K", names).map(\.needsImportanceMatrix) == [false, false, false, false])
        #expect(try assign("IQ3_XS", names).map(\.needsImportanceMatrix) == [true, false, false, false])
        var overrides = TypeOverrides()
        overrides.patterns = [try .init(parsing: "attn_q=iq2_s")]
        #expect(try assign("Q4_K_M", names, overrides: overrides).map(\.needsImportanceMatrix).first == true)
    }

    @Test("a pattern is split at the first '=', its letters are made small, its type is found in any case")
    func patterns() throws {
        let pattern = try TypeOverrides.Pattern(parsing: "Blk\\.[0-3]\\.ATTN_V=Q8_0")
        #expect(pattern.expression == "blk\\.[0-3]\\.attn_v")
        #expect(pattern.type == .q8_0)
        #expect(try TypeOverrides.type(named: "iq4_nl") == .iq4_NL)
    }

    @Test(
        "a pattern that cannot be understood is bad usage and says why",
        arguments: [
            ("attn_v", "'attn_v' does not name tensors and their type"),
            ("=q8_0", "'=q8_0' does not name tensors and their type"), ("attn_v=", "there is no storage type ''"),
            ("attn_v=q8_1", "there is no storage type 'q8_1'"), ("attn_v=a=b", "there is no storage type 'a=b'"),
            ("(attn=q8_0", "'(attn' is no regular expression"),
        ])
    func badPatterns(text: String, problem: String) {
        let error = #expect(throws: QuantizationError.self) { try TypeOverrides.Pattern(parsing: text) }
        #expect(error?.exitCode == .usage)
        #expect(error?.description.hasPrefix(problem) == true, "\(error?.description ?? "")")
        #expect(error?.remedy != nil)
    }

    @Test("a demanded type whose blocks do not fit a row is an error that names tensor, blocks and row")
    func unfitting() throws {
        var overrides = TypeOverrides()
        overrides.outputType = .q4_K
        let tensors = [RecipeTensor(name: "output.weight", dimensions: [288, 64], parentType: .bf16)]
        let error = #expect(throws: QuantizationError.self) {
            try Recipe.named("Q8_0").types(for: tensors, of: Self.small, overrides: overrides)
        }
        #expect(
            error?.description == "tensor 'output.weight': Q4_K has blocks of 256, and a row has 288 elements")
    }

    @Test("float recipes store matrices as they say and norms as F32", arguments: ["F32", "F16", "BF16"])
    func floats(name: String) throws {
        let folder = try TemporaryFolder()
        let checkpoint = try Checkpoint(directory: TinyCheckpoint.uneven.write(to: folder.url))
        let recipe = try Recipe.named(name)
        #expect(!recipe.usesBlocks)
        for tensor in try RecipePlan(checkpoint, recipe).tensors {
            #expect(tensor.type.name == (tensor.dimensions.count == 1 ? "F32" : name))
        }
    }
}
