public import Foundation

/// The weights of a checkpoint: one safetensors file, or the shards that an index lists.
public struct SafetensorsModel: Sendable {
    /// A tensor and the file that holds it.
    public struct Entry: Sendable {
        /// The tensor.
        public let tensor: SafetensorsTensor
        /// Its file.
        public let file: SafetensorsFile
    }

    /// The tensors: shards in the order of their names, tensors of a shard in the order of theirs.
    public let entries: [Entry]
    /// The files, the index not among them.
    public let files: [SafetensorsFile]

    /// The name of the index of shards.
    public static let indexName = "model.safetensors.index.json"
    /// The name of a single file.
    public static let singleName = "model.safetensors"

    /// Whether a file's name is that of weights or of their index.
    public static func owns(_ name: String) -> Bool { name == indexName || name.hasSuffix(".safetensors") }

    /// Opens the weights in a directory.
    ///
    /// Throws ``FormatError`` for absent, damaged or contradictory files.
    public init(directory: URL) throws {
        let index = directory.appendingPathComponent(Self.indexName)
        let single = directory.appendingPathComponent(Self.singleName)
        if FileManager.default.fileExists(atPath: index.path) {
            self = try Self.sharded(index: index, directory: directory)
        } else if FileManager.default.fileExists(atPath: single.path) {
            self.init(files: [try SafetensorsFile(single)])
        } else {
            throw FormatError(
                .missing, file: directory.path,
                "has neither \(Self.singleName) nor \(Self.indexName)",
                remedy: "Name a directory with a Hugging Face checkpoint, or download the weights.")
        }
    }

    private init(files: [SafetensorsFile]) {
        self.files = files
        entries = files.flatMap { file in file.tensors.map { Entry(tensor: $0, file: file) } }
    }

    private static func sharded(index url: URL, directory: URL) throws -> SafetensorsModel {
        let index = try JSONObject(contentsOf: RandomAccessFile(url))
        let map = try index.require("weight_map", index.object)
        var shardOfTensor: [String: String] = [:]
        for member in map.members {
            guard case .string(let shard) = member.value else { throw map.mismatch(member.name, "a file name") }
            // A shard lies beside its index; anything else could name any file of the machine.
            guard !shard.isEmpty, !shard.contains("/"), shard != "..", shard != "." else {
                throw FormatError.malformed(url.path, "key 'weight_map.\(member.name)'", "'\(shard)' is no file name")
            }
            guard shardOfTensor.updateValue(shard, forKey: member.name) == nil else {
                throw FormatError.malformed(url.path, "tensor '\(member.name)'", "is listed twice")
            }
        }
        let shards = Set(shardOfTensor.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for shard in shards {
            let file = directory.appendingPathComponent(shard)
            guard !FileManager.default.fileExists(atPath: file.path) else { continue }
            let tensor = shardOfTensor.filter { $0.value == shard }.keys.min() ?? ""
            throw FormatError(
                .missing, file: file.path, "is not there, and \(Self.indexName) puts tensor '\(tensor)' in it",
                remedy: "Download the file from the model's own repository.")
        }
        let model = SafetensorsModel(
            files: try shards.map { try SafetensorsFile(directory.appendingPathComponent($0)) })
        for entry in model.entries {
            let name = entry.tensor.name
            guard let shard = shardOfTensor.removeValue(forKey: name) else {
                throw FormatError.malformed(
                    entry.file.url.path, "tensor '\(name)'", "is not in the index, or in two shards")
            }
            guard shard == entry.file.url.lastPathComponent else {
                throw FormatError.malformed(url.path, "tensor '\(name)'", "is not in \(shard), where the index puts it")
            }
        }
        if let absent = shardOfTensor.keys.min(), let shard = shardOfTensor[absent] {
            throw FormatError.malformed(
                directory.appendingPathComponent(shard).path, "tensor '\(absent)'", "is in the index, not in the file")
        }
        return model
    }
}
