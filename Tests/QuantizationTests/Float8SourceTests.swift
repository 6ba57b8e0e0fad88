import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Checkpoints of 8-bit floats")
struct Float8SourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let files: [String: ArchitectureCheckpoint.Content] = [
        "tokenizer.json": .text(
            ByteLevelTokenizer.small(.qwen2, special: ["<|im_end|>"], postProcessor: ByteLevelTokenizer.byteLevel).json)
    ]

    private func checkpoint(
        quantization: String, block: (rows: Int, columns: Int)? = (128, 128)
    ) -> ArchitectureCheckpoint {
        ArchitectureCheckpoint(
            name: "eight", shape: DecoderShape(vocabulary: 288, normalizesHeads: true), weights: .float8, block: block,
            configuration: """
                "architectures":["Qwen3ForCausalLM"],"max_position_embeddings":1024,"rms_norm_eps":1e-6,
                "rope_theta":10000,"quantization_config":\(quantization)
                """
        ) { Self.files }
    }

    @Test(
        "another method and block sizes that the scales contradict are errors that say so",
        arguments: [
            (#"{"quant_method":"gptq","bits":4}"#, "key 'quantization_config.quant_method': is 'gptq'"),
            (#"{"quant_method":"fp8","weight_block_size":[32,128]}"#, "a weight of the shape [64, 96] needs [2, 1]"),
            (#"{"quant_method":"fp8","weight_block_size":[0,128]}"#, "a number of rows and one of columns is expected"),
        ])
    func faults(quantization: String, problem: String) throws {
        let directory = try checkpoint(quantization: quantization).write(into: folder.url)
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: directory) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
        #expect(error?.remedy != nil)
    }

    @Test("a single scale is one for the whole matrix where the configuration states no block size")
    func single() throws {
        let small = checkpoint(quantization: #"{"quant_method":"fp8"}"#, block: nil)
        let tensors = try Checkpoint(directory: small.write(into: folder.url)).tensors
        let up = try #require(tensors.first { $0.model.name == "blk.0.ffn_up.weight" })
        #expect(up.scales?.block == .init(rows: 96, columns: 64))
        #expect(tensors.first { $0.model.name == "token_embd.weight" }?.scales == nil)
    }

    @Test("scales that belong to another tensor are an error that names those that are missing")
    func stray() throws {
        let directory = try checkpoint(quantization: #"{"quant_method":"fp8","weight_block_size":[128,128]}"#)
            .write(into: folder.url)
        let url = directory.appendingPathComponent("model.safetensors")
        let name = "layers.0.mlp.up_proj.weight_scale_inv"
        let bytes = try Data(contentsOf: url)
        var text = [UInt8](bytes)
        let place = try #require(text.firstRange(of: Array(name.utf8)))
        text.replaceSubrange(place, with: Array("layers.0.mlp.no_proj.weight_scale_inv".utf8))
        try Data(text).write(to: url)
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: directory) }
        #expect(
            error?.description.contains("up_proj.weight_scale_inv' is not there") == true, "\(error?.description ?? "")"
        )
    }

    @Test("8-bit weights without their configuration are refused, and the way out is named")
    func unscaled() throws {
        let small = checkpoint(quantization: "null")
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: small.write(into: folder.url)) }
        #expect(error?.code == .unsupported)
        #expect(error?.subject?.hasPrefix("tensor 'model.layers.0.mlp.down_proj.weight") == true)
    }
}
