import Foundation
import LabCore
import ModelFormats

/// A GGUF file in the making.
final class GGUFOutput: ConversionOutput {
    private let plan: RecipePlan
    private let writer: GGUFWriter
    /// The place of each of the checkpoint's tensors in the artifact.
    private let places: [Int]
    /// The importance of the columns of each of the artifact's tensors, where it is known.
    private let importance: [[Float]?]

    /// Creates the temporary file.
    init(_ url: URL, plan: RecipePlan) throws {
        self.plan = plan
        writer = try GGUFWriter(url, layout: plan.layout)
        var places = [Int](repeating: 0, count: plan.tensors.count)
        for (place, tensor) in plan.tensors.enumerated() { places[tensor.checkpointIndex] = place }
        self.places = places
        importance = try plan.tensors.indices.map(plan.importance(ofTensor:))
        for type in Set(plan.tensors.map(\.type)) { try EngineCodec.prepare(type) }
    }

    var name: String { plan.recipe.name }

    var order: [Int] { plan.tensors.map(\.checkpointIndex) }

    private func type(of tensor: Int) -> TensorType { plan.tensors[places[tensor]].type }

    /// Floats are stored from the source's own values, blocks from those of the BF16 parent.
    func preparation(of tensor: Int) -> ValuePreparation? {
        ValuePreparation(rounding: type(of: tensor).isBlockType ? .bfloat16 : nil, interleavesHeads: true)
    }

    private func rowBytes(_ slice: ConversionSlice) -> Int64 {
        let type = type(of: slice.tensor)
        return slice.rowElements / type.blockElements * type.blockBytes
    }

    func byteCount(_ slice: ConversionSlice) -> Int { Int(slice.rowCount * rowBytes(slice)) }

    func encode(
        _ values: UnsafeBufferPointer<Float>, rows: Range<Int64>, of slice: ConversionSlice,
        into bytes: UnsafeMutableRawBufferPointer, codec: BlockCodec
    ) -> UnstorableValue? {
        let type = type(of: slice.tensor)
        let rowBytes = rowBytes(slice)
        let place = Int(rows.lowerBound * rowBytes)..<Int(rows.upperBound * rowBytes)
        let firstBad = withImportance(of: slice) { importance in
            codec.encode(
                values, rowElements: Int(slice.rowElements), as: type, importance: importance,
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[place]))
        }
        return firstBad.map {
            UnstorableValue(
                index: Int64($0) * type.blockElements, thing: type.isBlockType ? "block" : "value", type: type.name)
        }
    }

    private func withImportance<Result>(
        of slice: ConversionSlice, _ body: (UnsafeBufferPointer<Float>?) -> Result
    ) -> Result {
        guard let importance = importance[places[slice.tensor]] else { return body(nil) }
        return importance.withUnsafeBufferPointer(body)
    }

    func write(_ slice: ConversionSlice, from bytes: UnsafeRawBufferPointer) throws {
        try writer.write(bytes, toTensor: places[slice.tensor], at: slice.firstRow * rowBytes(slice))
    }

    func seal(file: String, source: Manifest.Source, tool: String, engine: String) throws -> Manifest.Artifact {
        Manifest.Artifact(
            file: file, sha256: try writer.seal(), source: source, plan: plan, tool: tool, engine: engine)
    }

    func commit() throws { try writer.commit() }

    func discard() { writer.discard() }
}
