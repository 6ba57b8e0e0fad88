import Foundation
import Testing

/// A checkpoint of a published family, with its true shapes in small and pseudo-random weights.
struct ArchitectureCheckpoint: Sendable, CustomTestStringConvertible {
    /// A tensor as it is written.
    struct Tensor {
        var name: String
        var shape: [Int]
        var type: ElementType
    }

    enum ElementType: String {
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case float8 = "F8_E4M3"
    }

    /// A file beside the weights.
    enum Content {
        case text(String)
        case data(Data)
    }

    /// The directory, from which the artifact's name is made.
    let name: String
    /// The `tokenizer.ggml.pre` that the peer is told; nil where it finds it by itself.
    var preTokenizer: String?
    /// The recipes that are compared.
    var recipes = ["BF16"]
    /// Whether the vocabulary comes from the engine's source tree.
    var needsEngineVocabulary = false
    /// Metadata in which the lab means to differ.
    var differingKeys: [String] = []
    let shape: DecoderShape
    var weights = ElementType.bfloat16
    /// The rows and columns of 8-bit weights that share a scale; nil for one scale each, where ``weights`` is 8-bit.
    var block: (rows: Int, columns: Int)?
    var shardCount = 1
    /// `config.json` without the sizes that ``shape`` tells.
    let configuration: String
    /// The tokenizer's and other files by name.
    let files: @Sendable () throws -> [String: Content]

    var testDescription: String { name }

    /// Writes all files into a directory of the checkpoint's name.
    func write(into folder: URL) throws -> URL {
        let directory = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var all = try files()
        all["config.json"] = .text("{\(shape.json),\(configuration)}")
        for (name, content) in all {
            let place = directory.appendingPathComponent(name)
            switch content {
            case .text(let text): try Data(text.utf8).write(to: place)
            case .data(let data): try data.write(to: place)
            }
        }
        try writeWeights(to: directory)
        return directory
    }

    /// The tensors: 8-bit matrices of blocks with scales, everything else in BF16 where they are 8-bit.
    private var tensors: [Tensor] {
        shape.tensors.flatMap { name, shape -> [Tensor] in
            guard weights == .float8 else { return [Tensor(name: name, shape: shape, type: weights)] }
            guard name.contains("_proj.weight") else { return [Tensor(name: name, shape: shape, type: .bfloat16)] }
            let scales = block.map {
                [(shape[0] + $0.rows - 1) / $0.rows, (shape[1] + $0.columns - 1) / $0.columns]
            }
            return [
                Tensor(name: name, shape: shape, type: .float8),
                Tensor(name: name + "_scale_inv", shape: scales ?? [], type: block == nil ? .bfloat16 : .float32),
            ]
        }
    }

    private func writeWeights(to directory: URL) throws {
        let all = tensors
        guard shardCount > 1 else {
            return try safetensors(all).write(to: directory.appendingPathComponent("model.safetensors"))
        }
        var map: [String] = []
        for shard in 0..<shardCount {
            let name = "model-0000\(shard + 1)-of-0000\(shardCount).safetensors"
            let part = all.enumerated().filter { $0.offset % shardCount == shard }.map(\.element)
            map += part.map { "\"\($0.name)\":\"\(name)\"" }
            try safetensors(part).write(to: directory.appendingPathComponent(name))
        }
        try Data(#"{"metadata":{},"weight_map":{\#(map.joined(separator: ","))}}"#.utf8)
            .write(to: directory.appendingPathComponent("model.safetensors.index.json"))
    }

    private func safetensors(_ tensors: [Tensor]) -> Data {
        var (entries, bytes) = ([String](), [UInt8]())
        for tensor in tensors {
            let begin = bytes.count
            append(tensor, to: &bytes)
            entries.append(
                #""\#(tensor.name)":{"dtype":"\#(tensor.type.rawValue)","shape":\#(tensor.shape),"#
                    + #""data_offsets":[\#(begin),\#(bytes.count)]}"#)
        }
        let header = Data(#"{"__metadata__":{"format":"pt"},\#(entries.joined(separator: ","))}"#.utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + Data(bytes)
    }

    /// Values around 0 with a spread of 0.03, around 1 for norms; scales are positive, 8-bit values any finite ones.
    private func append(_ tensor: Tensor, to bytes: inout [UInt8]) {
        var state = tensor.name.utf8.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) }
        let isScale = tensor.name.hasSuffix("_scale_inv")
        let center: Float = tensor.name.contains("norm") ? 1 : 0
        for _ in 0..<tensor.shape.reduce(1, *) {
            let bits = Self.next(&state)
            // The sum of four uniform numbers is normal enough, and exact in any arithmetic.
            let sum = (0..<4).reduce(Int64(0)) { $0 + Int64((bits >> (16 * $1)) & 0xFFFF) } - 131_070
            let value = isScale ? Float(1 + bits >> 48) * 0x1p-27 : center + Float(sum) * 0x1p-20
            switch tensor.type {
            case .float32: Self.append(value.bitPattern, 4, to: &bytes)
            case .bfloat16: Self.append(value.bitPattern >> 16, 2, to: &bytes)
            case .float16: Self.append(Self.halfBits(value), 2, to: &bytes)
            case .float8: bytes.append(bits & 0x7F == 0x7F ? 0 : UInt8(bits & 0xFF))
            }
        }
    }

    private static func append(_ bits: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * index))) }
    }

    /// The bits of a binary16, cut off; values too small for a normal one become zero.
    private static func halfBits(_ value: Float) -> UInt32 {
        let bits = value.bitPattern
        let exponent = Int(bits >> 23 & 0xFF) - 127 + 15
        let sign = bits >> 16 & 0x8000
        return exponent > 0 ? sign | UInt32(exponent) << 10 | (bits >> 13 & 0x3FF) : sign
    }

    /// Steele, Lea and Flood's SplitMix64, the same on every machine.
    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// The sizes of a decoder, and its tensors by Hugging Face's names; `./lab prove architectures` holds both against
/// the model classes of `transformers`.
struct DecoderShape: Sendable {
    var hidden = 64
    var intermediate = 96
    var layers = 2
    var heads = 4
    var keyValueHeads = 2
    /// Stated in `config.json` when it is not the hidden size divided by the heads.
    var headDimension = 16
    var vocabulary: Int
    var isTied = false
    /// The projections that have biases, such as "q_proj".
    var biases: Set<String> = []
    /// Whether queries and keys are normalized.
    var normalizesHeads = false

    var json: String {
        let head = headDimension * heads == hidden && !normalizesHeads ? "" : "\"head_dim\":\(headDimension),"
        return """
            "hidden_size":\(hidden),"intermediate_size":\(intermediate),"num_hidden_layers":\(layers),
            "num_attention_heads":\(heads),"num_key_value_heads":\(keyValueHeads),\(head)"vocab_size":\(vocabulary),
            "tie_word_embeddings":\(isTied)
            """
    }

    var tensors: [(name: String, shape: [Int])] {
        var list = [("model.embed_tokens.weight", [vocabulary, hidden]), ("model.norm.weight", [hidden])]
        if !isTied { list.append(("lm_head.weight", [vocabulary, hidden])) }
        let (queries, keyValues) = (heads * headDimension, keyValueHeads * headDimension)
        let projections = [
            ("self_attn.q_proj", queries, hidden), ("self_attn.k_proj", keyValues, hidden),
            ("self_attn.v_proj", keyValues, hidden), ("self_attn.o_proj", hidden, queries),
            ("mlp.gate_proj", intermediate, hidden), ("mlp.up_proj", intermediate, hidden),
            ("mlp.down_proj", hidden, intermediate),
        ]
        for layer in 0..<layers {
            let prefix = "model.layers.\(layer)."
            var norms = [("input_layernorm", hidden), ("post_attention_layernorm", hidden)]
            if normalizesHeads { norms += [("self_attn.q_norm", headDimension), ("self_attn.k_norm", headDimension)] }
            list += norms.map { (prefix + $0.0 + ".weight", [$0.1]) }
            for (name, rows, columns) in projections {
                list.append((prefix + name + ".weight", [rows, columns]))
                if biases.contains(String(name.split(separator: ".")[1])) {
                    list.append((prefix + name + ".bias", [rows]))
                }
            }
        }
        return list
    }
}
