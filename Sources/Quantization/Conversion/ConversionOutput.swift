import LabCore
import ModelFormats

/// An artifact in the making, as the pipeline fills it.
protocol ConversionOutput: AnyObject {
    /// The recipe's name.
    var name: String { get }

    /// The source tensors that it holds, in the order in which they are best written.
    var order: [Int] { get }

    /// The values that a tensor is encoded from; nil where the artifact leaves it out.
    func preparation(of tensor: Int) -> ValuePreparation?

    /// Bytes of a slice between encoding and writing; 0 for tensors that the artifact leaves out.
    func byteCount(_ slice: ConversionSlice) -> Int

    /// Encodes rows of a slice into the slice's bytes; what cannot be stored is the result.
    func encode(
        _ values: UnsafeBufferPointer<Float>, rows: Range<Int64>, of slice: ConversionSlice,
        into bytes: UnsafeMutableRawBufferPointer, codec: BlockCodec
    ) -> UnstorableValue?

    /// Writes the encoded bytes of a slice.
    func write(_ slice: ConversionSlice, from bytes: UnsafeRawBufferPointer) throws

    /// Finishes everything but the name, and tells of the artifact.
    func seal(file: String, source: Manifest.Source, tool: String, engine: String) throws -> Manifest.Artifact

    /// Syncs the artifact and gives it its name.
    func commit() throws

    /// Removes what was written; does nothing after ``commit()``.
    func discard()
}

/// Rows of a tensor that are read, encoded and written together.
struct ConversionSlice {
    let tensor: Int
    let firstRow: Int64
    let rowCount: Int64
    let rowElements: Int64
    let isLast: Bool
}

/// What is done to a tensor's values before they are encoded.
struct ValuePreparation: Hashable {
    /// The type to whose values they are rounded; nil for none.
    let rounding: ScalarType?
    /// Whether rows come in the order of GGUF rather than in that of the checkpoint.
    let interleavesHeads: Bool
}

/// A value that a type cannot hold.
struct UnstorableValue {
    /// Its index among the values that were to be encoded.
    let index: Int64
    /// "value", "block" or "group".
    let thing: String
    /// The name of the type.
    let type: String
}
