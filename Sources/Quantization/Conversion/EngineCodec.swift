import CLlama
public import ModelFormats

/// The engine's own codecs: for types that the lab has none for, and to compare with.
///
/// The only place that calls ggml.
public enum EngineCodec {
    /// Checks that the engine agrees on a type's blocks and builds its tables, which threads may not do at once.
    ///
    /// Throws ``QuantizationError`` for an engine with another format.
    public static func prepare(_ type: TensorType) throws {
        let engineType = ggml_type(rawValue: type.rawValue)
        guard ggml_blck_size(engineType) == type.blockElements, ggml_type_size(engineType) == Int(type.blockBytes)
        else {
            throw QuantizationError(
                .engineMismatch, "the engine's blocks of \(type.name) differ from those of the GGUF format",
                remedy: "Use the engine that ./lab builds.")
        }
        ggml_quantize_init(engineType)
    }

    /// Encodes whole rows, valid or not, as ``BlockCodec/encode(_:rowElements:as:importance:into:)`` does.
    public static func encode(
        _ floats: UnsafeBufferPointer<Float>, rowElements: Int, as type: TensorType,
        importance: UnsafeBufferPointer<Float>? = nil, into bytes: UnsafeMutableRawBufferPointer
    ) {
        let written = ggml_quantize_chunk(
            ggml_type(rawValue: type.rawValue), floats.baseAddress, bytes.baseAddress, 0,
            Int64(floats.count / rowElements), Int64(rowElements), importance?.baseAddress)
        precondition(written == bytes.count, "the engine wrote another size than planned")
    }

    /// The index of the first block that the engine rejects; nil where it accepts all.
    ///
    /// The engine says on the standard error what it rejects.
    public static func firstInvalidBlock(_ bytes: UnsafeRawBufferPointer, of type: TensorType) -> Int? {
        let engineType = ggml_type(rawValue: type.rawValue)
        guard !ggml_validate_row_data(engineType, bytes.baseAddress, bytes.count) else { return nil }
        let blockBytes = Int(type.blockBytes)
        return (0..<(bytes.count / blockBytes)).first { block in
            !ggml_validate_row_data(engineType, bytes.baseAddress.map { $0 + block * blockBytes }, blockBytes)
        }
    }
}
