import Foundation

/// A copy of the embedded checkpoint that a test may damage, in one file or in two shards.
struct CheckpointCopy {
    enum Layout: String, CaseIterable, Sendable {
        case single
        case sharded
    }

    let folder: URL
    /// The files with the weights.
    let weights: [URL]

    /// Copies the checkpoint to a folder; files that are there are replaced.
    init(_ layout: Layout, in folder: URL) throws {
        self.folder = folder
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.copyItem(at: LabCommand.model, to: folder)
        let single = folder.appendingPathComponent("model.safetensors")
        guard layout == .sharded else {
            weights = [single]
            return
        }
        let (header, data) = try Self.parts(of: single)
        var map: [String: String] = [:]
        weights = try (1...2).map { number in
            let file = folder.appendingPathComponent("model-0000\(number)-of-00002.safetensors")
            var part: [String: Any] = [:]
            var bytes = Data()
            for (index, name) in header.keys.filter({ $0 != "__metadata__" }).sorted().enumerated()
            where index % 2 == number - 1 {
                var entry = header[name] as? [String: Any] ?? [:]
                let offsets = entry["data_offsets"] as? [Int] ?? []
                entry["data_offsets"] = [bytes.count, bytes.count + offsets[1] - offsets[0]]
                bytes += data[(data.startIndex + offsets[0])..<(data.startIndex + offsets[1])]
                part[name] = entry
                map[name] = file.lastPathComponent
            }
            try Self.write(part, bytes, to: file)
            return file
        }
        try FileManager.default.removeItem(at: single)
        try JSONSerialization.data(withJSONObject: ["metadata": [:], "weight_map": map], options: .sortedKeys)
            .write(to: folder.appendingPathComponent("model.safetensors.index.json"))
    }

    /// Every file's bytes.
    func contents() throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, FileManager.default.contents(atPath: folder.appendingPathComponent(name).path) ?? Data())
            })
    }

    /// The file that has a tensor.
    func file(of tensor: String) throws -> URL? {
        try weights.first { try Self.parts(of: $0).header[tensor] != nil }
    }

    /// Changes what a header says of a tensor, and nothing else.
    func edit(_ tensor: String, _ key: String, _ change: ([Int]) -> [Int]) throws {
        guard let file = try file(of: tensor) else { return }
        var (header, data) = try Self.parts(of: file)
        var entry = header[tensor] as? [String: Any] ?? [:]
        entry[key] = change(entry[key] as? [Int] ?? [])
        header[tensor] = entry
        try Self.write(header, data, to: file)
    }

    /// Cuts bytes off the end of the last file.
    func truncate(bytes: Int) throws {
        let whole = try Data(contentsOf: weights[weights.count - 1])
        try whole.dropLast(bytes).write(to: weights[weights.count - 1])
    }

    /// A safetensors file's header and the bytes behind it.
    static func parts(of file: URL) throws -> (header: [String: Any], data: Data) {
        let whole = try Data(contentsOf: file)
        let length = whole.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: whole[8..<(8 + length)])
        return (header as? [String: Any] ?? [:], whole[(8 + length)...])
    }

    private static func write(_ header: [String: Any], _ data: Data, to file: URL) throws {
        let text = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
        let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
        try (length + text + data).write(to: file)
    }
}
