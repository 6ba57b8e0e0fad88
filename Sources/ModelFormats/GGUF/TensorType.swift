// swift-format-ignore: AlwaysUseLowerCamelCase
/// A storage type of the GGUF format; raw values are the format's own numbers.
public enum TensorType: UInt32, Sendable, CaseIterable {
    /// IEEE 754 binary32.
    case f32 = 0
    /// IEEE 754 binary16.
    case f16 = 1
    /// Blocks of 32 with a scale.
    case q4_0 = 2
    /// Blocks of 32 with a scale and a minimum.
    case q4_1 = 3
    /// Blocks of 32 with a scale.
    case q5_0 = 6
    /// Blocks of 32 with a scale and a minimum.
    case q5_1 = 7
    /// Blocks of 32 with a scale.
    case q8_0 = 8
    /// Blocks of 32 with a scale and a sum.
    case q8_1 = 9
    /// Super-blocks of 256, 2-bit.
    case q2_K = 10
    /// Super-blocks of 256, 3-bit.
    case q3_K = 11
    /// Super-blocks of 256, 4-bit.
    case q4_K = 12
    /// Super-blocks of 256, 5-bit.
    case q5_K = 13
    /// Super-blocks of 256, 6-bit.
    case q6_K = 14
    /// Super-blocks of 256, 8-bit, for activations.
    case q8_K = 15
    /// Codebook, 2.06 bits.
    case iq2_XXS = 16
    /// Codebook, 2.31 bits.
    case iq2_XS = 17
    /// Codebook, 3.06 bits.
    case iq3_XXS = 18
    /// Codebook, 1.56 bits.
    case iq1_S = 19
    /// Non-linear 4-bit, blocks of 32.
    case iq4_NL = 20
    /// Codebook, 3.44 bits.
    case iq3_S = 21
    /// Codebook, 2.56 bits.
    case iq2_S = 22
    /// Non-linear 4-bit, super-blocks.
    case iq4_XS = 23
    /// 8-bit integer.
    case i8 = 24
    /// 16-bit integer.
    case i16 = 25
    /// 32-bit integer.
    case i32 = 26
    /// 64-bit integer.
    case i64 = 27
    /// IEEE 754 binary64.
    case f64 = 28
    /// Codebook, 1.75 bits.
    case iq1_M = 29
    /// The upper half of a binary32.
    case bf16 = 30
    /// Ternary, 1.69 bits.
    case tq1_0 = 34
    /// Ternary, 2.06 bits.
    case tq2_0 = 35
    /// Microscaling 4-bit float.
    case mxfp4 = 39
    /// Nvidia's 4-bit float.
    case nvfp4 = 40
    /// Blocks of 128, 1-bit.
    case q1_0 = 41
    /// Blocks of 64, 2-bit.
    case q2_0 = 42

    private struct Block {
        let name: String
        let elements: Int64
        let bytes: Int64
    }

    /// The name that llama.cpp prints, such as "Q4_K".
    public var name: String { block.name }
    /// Elements in a block; a row holds whole blocks.
    public var blockElements: Int64 { block.elements }
    /// Bytes of a block.
    public var blockBytes: Int64 { block.bytes }
    /// Bits that one element takes.
    public var bitsPerElement: Double { Double(8 * block.bytes) / Double(block.elements) }

    /// The type of a name; nil when there is none.
    public init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }

    /// Bytes of a row; nil unless the row holds whole blocks.
    public func rowBytes(elements: Int64) -> Int64? {
        guard elements >= 0, elements % block.elements == 0 else { return nil }
        let (bytes, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
        return overflow ? nil : bytes
    }

    private var block: Block {
        switch self {
        case .f32: Block(name: "F32", elements: 1, bytes: 4)
        case .f16: Block(name: "F16", elements: 1, bytes: 2)
        case .q4_0: Block(name: "Q4_0", elements: 32, bytes: 18)
        case .q4_1: Block(name: "Q4_1", elements: 32, bytes: 20)
        case .q5_0: Block(name: "Q5_0", elements: 32, bytes: 22)
        case .q5_1: Block(name: "Q5_1", elements: 32, bytes: 24)
        case .q8_0: Block(name: "Q8_0", elements: 32, bytes: 34)
        case .q8_1: Block(name: "Q8_1", elements: 32, bytes: 36)
        case .q2_K: Block(name: "Q2_K", elements: 256, bytes: 84)
        case .q3_K: Block(name: "Q3_K", elements: 256, bytes: 110)
        case .q4_K: Block(name: "Q4_K", elements: 256, bytes: 144)
        case .q5_K: Block(name: "Q5_K", elements: 256, bytes: 176)
        case .q6_K: Block(name: "Q6_K", elements: 256, bytes: 210)
        case .q8_K: Block(name: "Q8_K", elements: 256, bytes: 292)
        case .iq2_XXS: Block(name: "IQ2_XXS", elements: 256, bytes: 66)
        case .iq2_XS: Block(name: "IQ2_XS", elements: 256, bytes: 74)
        case .iq3_XXS: Block(name: "IQ3_XXS", elements: 256, bytes: 98)
        case .iq1_S: Block(name: "IQ1_S", elements: 256, bytes: 50)
        case .iq4_NL: Block(name: "IQ4_NL", elements: 32, bytes: 18)
        case .iq3_S: Block(name: "IQ3_S", elements: 256, bytes: 110)
        case .iq2_S: Block(name: "IQ2_S", elements: 256, bytes: 82)
        case .iq4_XS: Block(name: "IQ4_XS", elements: 256, bytes: 136)
        case .i8: Block(name: "I8", elements: 1, bytes: 1)
        case .i16: Block(name: "I16", elements: 1, bytes: 2)
        case .i32: Block(name: "I32", elements: 1, bytes: 4)
        case .i64: Block(name: "I64", elements: 1, bytes: 8)
        case .f64: Block(name: "F64", elements: 1, bytes: 8)
        case .iq1_M: Block(name: "IQ1_M", elements: 256, bytes: 56)
        case .bf16: Block(name: "BF16", elements: 1, bytes: 2)
        case .tq1_0: Block(name: "TQ1_0", elements: 256, bytes: 54)
        case .tq2_0: Block(name: "TQ2_0", elements: 256, bytes: 66)
        case .mxfp4: Block(name: "MXFP4", elements: 32, bytes: 17)
        case .nvfp4: Block(name: "NVFP4", elements: 64, bytes: 36)
        case .q1_0: Block(name: "Q1_0", elements: 128, bytes: 18)
        case .q2_0: Block(name: "Q2_0", elements: 64, bytes: 18)
        }
    }
}

extension TensorType: Codable {
    /// Decodes the name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let type = TensorType(name: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(name)' is no tensor type")
        }
        self = type
    }

    /// Encodes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
