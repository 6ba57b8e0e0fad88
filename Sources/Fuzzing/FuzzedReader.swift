import Foundation
import LabCore
import ModelFormats

/// A reader of files from elsewhere, and what must hold when it accepts one.
public enum FuzzedReader: String, Sendable, CaseIterable {
    /// ``ModelFormats/SafetensorsFile``.
    case safetensors
    /// ``ModelFormats/SafetensorsModel`` on an index and its shards.
    case shards
    /// ``ModelFormats/GGUFReader``.
    case gguf
    /// ``ModelFormats/JSONValue``.
    case json
    /// ``ModelFormats/Checkpoint``: configuration, tokenizer, card and weights.
    case checkpoint

    /// Whether the files were taken or refused.
    public enum Answer: String, Sendable {
        /// Everything that the reader said of them is true.
        case accepted
        /// The reader threw an error that names a file and says how to mend it.
        case refused
    }

    /// Reads the files of a case, which lie in a folder.
    ///
    /// - Returns: What uses everything that the reader says of them, and throws ``Lie`` where that is not so; nil when
    ///   the reader refused them.
    /// - Throws: ``Lie`` when the reader fails in another way than it promises.
    func read(_ files: [(name: String, bytes: [UInt8])], in folder: URL) throws -> (() throws -> Void)? {
        do {
            switch self {
            case .safetensors:
                let file = try SafetensorsFile(folder.appendingPathComponent("case.safetensors"))
                return { try use(file, files) }
            case .shards:
                let model = try SafetensorsModel(directory: folder)
                return { for file in model.files { try use(file, files) } }
            case .gguf:
                let file = try GGUFReader(folder.appendingPathComponent("case.gguf"))
                return { try use(file, files) }
            case .json:
                let value = try JSONValue.parse(files[0].bytes, file: folder.path)
                return { try use(value) }
            case .checkpoint:
                let checkpoint = try Checkpoint(directory: folder)
                return { try use(checkpoint, files) }
            }
        } catch let error as FormatError {
            guard error.file.hasPrefix(folder.path), !error.problem.isEmpty, error.remedy?.isEmpty == false else {
                throw Lie("an error that does not name the file or how to mend it: \(error)")
            }
            return nil
        } catch {
            throw Lie("an error of another kind than FormatError: \(error)")
        }
    }

    /// Something that a reader said and that is not so.
    public struct Lie: Error, CustomStringConvertible {
        /// What it said.
        public let description: String

        init(_ description: String) { self.description = description }
    }
}

// MARK: - Use of what was read

extension FuzzedReader {
    private static func require(_ isSo: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !isSo { throw Lie(otherwise()) }
    }

    private func content(of url: URL, _ files: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
        guard let file = files.first(where: { $0.name == url.lastPathComponent }) else {
            throw Lie("read \(url.lastPathComponent), which is no file of the case")
        }
        return file.bytes
    }

    private func use(_ file: SafetensorsFile, _ files: [(name: String, bytes: [UInt8])]) throws {
        let whole = try content(of: file.url, files)
        for tensor in file.tensors {
            let bytes = try product(tensor.shape.map(Int64.init), tensor.scalarType.bytesPerElement)
            try Self.require(bytes == tensor.byteCount, "\(tensor) has another size than its shape")
            try Self.require(tensor.elementCount == bytes / tensor.scalarType.bytesPerElement, "\(tensor) miscounts")
            var read = [UInt8](repeating: 0, count: Int(tensor.byteCount))
            try read.withUnsafeMutableBytes { try file.read(tensor, from: 0, into: $0) }
            try Self.require(
                read.elementsEqual(whole[Int(tensor.offset)...].prefix(read.count)), "\(tensor) reads other bytes")
        }
        let covered = file.tensors.reduce(8) { $0 + $1.byteCount }
        try Self.require(covered <= Int64(whole.count), "tensors of \(covered) bytes, more than the file has")
    }

    private func use(_ file: GGUFReader, _ files: [(name: String, bytes: [UInt8])]) throws {
        let whole = try content(of: file.url, files)
        for entry in file.metadata.entries {
            if case .array(let array) = entry.value {
                try Self.require(array.count <= whole.count, "array '\(entry.key)' of \(array.count) values")
            }
        }
        for entry in file.metadata.entries.prefix(64) {
            // Not equal to itself is only what has a NaN in it.
            guard let found = file.metadata[entry.key] else { throw Lie("key '\(entry.key)' is not found") }
            try Self.require(found == entry.value || entry.value != entry.value, "key '\(entry.key)' is another one")
        }
        for tensor in file.tensors {
            let elements = try product(tensor.dimensions, 1)
            try Self.require(elements == tensor.elementCount, "\(tensor) miscounts")
            try Self.require(tensor.rowElements * tensor.rowCount == elements, "\(tensor) miscounts rows")
            try Self.require(
                elements / tensor.type.blockElements * tensor.type.blockBytes == tensor.byteCount,
                "\(tensor) has another size than its shape")
            try Self.require(
                file.data(of: tensor).elementsEqual(
                    whole[Int(file.dataOffset + tensor.offset)...].prefix(Int(tensor.byteCount))),
                "\(tensor) reads other bytes")
        }
    }

    /// Every value, written again and parsed again, is the same.
    private func use(_ value: JSONValue) throws {
        let again = try JSONValue.parse(JSONNode(value).bytes, file: "again")
        try Self.require(again == value, "a document that is another one when it is read again")
    }

    private func use(_ checkpoint: Checkpoint, _ files: [(name: String, bytes: [UInt8])]) throws {
        for file in checkpoint.files {
            let bytes = try content(of: file.url, files).count
            try Self.require(Int64(bytes) == file.sizeBytes, "\(file.name) has \(bytes) bytes, not \(file.sizeBytes)")
        }
        for tensor in checkpoint.tensors {
            try Self.require(tensor.model.shape == tensor.source.tensor.shape, "\(tensor.model.name): another shape")
        }
        for file in Set(checkpoint.tensors.map(\.source.file.url)) { try use(SafetensorsFile(file), files) }
        let ids = checkpoint.sentencePiece == nil ? checkpoint.tokenizer?.idCount ?? 0 : 0
        try Self.require(
            ids <= checkpoint.configuration.vocabularySize,
            "\(ids) ids in a smaller vocabulary")
        try Self.require(checkpoint.configuration.queryHeadsPerKeyValueHead > 0, "no query heads for a key")
        try Self.require(checkpoint.parameterCount >= 0, "fewer than no parameters")
        _ = checkpoint.card?.values("language")
        _ = checkpoint.tokenizerConfiguration?.chatTemplate
    }

    private func product(_ numbers: [Int64], _ start: Int64) throws -> Int64 {
        var result = start
        for number in numbers {
            let (product, overflow) = result.multipliedReportingOverflow(by: number)
            try Self.require(!overflow || numbers.contains(0), "a shape whose product overflows: \(numbers)")
            result = overflow ? 0 : product
        }
        return result
    }
}
