import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("MLX recipes")
struct MLXRecipeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func types(
        _ name: String, tied: Bool = false, _ change: (inout MLXOptions) -> Void = { _ in }
    ) throws -> [String: String] {
        var options = MLXOptions()
        change(&options)
        let directory = folder.url.appendingPathComponent("tiny-\(tied)")
        let checkpoint = try Checkpoint(directory: TinyCheckpoint(tiesEmbedding: tied).write(to: directory))
        let plan = try MLXPlan(checkpoint, .named(name).applying(options))
        return Dictionary(uniqueKeysWithValues: plan.tensors.map { ($0.name, $0.storage.name) })
    }

    private static let (embedding, output) = ("model.embed_tokens.weight", "lm_head.weight")
    private static let body = "model.layers.0.mlp.up_proj.weight"

    @Test("4bit gives the tables six bits; --aggressive, ultra and 4bit-uniform do not")
    func tables() throws {
        let balanced = try types("4bit")
        #expect(balanced[Self.embedding] == "6-bit g64")
        #expect(balanced[Self.output] == "6-bit g64")
        #expect(balanced[Self.body] == "4-bit g64")
        #expect(balanced["model.norm.weight"] == "BF16")
        #expect(try types("Balanced") == balanced)
        let spelled = try types("4bit-uniform") { options in
            (options.isMixed, options.embeddingBits, options.outputBits) = (true, 6, 6)
        }
        #expect(spelled == balanced)
        let uniform = try types("4bit") { $0.isUniform = true }
        #expect(uniform[Self.embedding] == "4-bit g64")
        #expect(try types("ultra") == uniform)
        #expect(try types("4bit-uniform") == uniform)
        #expect(try types("hq") == types("8bit"))
        #expect(try types("8bit")[Self.output] == "8-bit g128")
    }

    @Test("options change bits, groups and floats; mixed precision never takes bits from the tables")
    func options() throws {
        let own = try types("3bit") { options in
            (options.embeddingBits, options.groupSize, options.dataType) = (8, 32, .float16)
        }
        #expect(own[Self.embedding] == "8-bit g32")
        #expect(own[Self.output] == "3-bit g32")
        #expect(own["model.norm.weight"] == "F16")
        #expect(try types("8bit") { $0.isMixed = true }[Self.embedding] == "8-bit g128")
        #expect(try types("2bit") { $0.isMixed = true }[Self.output] == "6-bit g64")
    }

    @Test("a tied embedding gets the larger number of bits of both tables")
    func tied() throws {
        let types = try types("4bit", tied: true) { options in
            (options.embeddingBits, options.outputBits) = (3, 8)
        }
        #expect(types[Self.embedding] == "8-bit g64")
        #expect(types[Self.output] == nil)
    }

    @Test("what contradicts itself, and what mlx has no types for, is bad usage that says what would do")
    func refused() throws {
        func refusal(_ name: String, _ change: (inout MLXOptions) -> Void) -> QuantizationError? {
            #expect(throws: QuantizationError.self) { try types(name, change) }
        }
        for (error, says) in [
            (refusal("4bit") { $0.groupSize = 48 }, "--group-size 48"),
            (refusal("4bit") { $0.embeddingBits = 7 }, "--embedding-bits 7"),
            (refusal("4bit") { $0.outputBits = 1 }, "--output-bits 1"),
            (refusal("4bit") { ($0.isUniform, $0.isMixed) = (true, true) }, "--aggressive"),
            (refusal("4bit") { ($0.isUniform, $0.outputBits) = (true, 6) }, "--aggressive"),
            (refusal("mixed_3_6") { $0.isUniform = true }, "mixed_3_6"),
            (refusal("mixed_3_6") { $0.isMixed = true }, "mixed_3_6"),
            (refusal("7bit") { _ in }, "'7bit'"),
        ] {
            #expect(error?.description.contains(says) == true)
            #expect(error?.exitCode == .usage)
            #expect(error?.remedy != nil)
        }
    }
}
