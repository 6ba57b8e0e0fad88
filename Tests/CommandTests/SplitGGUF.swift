import Foundation
import ModelFormats

/// Splits a GGUF file as llama-gguf-split does: the first part has the model's metadata, and each says which of how many
/// it is.
enum SplitGGUF {
    static func split(_ file: URL, into count: Int, named name: String, in folder: URL) throws -> [URL] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = try GGUFReader(file)
        let share = (source.tensors.count + count - 1) / count
        return try (0..<count).map { index in
            let tensors = Array(source.tensors.dropFirst(index * share).prefix(share))
            var metadata = index == 0 ? source.metadata : GGUFMetadata()
            metadata["split.no"] = .uint16(UInt16(index))
            metadata["split.count"] = .uint16(UInt16(count))
            metadata["split.tensors.count"] = .int32(Int32(source.tensors.count))
            let layout = try GGUFLayout(
                metadata: metadata,
                tensors: tensors.map { .init(name: $0.name, type: $0.type, dimensions: $0.dimensions) })
            let url = folder.appendingPathComponent(
                name + String(format: "-%05d-of-%05d.gguf", index + 1, count))
            let writer = try GGUFWriter(url, layout: layout)
            for (place, tensor) in tensors.enumerated() {
                try source.data(of: tensor).withUnsafeBytes { try writer.write($0, toTensor: place, at: 0) }
            }
            _ = try writer.seal()
            try writer.commit()
            return url
        }
    }
}
