import CLlama
import ModelFormats

/// The engine's conversions between floats and storage types.
///
/// The only place that calls ggml.
enum BlockCodec {
    /// Checks that the engine agrees on a type's blocks and builds its tables, which threads may not do at once.
    static func prepare(_ type: TensorType) throws {
        let engineType = ggml_type(rawValue: type.rawValue)
        guard ggml_blck_size(engineType) == type.blockElements, ggml_type_size(engineType) == Int(type.blockBytes)
        else {
            throw QuantizationError(
                .engineMismatch, "the engine's blocks of \(type.name) differ from those of the GGUF format",
                remedy: "Use the engine that ./lab builds.")
        }
        ggml_quantize_init(engineType)
    }

    /// Decodes elements of a checkpoint.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, as type: ScalarType, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = bytes.baseAddress, let target = floats.baseAddress else { return }
        let count = Int64(floats.count)
        switch type {
        case .bfloat16: ggml_bf16_to_fp32_row(source.assumingMemoryBound(to: ggml_bf16_t.self), target, count)
        case .float16: ggml_fp16_to_fp32_row(source.assumingMemoryBound(to: ggml_fp16_t.self), target, count)
        case .float32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: bytes.count)
        default: preconditionFailure("the checkpoint admits no \(type.rawValue)")
        }
    }

    /// Rounds to BF16 in place, to the nearest, ties to even.
    static func roundToBF16(_ floats: UnsafeMutableBufferPointer<Float>) {
        for index in floats.indices {
            let bits = floats[index].bitPattern
            floats[index] = Float(bitPattern: (bits &+ (0x7FFF &+ (bits >> 16 & 1))) & 0xFFFF_0000)
        }
    }

    /// Whether no value is infinite or not a number.
    static func allFinite(_ floats: UnsafeMutableBufferPointer<Float>) -> Bool {
        // The largest exponent decides; a maximum vectorizes where an early exit does not.
        var largest: UInt32 = 0
        for index in floats.indices { largest = max(largest, floats[index].bitPattern & 0x7F80_0000) }
        return largest < 0x7F80_0000
    }

    /// Encodes whole rows.
    ///
    /// Returns whether the result is valid: a value beyond F16 makes an infinity.
    static func encode(
        _ floats: UnsafeMutableBufferPointer<Float>, rowElements: Int64, as type: TensorType,
        into bytes: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let source = floats.baseAddress, let target = bytes.baseAddress else { return true }
        let count = Int64(floats.count)
        switch type {
        case .f32: target.copyMemory(from: source, byteCount: bytes.count)
        case .f16: ggml_fp32_to_fp16_row(source, target.assumingMemoryBound(to: ggml_fp16_t.self), count)
        case .bf16: ggml_fp32_to_bf16_row(source, target.assumingMemoryBound(to: ggml_bf16_t.self), count)
        default:
            let written = ggml_quantize_chunk(
                ggml_type(rawValue: type.rawValue), source, target, 0, count / rowElements, rowElements, nil)
            precondition(written == bytes.count, "the engine wrote another size than planned")
        }
        return ggml_validate_row_data(ggml_type(rawValue: type.rawValue), target, bytes.count)
    }
}
