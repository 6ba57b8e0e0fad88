import Foundation

/// A Qwen3 checkpoint of a megabyte with pseudo-random weights, the same bytes on every machine.
struct TinyCheckpoint {
    var hiddenSize = 256
    var intermediateSize = 256
    var layerCount = 2
    var headCount = 2
    var keyValueHeadCount = 1
    var headDimension = 128
    var tiesEmbedding = false
    var ropeScaling = "null"
    var shardCount = 1
    var scalarType = ScalarFormat.bfloat16
    var mergesArePairs = true
    var architecture = "Qwen3ForCausalLM"
    /// What the names of all tensors but the output start with.
    var tensorPrefix = "model."
    var preTokenizer = TinyCheckpoint.qwen2Pattern
    var postProcessor: String? =
        #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"#
    var card: String?
    /// The id of the first added token; the one after the vocabulary's is 261.
    var firstAddedID = 261
    /// Tensors that are left out, by name.
    var omitted: Set<String> = []
    /// Values that replace the first one of a tensor, by name.
    var firstValues: [String: Float] = [:]
    /// Shapes that replace those of a tensor, by name.
    var shapes: [String: [Int]] = [:]
    /// Tensors beside those of the network.
    var additional: [String: [Int]] = [:]

    static let vocabularySize = 288

    enum ScalarFormat: String {
        case bfloat16 = "BF16"
        case float16 = "F16"
        case float32 = "F32"
    }

    /// Rows no multiple of 256, tied, stretched, in shards, with a card: every other path of a conversion.
    static let uneven = TinyCheckpoint(
        hiddenSize: 96, intermediateSize: 160, layerCount: 9, headCount: 3, keyValueHeadCount: 1, headDimension: 32,
        tiesEmbedding: true,
        ropeScaling: #"{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":512,"beta_fast":32.0}"#,
        shardCount: 2, mergesArePairs: false,
        card: """
            ---
            license: apache-2.0
            license_link: https://example.org/LICENSE
            pipeline_tag: text-generation
            language:
              - en
              - "no"
            tags: [chat, tiny]
            base_model:
            - acme/Tiny-Base-v2
            datasets: acme/words
            ---
            # A card
            """)

    private static let qwen2Pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"#
        + #"|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#

    /// Writes all files into a directory, which is created.
    @discardableResult
    func write(to directory: URL) throws -> URL {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        func put(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: directory.appendingPathComponent(name))
        }
        try put("config.json", configuration)
        try put("tokenizer.json", tokenizer)
        try put("tokenizer_config.json", Self.tokenizerConfiguration)
        try put("generation_config.json", #"{"temperature":0.6,"top_k":20,"top_p":0.95,"eos_token_id":[263,261]}"#)
        if let card { try put("README.md", card) }
        try writeWeights(to: directory)
        return directory
    }

    private var configuration: String {
        """
        {"architectures":["\(architecture)"],"model_type":"qwen3","hidden_size":\(hiddenSize),
        "intermediate_size":\(intermediateSize),"num_hidden_layers":\(layerCount),
        "num_attention_heads":\(headCount),"num_key_value_heads":\(keyValueHeadCount),"head_dim":\(headDimension),
        "vocab_size":\(Self.vocabularySize),"max_position_embeddings":2048,"rms_norm_eps":1e-06,
        "rope_theta":1000000,"rope_scaling":\(ropeScaling),"tie_word_embeddings":\(tiesEmbedding),
        "bos_token_id":261,"eos_token_id":263,"hidden_act":"silu","torch_dtype":"bfloat16"}
        """
    }

    private static let tokenizerConfiguration = """
        {"add_bos_token":false,"bos_token":null,"eos_token":"<|im_end|>","pad_token":"<|endoftext|>","unk_token":null,
        "tokenizer_class":"Qwen2Tokenizer","clean_up_tokenization_spaces":false,"model_max_length":2048,
        "chat_template":"{% for message in messages %}{{ message.content }}{% endfor %}"}
        """

    private static let merges = ["h e", "l l", "he ll", "hell o", "\u{120} w"]
    private static let addedTokens = [
        ("<|endoftext|>", true), ("<|im_start|>", true), ("<|im_end|>", true), ("<think>", false), ("</think>", false),
    ]

    private var tokenizer: String {
        let texts = ByteLevelTokenizer.bytes + Self.merges.map { $0.replacing(" ", with: "") }
        let vocabulary = texts.enumerated().map { "\(quoted($1)):\($0)" }.joined(separator: ",")
        let merges = Self.merges.map { merge in
            mergesArePairs
                ? "[\(merge.split(separator: " ").map { quoted(String($0)) }.joined(separator: ","))]"
                : quoted(merge)
        }.joined(separator: ",")
        let added = Self.addedTokens.enumerated().map { index, token in
            #"{"id":\#(firstAddedID + index),"content":"\#(token.0)","single_word":false,"lstrip":false,"rstrip":false,"#
                + #""normalized":false,"special":\#(token.1)}"#
        }.joined(separator: ",")
        let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":false,"use_regex":false}"#
        return """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[\(added)],"normalizer":{"type":"NFC"},
            "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split",
            "pattern":{"Regex":"\(preTokenizer)"},"behavior":"Isolated","invert":false},\(byteLevel)]},
            "post_processor":\(postProcessor ?? "null"),"decoder":\(byteLevel),
            "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"",
            "end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,
            "vocab":{\(vocabulary)},"merges":[\(merges)]}}
            """
    }
}

// MARK: - Weights

extension TinyCheckpoint {
    /// Names and shapes in the order in which they are written.
    private var tensors: [(name: String, shape: [Int])] {
        let queries = headCount * headDimension
        let keyValues = keyValueHeadCount * headDimension
        var list: [(name: String, shape: [Int])] = [
            ("model.embed_tokens.weight", [Self.vocabularySize, hiddenSize]), ("model.norm.weight", [hiddenSize]),
        ]
        if !tiesEmbedding { list.append(("lm_head.weight", [Self.vocabularySize, hiddenSize])) }
        for layer in 0..<layerCount {
            list += [
                ("input_layernorm", [hiddenSize]), ("post_attention_layernorm", [hiddenSize]),
                ("self_attn.q_proj", [queries, hiddenSize]), ("self_attn.k_proj", [keyValues, hiddenSize]),
                ("self_attn.v_proj", [keyValues, hiddenSize]), ("self_attn.o_proj", [hiddenSize, queries]),
                ("self_attn.q_norm", [headDimension]), ("self_attn.k_norm", [headDimension]),
                ("mlp.gate_proj", [intermediateSize, hiddenSize]), ("mlp.up_proj", [intermediateSize, hiddenSize]),
                ("mlp.down_proj", [hiddenSize, intermediateSize]),
            ].map { ("model.layers.\(layer).\($0.0).weight", $0.1) }
        }
        list += additional.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return list.filter { !omitted.contains($0.name) }.map { name, shape in
            (name.hasPrefix("model.") ? tensorPrefix + name.dropFirst(6) : name, shapes[name] ?? shape)
        }
    }

    private func writeWeights(to directory: URL) throws {
        let all = tensors
        guard shardCount > 1 else {
            try safetensors(all).write(to: directory.appendingPathComponent("model.safetensors"))
            return
        }
        var map: [String] = []
        for shard in 0..<shardCount {
            let name = "model-\(shard + 1)-of-\(shardCount).safetensors"
            let part = all.enumerated().filter { $0.offset % shardCount == shard }.map(\.element)
            map += part.map { "\"\($0.name)\":\"\(name)\"" }
            try safetensors(part).write(to: directory.appendingPathComponent(name))
        }
        try Data(#"{"metadata":{},"weight_map":{\#(map.joined(separator: ","))}}"#.utf8)
            .write(to: directory.appendingPathComponent("model.safetensors.index.json"))
    }

    private func safetensors(_ tensors: [(name: String, shape: [Int])]) -> Data {
        var entries: [String] = []
        var data = Data()
        for (name, shape) in tensors {
            let begin = data.count
            append(name, count: shape.reduce(1, *), to: &data)
            let type = scalarType.rawValue
            entries.append(
                #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(data.count)]}"#)
        }
        let header = Data(#"{"__metadata__":{"format":"pt"},\#(entries.joined(separator: ","))}"#.utf8)
        return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header + data
    }

    /// Values around 0 with a spread of 0.03, around 1 for norms, exact in BF16 unless the file is F32.
    private func append(_ name: String, count: Int, to data: inout Data) {
        var random = SplitMix64(state: name.utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) })
        let center: Float = name.contains("norm") ? 1 : 0
        for index in 0..<count {
            // The sum of four uniform numbers is normal enough, and exact in any arithmetic.
            let bits = random.next()
            let sum = (0..<4).reduce(Int64(0)) { $0 + Int64((bits >> (16 * $1)) & 0xFFFF) } - 131_070
            let value = center + Float(sum) * 0x1p-20
            let rounded = scalarType == .float32 ? value : Float(bitPattern: value.bitPattern & 0xFFFF_0000)
            append(index == 0 ? firstValues[name] ?? rounded : rounded, to: &data)
        }
    }

    private func append(_ value: Float, to data: inout Data) {
        switch scalarType {
        case .float32: withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
        case .bfloat16:
            withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian) { data.append(contentsOf: $0) }
        case .float16: withUnsafeBytes(of: Self.halfBits(value).littleEndian) { data.append(contentsOf: $0) }
        }
    }

    /// The bits of a binary16, for values that one holds exactly and zero: Float16 is missing on Intel Macs.
    private static func halfBits(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let exponent = Int(bits >> 23 & 0xFF) - 127 + 15
        let sign = UInt16(bits >> 16 & 0x8000)
        guard exponent > 0 else { return sign }
        return sign | UInt16(exponent) << 10 | UInt16(bits >> 13 & 0x3FF)
    }
}

/// Steele, Lea and Flood's generator, the same on every machine.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
