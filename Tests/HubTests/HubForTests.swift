import Foundation
import Hub
import LabCore
import TestSupport

/// A local hub with a small model in two shards, and a client with a cache of its own.
final class HubForTests {
    static let id = "lab/two-shards"

    let folder: TemporaryFolder
    let server: LocalHub
    var settings: HubSettings

    /// The files of the repository that the lab needs, and some that it does not.
    let needed: [String: Data]
    let others = ["pytorch_model.bin": Data(repeating: 7, count: 1000), "notes.txt": Data("not needed".utf8)]

    init(_ arguments: [String] = [], shardBytes: Int = 300_000) throws {
        folder = try TemporaryFolder()
        var random = SystemRandomNumberGenerator()
        func shard() -> Data {
            Data((0..<shardBytes / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
        }
        let index = #"{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"#
        needed = [
            "config.json": Data("{}".utf8), "tokenizer.json": Data(#"{"model": {}}"#.utf8),
            "model.safetensors.index.json": Data(index.utf8), "model-1.safetensors": shard(),
            "model-2.safetensors": shard(),
            "additional_chat_templates/tools.jinja": Data("{{ tools }}".utf8),
        ]
        server = try LocalHub(root: folder.url.appendingPathComponent("hub"), arguments)
        for (path, bytes) in needed.merging(others, uniquingKeysWith: { one, _ in one }) {
            try server.write(bytes, to: "\(Self.id)/\(path)")
        }
        settings = HubSettings(
            environment: ["HF_ENDPOINT": server.endpoint, "HF_HOME": folder.url.appendingPathComponent("home").path])
        settings.firstPause = .milliseconds(5)
        settings.longestPause = .milliseconds(50)
        settings.partBytes = 64 << 10
        // Long enough for a busy machine.
        settings.stallTimeout = .seconds(10)
    }

    var client: HubClient { HubClient(settings: settings) }

    func reference(_ text: String = HubForTests.id) throws -> RepositoryReference { try RepositoryReference(text) }

    /// Whether a folder has what the repository has, and nothing that the lab does not need.
    func isWhole(_ snapshot: URL) -> Bool {
        let walker = FileManager.default.enumerator(atPath: snapshot.path)
        let files = (walker?.compactMap { $0 as? String } ?? []).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(
                atPath: snapshot.appendingPathComponent(name).path, isDirectory: &isFolder) && !isFolder.boolValue
        }
        return Set(files) == Set(needed.keys)
            && needed.allSatisfy { (try? Data(contentsOf: snapshot.appendingPathComponent($0))) == $1 }
    }

    /// The names in the folder of blobs.
    var blobs: [String] {
        let place = settings.cache.appendingPathComponent("models--lab--two-shards/blobs").path
        return (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
    }
}
