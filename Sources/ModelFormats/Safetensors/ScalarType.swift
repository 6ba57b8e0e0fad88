/// The element type of a tensor in a safetensors file.
public enum ScalarType: String, Sendable, CaseIterable {
    /// IEEE 754 binary64.
    case float64 = "F64"
    /// IEEE 754 binary32.
    case float32 = "F32"
    /// IEEE 754 binary16.
    case float16 = "F16"
    /// The upper half of a binary32.
    case bfloat16 = "BF16"
    /// 8-bit float, 5 exponent bits.
    case float8E5M2 = "F8_E5M2"
    /// 8-bit float, 4 exponent bits.
    case float8E4M3 = "F8_E4M3"
    /// 64-bit signed integer.
    case int64 = "I64"
    /// 32-bit signed integer.
    case int32 = "I32"
    /// 16-bit signed integer.
    case int16 = "I16"
    /// 8-bit signed integer.
    case int8 = "I8"
    /// 64-bit unsigned integer.
    case uint64 = "U64"
    /// 32-bit unsigned integer.
    case uint32 = "U32"
    /// 16-bit unsigned integer.
    case uint16 = "U16"
    /// 8-bit unsigned integer.
    case uint8 = "U8"
    /// One byte, 0 or 1.
    case bool = "BOOL"

    /// Bytes of one element.
    public var bytesPerElement: Int64 {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .float8E5M2, .float8E4M3, .int8, .uint8, .bool: 1
        }
    }
}
