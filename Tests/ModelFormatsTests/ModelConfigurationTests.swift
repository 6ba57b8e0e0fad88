import Foundation
import ModelFormats
import Testing

@Suite("Model configuration and architecture")
struct ModelConfigurationTests {
    /// Qwen3-0.6B's config.json, as far as it concerns the network.
    static let small: [String: String] = [
        "architectures": #"["Qwen3ForCausalLM"]"#, "hidden_size": "1024", "intermediate_size": "3072",
        "num_hidden_layers": "28", "num_attention_heads": "16", "num_key_value_heads": "8", "head_dim": "128",
        "vocab_size": "151936", "max_position_embeddings": "40960", "rms_norm_eps": "1e-06",
        "rope_theta": "1000000", "rope_scaling": "null", "tie_word_embeddings": "true", "bos_token_id": "151643",
        "eos_token_id": "151645",
    ]

    private func object(_ changes: [String: String?] = [:]) throws -> JSONObject {
        var fields = Self.small
        for (key, value) in changes { fields[key] = value }
        let text = fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
        return try JSONObject(JSONValue.parse(Array("{\(text)}".utf8), file: "config.json"), file: "config.json")
    }

    private func configuration(_ changes: [String: String?] = [:]) throws -> ModelConfiguration {
        let object = try object(changes)
        return try ModelConfiguration(object, architecture: .detect(object))
    }

    @Test("the values of the file, typed")
    func values() throws {
        let read = try configuration()
        #expect(read.layerCount == 28)
        #expect(read.queryHeadsPerKeyValueHead == 2)
        #expect(read.ropeTheta == 1_000_000)
        #expect(read.rmsNormEpsilon == 1e-6)
        #expect(read.ropeScaling == nil)
        #expect(read.tiesWordEmbeddings)
        #expect(read.specialTokenIDs == [.bos: 151_643, .eos: 151_645])
    }

    @Test("rotary parameters in the newer form mean the same")
    func newerRope() throws {
        let rope = #"{"rope_type": "default", "rope_theta": 5000.0}"#
        let read = try configuration(["rope_theta": nil, "rope_scaling": nil, "rope_parameters": rope])
        #expect(read.ropeTheta == 5000)
        #expect(read.ropeScaling == nil)
    }

    @Test("Llama 2's file leaves out what its class supposes")
    func llama2() throws {
        let read = try configuration([
            "architectures": #"["LlamaForCausalLM"]"#, "head_dim": nil, "num_key_value_heads": nil, "rope_theta": nil,
            "rms_norm_eps": nil, "rope_scaling": nil,
        ])
        // The defaults of `LlamaConfig` in transformers 4.57.
        #expect(read.headDimension == 64)
        #expect(!read.statesHeadDimension)
        #expect(read.keyValueHeadCount == 16)
        #expect(read.ropeTheta == 10_000)
        #expect(read.rmsNormEpsilon == 1e-6)
        #expect(!read.hasAttentionBias)
    }

    @Test("Llama's biases are there when the file says so", arguments: [false, true])
    func biases(isBiased: Bool) throws {
        let changes = [
            "architectures": #"["LlamaForCausalLM"]"#, "attention_bias": "\(isBiased)", "mlp_bias": "\(isBiased)",
        ]
        let tensors = try Architecture.detect(object(changes)).tensors(configuration(changes))
        // A block has 9 tensors and 7 biases.
        #expect(tensors.count == 28 * (isBiased ? 16 : 9) + 3)
        let query = try #require(tensors.first { $0.name == "blk.3.attn_q.weight" })
        #expect(query.interleavedHeadRows == 128)
        #expect(tensors.first { $0.name == "blk.3.attn_v.weight" }?.interleavedHeadRows == nil)
        #expect(tensors.first { $0.name == "blk.3.attn_q.bias" }?.shape == (isBiased ? [2048] : nil))
    }

    @Test("Llama 3's scaling: its parameters, refused where they contradict each other or the engine knows none")
    func llama3() throws {
        let scaling = #"{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,"#
        let original = #""original_max_position_embeddings": 8192}"#
        let llama = ["architectures": #"["LlamaForCausalLM"]"#]
        guard
            case .llama3(let read) = try configuration(llama.merging(["rope_scaling": scaling + original]) { $1 })
                .ropeScaling
        else {
            Issue.record("llama3 is expected")
            return
        }
        #expect(read.factor == 8)
        #expect(read.originalPositions == 8192)
        let other = #expect(throws: FormatError.self) { try configuration(["rope_scaling": scaling + original]) }
        #expect(other?.description.contains("'llama3', which the engine does not know for qwen3") == true)
        let bad = scaling.replacing("4.0", with: "0.5") + original
        let error = #expect(throws: FormatError.self) {
            try configuration(llama.merging(["rope_scaling": bad]) { $1 })
        }
        #expect(error?.subject == "key 'rope_scaling.high_freq_factor'")
    }

    @Test("YaRN is read, another scaling is refused by name")
    func scaling() throws {
        let yarn = #"{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}"#
        guard case .yarn(let read) = try configuration(["rope_scaling": yarn]).ropeScaling else {
            Issue.record("YaRN is expected")
            return
        }
        #expect(read.factor == 4)
        #expect(read.originalPositions == 32_768)
        #expect(read.betaFast == nil)
        let error = #expect(throws: FormatError.self) {
            try configuration(["rope_scaling": #"{"type": "dynamic", "factor": 2}"#])
        }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("dynamic") == true)
    }

    @Test(
        "a key that is missing, of the wrong type or impossible is named",
        arguments: [
            ("hidden_size", nil), ("hidden_size", "\"1024\""), ("num_hidden_layers", "0"), ("head_dim", "-1"),
            ("head_dim", "127"), ("vocab_size", "99999999999"), ("num_key_value_heads", "7"), ("rms_norm_eps", "\"x\""),
            ("architectures", "\"Qwen3ForCausalLM\""), ("rope_theta", nil as String?),
        ])
    func faults(key: String, value: String?) {
        let error = #expect(throws: FormatError.self) { try configuration([key: value]) }
        #expect(error?.subject == "key '\(key)'", "\(error?.description ?? "")")
    }

    @Test("an unsupported architecture is named, and the supported ones are listed")
    func unsupported() throws {
        let object = try object(["architectures": #"["MambaForCausalLM"]"#])
        let error = #expect(throws: FormatError.self) { try Architecture.detect(object) }
        #expect(error?.code == .unsupported)
        #expect(error?.description == "config.json: key 'architectures': names MambaForCausalLM")
        #expect(
            error?.remedy
                == "Supported: Qwen3ForCausalLM, Qwen2ForCausalLM, LlamaForCausalLM, MistralForCausalLM.")
    }

    @Test("the tensors of Qwen3-0.6B: names, shapes and the number of weights")
    func tensors() throws {
        let read = try configuration()
        let architecture = try Architecture.detect(object())
        #expect(architecture.name == "qwen3")
        let tensors = architecture.tensors(read)
        // 28 blocks of 11 tensors, the embedding, the last norm, the output.
        #expect(tensors.count == 28 * 11 + 3)
        let query = try #require(tensors.first { $0.sourceName == "model.layers.27.self_attn.q_proj.weight" })
        #expect(query.name == "blk.27.attn_q.weight")
        #expect(query.shape == [2048, 1024])
        #expect(query.layer == 27)
        // 596,049,920 is the parameter count of Qwen/Qwen3-0.6B with the output tied to the embedding.
        let weights = tensors.filter { $0.role != .output }.map { $0.shape.reduce(1, *) }.reduce(0, +)
        #expect(weights == 596_049_920)
    }
}
