/// A kind of network: the names and shapes of its tensors in Hugging Face checkpoints and in GGUF.
public struct Architecture: Sendable {
    /// A width of the network.
    enum Dimension: Sendable {
        case vocabulary, hidden, intermediate, queries, keyValues, head
    }

    /// A tensor of the network; "*" stands for the layer.
    struct Module: Sendable {
        let source: String
        let target: String
        let shape: [Dimension]
    }

    /// The class name in `config.json`.
    public let className: String
    /// The name in `general.architecture`.
    public let name: String
    let modules: [Module]

    /// All that are supported.
    public static let supported = [qwen3]

    /// The architecture of a configuration.
    ///
    /// Throws ``FormatError`` that names an unsupported one and lists the supported ones.
    public static func detect(_ configuration: ModelConfiguration, file: String) throws -> Architecture {
        try detect(configuration.architectures, file: file)
    }

    static func detect(_ classNames: [String], file: String) throws -> Architecture {
        for className in classNames {
            if let found = supported.first(where: { $0.className == className }) { return found }
        }
        throw FormatError(
            .unsupported, file: file, subject: "key 'architectures'",
            "names \(classNames.isEmpty ? "nothing" : classNames.joined(separator: ", "))",
            remedy: "Supported: \(supported.map(\.className).joined(separator: ", ")).")
    }

    /// Qwen3, dense.
    static let qwen3 = Architecture(
        className: "Qwen3ForCausalLM",
        name: "qwen3",
        modules: [
            module("model.embed_tokens", "token_embd", [.vocabulary, .hidden]),
            module("model.norm", "output_norm", [.hidden]),
            module("lm_head", "output", [.vocabulary, .hidden]),
            module("model.layers.*.input_layernorm", "blk.*.attn_norm", [.hidden]),
            module("model.layers.*.self_attn.q_proj", "blk.*.attn_q", [.queries, .hidden]),
            module("model.layers.*.self_attn.k_proj", "blk.*.attn_k", [.keyValues, .hidden]),
            module("model.layers.*.self_attn.v_proj", "blk.*.attn_v", [.keyValues, .hidden]),
            module("model.layers.*.self_attn.o_proj", "blk.*.attn_output", [.hidden, .queries]),
            module("model.layers.*.self_attn.q_norm", "blk.*.attn_q_norm", [.head]),
            module("model.layers.*.self_attn.k_norm", "blk.*.attn_k_norm", [.head]),
            module("model.layers.*.post_attention_layernorm", "blk.*.ffn_norm", [.hidden]),
            module("model.layers.*.mlp.gate_proj", "blk.*.ffn_gate", [.intermediate, .hidden]),
            module("model.layers.*.mlp.up_proj", "blk.*.ffn_up", [.intermediate, .hidden]),
            module("model.layers.*.mlp.down_proj", "blk.*.ffn_down", [.hidden, .intermediate]),
        ])

    private static func module(_ source: String, _ target: String, _ shape: [Dimension]) -> Module {
        Module(source: source + ".weight", target: target + ".weight", shape: shape)
    }
}

/// A tensor that a network must have.
public struct ModelTensor: Sendable, Equatable {
    /// The name in the checkpoint.
    public let sourceName: String
    /// The name in GGUF.
    public let name: String
    /// The block it belongs to, from 0; nil for the embedding, the output and the last norm.
    public let layer: Int?
    /// The dimensions, slowest first.
    public let shape: [Int]

    /// What it does, told by its name in GGUF.
    public var role: TensorRole { TensorRole(named: name) }
}

extension Architecture {
    /// The tensors of a network with this configuration, in the order of the table.
    public func tensors(_ configuration: ModelConfiguration) -> [ModelTensor] {
        modules.flatMap { module -> [ModelTensor] in
            let shape = module.shape.map { size(of: $0, in: configuration) }
            guard module.source.contains("*") else {
                return [ModelTensor(sourceName: module.source, name: module.target, layer: nil, shape: shape)]
            }
            return (0..<configuration.layerCount).map { layer in
                ModelTensor(
                    sourceName: module.source.replacing("*", with: "\(layer)"),
                    name: module.target.replacing("*", with: "\(layer)"), layer: layer, shape: shape)
            }
        }
    }

    private func size(of dimension: Dimension, in configuration: ModelConfiguration) -> Int {
        switch dimension {
        case .vocabulary: configuration.vocabularySize
        case .hidden: configuration.hiddenSize
        case .intermediate: configuration.intermediateSize
        case .queries: configuration.attentionHeadCount * configuration.headDimension
        case .keyValues: configuration.keyValueHeadCount * configuration.headDimension
        case .head: configuration.headDimension
        }
    }
}
