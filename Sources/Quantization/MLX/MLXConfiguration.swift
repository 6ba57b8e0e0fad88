import ModelFormats

/// The `config.json` of an MLX artifact: the checkpoint's, with what mlx-lm adds and leaves out.
struct MLXConfiguration {
    private let members: [String: JSONValue]

    /// Reads the checkpoint's `config.json` again, of which the typed view keeps only a part.
    init(_ checkpoint: Checkpoint) throws {
        let file = checkpoint.directory.appendingPathComponent("config.json")
        let object = try JSONObject(contentsOf: RandomAccessFile(file))
        var members = Dictionary(object.members.map { ($0.name, $0.value) }) { $1 }
        members["_name_or_path"] = nil
        members["vision_config"] = nil
        // mlx-lm takes the ids that end a text from the file that says how to generate.
        if let generation = try Self.generation(checkpoint), let ids = generation["eos_token_id"], Self.isTrue(ids) {
            members["eos_token_id"] = ids
        }
        // Where the key is absent, mlx-lm's Llama and Qwen2 suppose a tied embedding, and Hugging Face's do not.
        if members["tie_word_embeddings"] == nil {
            members["tie_word_embeddings"] = .bool(checkpoint.configuration.tiesWordEmbeddings)
        }
        self.members = members
    }

    private static func generation(_ checkpoint: Checkpoint) throws -> JSONObject? {
        let name = "generation_config.json"
        guard checkpoint.files.contains(where: { $0.name == name }) else { return nil }
        return try JSONObject(contentsOf: RandomAccessFile(checkpoint.directory.appendingPathComponent(name)))
    }

    /// Python's idea of truth.
    private static func isTrue(_ value: JSONValue) -> Bool {
        ![.null, .bool(false), .integer(0), .number(0), .string(""), .array([]), .object([])].contains(value)
    }

    /// The type that `torch_dtype` names; nil where it names none that mlx-lm converts to.
    var dataType: MLXDataType? {
        guard case .string(let name) = members["torch_dtype"] else { return nil }
        return MLXDataType(rawValue: name)
    }

    /// The text, with the types of the matrices: those of `named` apart, `body` for the others.
    func text(body: AffineType, named: [String: AffineType]) -> String {
        let matrices = named.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { JSONMember(name: $0.key, value: .object(Self.members(of: $0.value))) }
        let quantization = JSONValue.object(Self.members(of: body) + matrices)
        var members = members
        // The second name is Hugging Face's.
        members["quantization"] = quantization
        members["quantization_config"] = quantization
        let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return JSONValue.object(sorted.map { JSONMember(name: $0.key, value: $0.value) }).text(indentation: 4) + "\n"
    }

    private static func members(of type: AffineType) -> [JSONMember] {
        [
            JSONMember(name: "group_size", value: .integer(Int64(type.groupSize))),
            JSONMember(name: "bits", value: .integer(Int64(type.bits))),
            JSONMember(name: "mode", value: .string("affine")),
        ]
    }
}
