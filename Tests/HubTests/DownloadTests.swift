import Foundation
import Hub
import LabCore
import Testing

@Suite struct DownloadTests {
    @Test func onlyTheFilesThatAreNeededComeAndTheyAreWhole() throws {
        let hub = try HubForTests()

        let snapshot = try hub.client.checkpoint(hub.reference())

        #expect(hub.isWhole(snapshot.folder))
        #expect(hub.blobs.count == hub.needed.count)
        #expect(try hub.server.requests().allSatisfy { !$0.path.contains("pytorch_model") })
    }

    @Test func largeFilesComeInParts() throws {
        let hub = try HubForTests()

        _ = try hub.client.checkpoint(hub.reference())

        let ranges = try hub.server.requests().filter(\.content).compactMap(\.range)
        let expected = (0..<5).map { "bytes=\($0 * 65_536)-\(min($0 * 65_536 + 65_535, 299_999))" }
        #expect(ranges.sorted() == (expected + expected).sorted())
    }

    @Test func aSecondTimeNothingIsFetched() throws {
        let hub = try HubForTests()
        _ = try hub.client.checkpoint(hub.reference())
        _ = try hub.server.requests()

        let snapshot = try hub.client.checkpoint(hub.reference())

        #expect(hub.isWhole(snapshot.folder))
        #expect(try hub.server.requests().map(\.path) == ["/api/models/lab/two-shards/revision/main?blobs=true"])
    }

    @Test func aCommitThatIsThereIsNotAskedFor() throws {
        let hub = try HubForTests()
        let commit = try hub.client.checkpoint(hub.reference()).commit
        _ = try hub.server.requests()

        let snapshot = try hub.client.checkpoint(hub.reference("lab/two-shards@\(commit)"))

        #expect(hub.isWhole(snapshot.folder))
        #expect(try hub.server.requests().isEmpty)
    }

    @Test func theRevisionIsRememberedAsPythonDoes() throws {
        let hub = try HubForTests()

        let snapshot = try hub.client.checkpoint(hub.reference("lab/two-shards@v1.0"))

        let ref = hub.settings.cache.appendingPathComponent("models--lab--two-shards/refs/v1.0")
        #expect(try String(contentsOf: ref, encoding: .utf8) == snapshot.commit)
        let link = snapshot.folder.appendingPathComponent("additional_chat_templates/tools.jinja").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasPrefix("../../../blobs/"))
    }

    @Test func withoutANetworkTheCacheServes() throws {
        let hub = try HubForTests()
        _ = try hub.client.checkpoint(hub.reference())
        hub.settings.endpoint = "http://127.0.0.1:1"
        hub.settings.patience = 1

        #expect(hub.isWhole(try hub.client.checkpoint(hub.reference()).folder))
        hub.settings.isOffline = true
        #expect(hub.isWhole(try hub.client.checkpoint(hub.reference()).folder))
    }

    @Test func withoutANetworkTheCachesModelIsItsOwnOutline() throws {
        let hub = try HubForTests()
        let snapshot = try hub.client.checkpoint(hub.reference())
        _ = try hub.server.requests()

        let byCommit = try hub.client.outline(hub.reference("lab/two-shards@\(snapshot.commit)"))
        #expect(byCommit.folder.path == snapshot.folder.path)
        #expect(try hub.server.requests().isEmpty)
        hub.settings.endpoint = "http://127.0.0.1:1"
        hub.settings.patience = 1
        #expect(try hub.client.outline(hub.reference()).folder.path == snapshot.folder.path)
        hub.settings.isOffline = true
        #expect(try hub.client.outline(hub.reference()).folder.path == snapshot.folder.path)
        #expect(hub.isWhole(snapshot.folder))
    }

    @Test func offlineWithoutTheModelIsAClearError() throws {
        let hub = try HubForTests()
        hub.settings.isOffline = true

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }

        #expect(error.code == .offline && error.exitCode == .unavailable)
        #expect(error.message.contains("HF_HUB_OFFLINE"))
    }

    @Test func anOfflineCacheThatLacksAShardSaysWhich() throws {
        let hub = try HubForTests()
        let folder = try hub.client.checkpoint(hub.reference()).folder
        try FileManager.default.removeItem(at: folder.appendingPathComponent("model-2.safetensors"))
        hub.settings.isOffline = true

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }

        #expect(error.message.contains("model-2.safetensors"))
    }

    @Test func aBlobOfAnotherSizeIsFetchedAgain() throws {
        let hub = try HubForTests()
        let folder = try hub.client.checkpoint(hub.reference()).folder
        let blob = folder.appendingPathComponent("model-1.safetensors").resolvingSymlinksInPath()
        try Data("short".utf8).write(to: blob)

        #expect(hub.isWhole(try hub.client.checkpoint(hub.reference()).folder))
    }

    @Test func whatCameBeforeABreakIsNotAskedForAgain() throws {
        let hub = try HubForTests()
        hub.settings.connections = 1
        hub.settings.patience = 0
        try hub.server.misbehave(["cut": "1", "only": "model-1", "faults": "9", "seed": "3"])
        #expect(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }
        #expect(hub.blobs.contains { $0.hasSuffix(".lab.incomplete") })
        try hub.server.misbehave()
        let before = try hub.server.requests().filter(\.content).reduce(0) { $0 + $1.sent }
        #expect(before > 0)

        hub.settings.patience = 6
        let snapshot = try hub.client.checkpoint(hub.reference())

        #expect(hub.isWhole(snapshot.folder))
        let after = try hub.server.requests().filter(\.content).reduce(0) { $0 + $1.sent }
        // What a connection had on its way when it was cut may have been lost; nothing else is sent twice.
        #expect(before + after < 600_000 + 64_000)
        #expect(!hub.blobs.contains { $0.contains(".lab.") })
    }

    @Test func twoAtOnceBothGetItAndItIsTransferredOnce() throws {
        let hub = try HubForTests()
        // Slow enough that both are at work together.
        try hub.server.misbehave(["slow": "1", "only": "/content/"])
        let (client, reference) = (hub.client, try hub.reference())
        let folders = Recorded<URL>()

        DispatchQueue.concurrentPerform(iterations: 2) { _ in
            if let snapshot = try? client.checkpoint(reference) { folders.add(snapshot.folder) }
        }

        #expect(folders.all.count == 2 && folders.all.allSatisfy(hub.isWhole))
        let sent = try hub.server.requests().reduce(0) { $0 + $1.sent }
        #expect(sent == hub.needed.values.reduce(0) { $0 + $1.count })
    }

    @Test func aDiskWithoutRoomIsToldBeforeTheFirstByte() throws {
        let hub = try HubForTests()
        // A file as large as no disk: its size is what the hub states, and nobody reads it.
        let path = hub.server.root.appendingPathComponent("lab/two-shards/model-1.safetensors")
        let file = try FileHandle(forWritingTo: path)
        try file.truncate(atOffset: 1 << 42)
        try Data(String(repeating: "a", count: 64).utf8).write(to: path.appendingPathExtension("sha256"))

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }

        #expect(error.code == .disk)
        #expect(try hub.server.requests().allSatisfy { !$0.content })
    }

    @Test func progressGoesFromTheFirstByteToTheLast() throws {
        let hub = try HubForTests()
        let updates = Recorded<ProgressUpdate>()
        let client = HubClient(settings: hub.settings, progress: updates.add)

        _ = try client.checkpoint(hub.reference())

        let last = try #require(updates.all.last)
        #expect(last.unit == "bytes" && last.completed == last.total)
        #expect(last.total == hub.needed.values.reduce(0) { $0 + $1.count })
    }
}

/// Values that were told from any thread.
final class Recorded<Value: Sendable>: @unchecked Sendable {
    // `lock` protects `values`.
    private let lock = NSLock()
    private var values: [Value] = []

    var all: [Value] { lock.withLock { values } }

    @Sendable func add(_ value: Value) { lock.withLock { values.append(value) } }
}
