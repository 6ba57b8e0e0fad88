import Foundation

/// The sums over calibration text of what went into one matrix.
///
/// On the wire the floats are little-endian bytes in base 64: decimal digits would be three times as many, and other
/// numbers.
public struct CollectedSums: Sendable, Hashable {
    /// The matrix's name, such as "blk.0.ffn_down.weight".
    public var name: String
    /// Rows of input, one for each token.
    public var rowCount: Int64
    /// The sum of squares of each column.
    public var squares: [Float]
    /// The sum of each column.
    public var values: [Float]

    /// Sums of a matrix's inputs.
    public init(name: String, rowCount: Int64, squares: [Float], values: [Float]) {
        self.name = name
        self.rowCount = rowCount
        self.squares = squares
        self.values = values
    }
}

extension CollectedSums: Codable {
    private enum CodingKeys: String, CodingKey {
        case name, rowCount, squares, values
    }

    /// Decodes the wire form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func floats(_ key: CodingKeys) throws -> [Float] {
            let data = try container.decode(Data.self, forKey: key)
            guard data.count.isMultiple(of: 4) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "not whole floats")
            }
            return data.withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count, by: 4).map {
                    Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
                }
            }
        }
        self.init(
            name: try container.decode(String.self, forKey: .name),
            rowCount: try container.decode(Int64.self, forKey: .rowCount), squares: try floats(.squares),
            values: try floats(.values))
    }

    /// Encodes the wire form.
    public func encode(to encoder: any Encoder) throws {
        func data(_ floats: [Float]) -> Data {
            floats.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(rowCount, forKey: .rowCount)
        try container.encode(data(squares), forKey: .squares)
        try container.encode(data(values), forKey: .values)
    }
}
