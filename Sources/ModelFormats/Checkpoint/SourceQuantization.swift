/// How the weights of a checkpoint are quantized, which conversion undoes.
public enum SourceQuantization: Sendable, Equatable {
    /// 8-bit floats; a scale for each block of rows and columns.
    case float8(block: Block?)

    /// Rows and columns that share a scale.
    public struct Block: Sendable, Equatable {
        /// The number of rows.
        public let rows: Int
        /// The number of columns.
        public let columns: Int

        /// Creates a block size.
        public init(rows: Int, columns: Int) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// What follows the name of a tensor in the name of its scales.
    static let scaleSuffix = "_scale_inv"

    /// Reads `quantization_config`.
    ///
    /// Throws ``FormatError`` for a method that is not supported.
    init(_ object: JSONObject) throws {
        let method = try object.require("quant_method", object.string)
        guard method == "fp8" else {
            throw FormatError(
                .unsupported, file: object.file, subject: "key 'quantization_config.quant_method'", "is '\(method)'",
                remedy: "Supported is fp8; otherwise take the checkpoint that was not quantized.")
        }
        let key = "weight_block_size"
        self = .float8(
            block: try object.array(key).map { sizes in
                let sizes = sizes.compactMap { size -> Int? in
                    guard case .integer(let count) = size, (1...Int64(Int32.max)).contains(count) else { return nil }
                    return Int(count)
                }
                guard sizes.count == 2 else { throw object.mismatch(key, "a number of rows and one of columns") }
                return Block(rows: sizes[0], columns: sizes[1])
            })
    }
}
