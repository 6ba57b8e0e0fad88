/// A tensor's entry in a GGUF file.
public struct GGUFTensor: Sendable, Equatable {
    /// The name, such as "blk.0.ffn_down.weight".
    public let name: String
    /// The storage type.
    public let type: TensorType
    /// The dimensions, fastest first, as ggml orders them.
    public let dimensions: [Int64]
    /// The offset of the first byte from the start of the data section.
    public let offset: Int64
    /// The size of the data.
    public let byteCount: Int64

    /// The product of the dimensions.
    public var elementCount: Int64 { dimensions.reduce(1, *) }
    /// The elements of a row.
    public var rowElements: Int64 { dimensions.first ?? 1 }
    /// The number of rows.
    public var rowCount: Int64 { dimensions.dropFirst().reduce(1, *) }
}

/// The constants of the GGUF format.
public enum GGUFFormat {
    /// "GGUF".
    static let magic: [UInt8] = [0x47, 0x47, 0x55, 0x46]
    /// The version that is written.
    static let version: UInt32 = 3
    /// The alignment of tensor data where `general.alignment` says nothing.
    public static let defaultAlignment: Int64 = 32
    /// The most dimensions that a tensor has.
    static let maximumDimensions = 4
    /// The key of the alignment.
    static let alignmentKey = "general.alignment"

    /// Rounds up to the alignment.
    package static func aligned(_ offset: Int64, to alignment: Int64 = defaultAlignment) -> Int64 {
        (offset + alignment - 1) / alignment * alignment
    }
}
