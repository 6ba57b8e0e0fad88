import Foundation
import ModelFormats
import Quantization
import Testing

/// Expected types and sizes: what `llama-quantize --dry-run` of build b11434 prints for files with these shapes.
@Suite("Recipes")
struct RecipeTests {
    struct Shape: Sendable {
        let hiddenSize: Int
        let intermediateSize: Int
        let layerCount: Int
        let headCount: Int
        let keyValueHeadCount: Int
        let headDimension: Int
        let tied: Bool

        func configuration() throws -> ModelConfiguration {
            let text = """
                {"architectures":["Qwen3ForCausalLM"],"hidden_size":\(hiddenSize),
                "intermediate_size":\(intermediateSize),"num_hidden_layers":\(layerCount),
                "num_attention_heads":\(headCount),"num_key_value_heads":\(keyValueHeadCount),
                "head_dim":\(headDimension),"vocab_size":151936,"max_position_embeddings":40960,
                "rms_norm_eps":1e-6,"rope_theta":1e6,"tie_word_embeddings":\(tied)}
                """
            return try ModelConfiguration(
                JSONObject(JSONValue.parse(Array(text.utf8), file: "config.json"), file: "config.json"))
        }
    }

    static let shapes: [String: Shape] = [
        "0.6B": Shape(
            hiddenSize: 1024, intermediateSize: 3072, layerCount: 28, headCount: 16, keyValueHeadCount: 8,
            headDimension: 128, tied: true),
        "8B": Shape(
            hiddenSize: 4096, intermediateSize: 12288, layerCount: 36, headCount: 32, keyValueHeadCount: 8,
            headDimension: 128, tied: false),
        // No row is a multiple of 256.
        "uneven": Shape(
            hiddenSize: 288, intermediateSize: 800, layerCount: 11, headCount: 6, keyValueHeadCount: 3,
            headDimension: 48, tied: false),
    ]

    struct Expectation: Sendable, CustomTestStringConvertible {
        let model: String
        let recipe: String
        let base: String
        let sizeMiB: String
        /// "module TYPE blocks", where a rule decides; without blocks it is all of them.
        let exceptions: [String]
        var testDescription: String { "\(model) \(recipe)" }

        init(_ model: String, _ recipe: String, _ base: String, _ sizeMiB: String, _ exceptions: [String]) {
            self.model = model
            self.recipe = recipe
            self.base = base
            self.sizeMiB = sizeMiB
            self.exceptions = exceptions
        }
    }

    static let expectations = [
        Expectation("0.6B", "Q8_0", "Q8_0", "604.15", []),
        Expectation("0.6B", "Q6_K", "Q6_K", "466.50", []),
        Expectation(
            "0.6B", "Q4_K_M", "Q4_K", "372.65",
            [
                "token_embd Q6_K", "attn_v Q6_K 0-2,5,8,11,14,17,20,23-27",
                "ffn_down Q6_K 0-2,5,8,11,14,17,20,23-27",
            ]),
        Expectation(
            "0.6B", "Q3_K_M", "Q3_K", "325.37",
            [
                "token_embd Q6_K", "attn_output Q4_K", "attn_v Q5_K 0-1", "attn_v Q4_K 2-27", "ffn_down Q5_K 0",
                "ffn_down Q4_K 1-27",
            ]),
        Expectation(
            "0.6B", "Q2_K", "Q2_K", "276.84", ["token_embd Q6_K", "attn_output Q3_K", "attn_v Q3_K", "ffn_down Q3_K"]),
        Expectation("8B", "Q8_0", "Q8_0", "8300.36", []),
        Expectation("8B", "Q6_K", "Q6_K", "6408.64", []),
        Expectation(
            "8B", "Q4_K_M", "Q4_K", "4789.19",
            [
                "output Q6_K", "attn_v Q6_K 0-3,6,9,12,15,18,21,24,27,30-35",
                "ffn_down Q6_K 0-3,6,9,12,15,18,21,24,27,30-35",
            ]),
        Expectation(
            "8B", "Q3_K_M", "Q3_K", "3927.43",
            [
                "output Q6_K", "attn_output Q4_K", "attn_v Q5_K 0-1", "attn_v Q4_K 2-35", "ffn_down Q5_K 0-1",
                "ffn_down Q4_K 2-35",
            ]),
        Expectation(
            "8B", "Q2_K", "Q2_K", "3124.02", ["output Q6_K", "attn_output Q3_K", "attn_v Q4_K", "ffn_down Q3_K"]),
        Expectation("uneven", "Q8_0", "Q8_0", "99.18", []),
        Expectation("uneven", "Q6_K", "Q8_0", "99.18", []),
        Expectation(
            "uneven", "Q4_K_M", "Q5_0", "80.32", ["output Q8_0", "attn_v Q8_0 0,3,6,9-10", "ffn_down Q8_0 0,3,6,9-10"]),
        Expectation(
            "uneven", "Q3_K_M", "Q4_0", "73.86",
            ["output Q8_0", "attn_output Q5_0", "attn_v Q5_1 0-1", "attn_v Q5_0 2-10", "ffn_down Q5_0"]),
        Expectation("uneven", "Q2_K", "Q4_0", "73.39", ["output Q8_0"]),
    ]

    @Test("each tensor gets llama.cpp's type, and the sizes add up to llama.cpp's", arguments: expectations)
    func types(expected: Expectation) throws {
        let shape = try #require(Self.shapes[expected.model])
        let configuration = try shape.configuration()
        let architecture = try Architecture.detect(configuration, file: "config.json")
        let tensors = architecture.tensors(configuration).filter { $0.role != .output || !shape.tied }
        let types = try Recipe.named(expected.recipe).types(for: tensors, configuration: configuration)

        var bytes: Int64 = 0
        for (tensor, type) in zip(tensors, types) {
            let elements = tensor.shape.reduce(1, *)
            bytes += Int64(elements) / type.blockElements * type.blockBytes
            guard tensor.role != .norm else {
                #expect(type == .f32, "\(tensor.name)")
                continue
            }
            #expect(type.name == Self.type(of: tensor, expected), "\(tensor.name)")
        }
        #expect(String(format: "%.2f", Double(bytes) / 1_048_576) == expected.sizeMiB)
    }

    private static func type(of tensor: ModelTensor, _ expected: Expectation) -> String {
        let parts = tensor.name.split(separator: ".")
        let module = parts.first == "blk" ? parts[2] : parts[0]
        for exception in expected.exceptions {
            let fields = exception.split(separator: " ")
            guard fields[0] == module else { continue }
            guard fields.count == 3, let layer = tensor.layer else { return String(fields[1]) }
            let isNamed = fields[2].split(separator: ",").contains { range in
                let ends = range.split(separator: "-").compactMap { Int($0) }
                return ends.count == 2 ? (ends[0]...ends[1]).contains(layer) : ends == [layer]
            }
            if isNamed { return String(fields[1]) }
        }
        return expected.base
    }

    @Test("float recipes store matrices as they say and norms as F32", arguments: ["F32", "F16", "BF16"])
    func floats(name: String) throws {
        let configuration = try #require(Self.shapes["0.6B"]).configuration()
        let tensors = try Architecture.detect(configuration, file: "config.json").tensors(configuration)
        let recipe = try Recipe.named(name)
        #expect(!recipe.usesBlocks)
        for (tensor, type) in zip(tensors, recipe.types(for: tensors, configuration: configuration)) {
            #expect(type.name == (tensor.role == .norm ? "F32" : name))
        }
    }

    @Test("names are found in any case; an unknown one is bad usage and lists the recipes")
    func named() throws {
        #expect(try Recipe.named("q4_k_m").name == "Q4_K_M")
        let error = #expect(throws: QuantizationError.self) { try Recipe.named("Q9") }
        #expect(error?.exitCode == .usage)
        #expect(error?.description == "there is no recipe 'Q9'")
        #expect(error?.remedy == "Choose one of F32, F16, BF16, Q8_0, Q6_K, Q4_K_M, Q3_K_M, Q2_K.")
    }
}
