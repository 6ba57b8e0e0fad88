import Foundation
import LabCore
import ModelFormats

/// An MLX folder in the making.
final class MLXOutput: ConversionOutput {
    private let plan: MLXPlan
    private let folder: AtomicFolder
    private let writers: [SafetensorsWriter]
    /// The place of each of the checkpoint's tensors in the plan.
    private let places: [Int: Int]

    /// Creates the temporary folder and the files of tensors in it.
    init(_ url: URL, plan: MLXPlan) throws {
        self.plan = plan
        let folder = try AtomicFolder(replacing: url)
        self.folder = folder
        writers = try zip(plan.shards.names, plan.shards.layouts).map { name, layout in
            try SafetensorsWriter(folder.temporary.appendingPathComponent(name), layout: layout)
        }
        places = Dictionary(uniqueKeysWithValues: plan.tensors.enumerated().map { ($1.checkpointIndex, $0) })
    }

    var name: String { plan.recipe.name }

    var order: [Int] { plan.tensors.map(\.checkpointIndex) }

    private func storage(of tensor: Int) -> MLXPlan.Storage? { places[tensor].map { plan.tensors[$0].storage } }

    func preparation(of tensor: Int) -> ValuePreparation? {
        storage(of: tensor).map { ValuePreparation(rounding: $0.scalarType, interleavesHeads: false) }
    }

    /// Bytes of each part of a row.
    private func rowBytes(_ slice: ConversionSlice) -> [Int64] {
        switch storage(of: slice.tensor) {
        case nil: []
        case .float(let type): [slice.rowElements * type.bytesPerElement]
        case .affine(let type, let factors):
            [type.codeBytes(slice.rowElements)]
                + [Int64](repeating: type.groups(slice.rowElements) * factors.bytesPerElement, count: 2)
        }
    }

    func byteCount(_ slice: ConversionSlice) -> Int { Int(slice.rowCount * rowBytes(slice).reduce(0, +)) }

    /// The parts of a slice come one after the other: codes, scales, biases.
    private func parts(_ slice: ConversionSlice) -> [(start: Int64, rowBytes: Int64)] {
        var start: Int64 = 0
        return rowBytes(slice).map { rowBytes in
            defer { start += slice.rowCount * rowBytes }
            return (start, rowBytes)
        }
    }

    func encode(
        _ values: UnsafeBufferPointer<Float>, rows: Range<Int64>, of slice: ConversionSlice,
        into bytes: UnsafeMutableRawBufferPointer, codec: BlockCodec
    ) -> UnstorableValue? {
        guard let base = bytes.baseAddress, let storage = storage(of: slice.tensor) else { return nil }
        let places = parts(slice).map { base + Int($0.start + rows.lowerBound * $0.rowBytes) }
        switch storage {
        case .float(let type):
            let count = values.count * Int(type.bytesPerElement)
            let firstBad = codec.encode(
                values, rowElements: values.count, as: type.stored,
                into: UnsafeMutableRawBufferPointer(start: places[0], count: count))
            return firstBad.map { UnstorableValue(index: Int64($0), thing: "value", type: type.rawValue) }
        case .affine(let type, let factors):
            let firstBad = codec.encodeAffine(
                values, as: type, storedIn: factors, codes: places[0], scales: places[1], biases: places[2])
            return firstBad.map {
                UnstorableValue(
                    index: Int64($0 * type.groupSize), thing: "group", type: "\(type.name) \(factors.rawValue)")
            }
        }
    }

    func write(_ slice: ConversionSlice, from bytes: UnsafeRawBufferPointer) throws {
        guard let place = places[slice.tensor] else { return }
        for (part, target) in zip(parts(slice), plan.shards.places[place]) {
            let range = Int(part.start)..<Int(part.start + slice.rowCount * part.rowBytes)
            try writers[target.shard].write(
                UnsafeRawBufferPointer(rebasing: bytes[range]), toTensor: target.index,
                at: slice.firstRow * part.rowBytes)
        }
    }

    func seal(file: String, source: Manifest.Source, tool: String, engine: String) throws -> Manifest.Artifact {
        var digests: [String: Digest] = [:]
        for (name, writer) in zip(plan.shards.names, writers) {
            digests[name] = try writer.seal()
            try writer.commit()
        }
        for (name, text) in plan.texts { digests[name] = try put(Data(text.utf8), name) }
        for copy in plan.copies {
            let original = try RandomAccessFile(copy.url)
            digests[copy.name] = try put(Data(original.read(at: 0, count: Int(original.sizeBytes))), copy.name)
        }
        return Manifest.Artifact(file: file, digests: digests, source: source, plan: plan, tool: tool)
    }

    private func put(_ data: Data, _ name: String) throws -> Digest {
        let place = folder.temporary.appendingPathComponent(name)
        // A template of several may lie in a folder of its own.
        try? FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try AtomicFile.write(data, to: place)
        return Digest(of: data)
    }

    func commit() throws { try folder.commit() }

    func discard() {
        writers.forEach { $0.discard() }
        folder.discard()
    }
}

extension ScalarType {
    /// The type of the same name in GGUF, for the three that MLX artifacts hold.
    fileprivate var stored: TensorType {
        switch self {
        case .float16: .f16
        case .bfloat16: .bf16
        default: .f32
        }
    }
}
