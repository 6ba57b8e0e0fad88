/// The sums over calibration text of what went into one matrix.
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
        self.init(
            name: try container.decode(String.self, forKey: .name),
            rowCount: try container.decode(Int64.self, forKey: .rowCount),
            squares: try container.decode(PackedFloats.self, forKey: .squares).values,
            values: try container.decode(PackedFloats.self, forKey: .values).values)
    }

    /// Encodes the wire form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(rowCount, forKey: .rowCount)
        try container.encode(PackedFloats(squares), forKey: .squares)
        try container.encode(PackedFloats(values), forKey: .values)
    }
}
