/// A storage type of MLX's affine quantization: codes of some bits, and a scale and a bias for each group of a row.
public struct AffineType: Sendable, Hashable, Codable {
    /// Bits of a code.
    public let bits: Int
    /// Values that share a scale and a bias.
    public let groupSize: Int

    enum CodingKeys: String, CodingKey {
        case bits
        case groupSize = "group_size"
    }

    /// The bits that mlx has codes of.
    public static let possibleBits = [2, 3, 4, 5, 6, 8]
    /// The lengths of groups that mlx has kernels for.
    public static let possibleGroupSizes = [32, 64, 128]

    /// A type of ``possibleBits`` and ``possibleGroupSizes``.
    public init(bits: Int, groupSize: Int) {
        precondition(
            Self.possibleBits.contains(bits) && Self.possibleGroupSizes.contains(groupSize), "mlx has no such type")
        self.bits = bits
        self.groupSize = groupSize
    }

    /// "4-bit g64".
    public var name: String { "\(bits)-bit g\(groupSize)" }

    /// Bytes of the codes of a number of values, a multiple of the group size.
    func codeBytes(_ elements: Int64) -> Int64 { elements / 8 * Int64(bits) }

    /// Groups of a number of values, a multiple of the group size.
    func groups(_ elements: Int64) -> Int64 { elements / Int64(groupSize) }
}
