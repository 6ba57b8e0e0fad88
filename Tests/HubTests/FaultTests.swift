import Foundation
import Hub
import LabCore
import Testing

@Suite struct FaultTests {
    /// Each fault is met three times, then the server behaves.
    @Test(arguments: [
        "cut", "wrong", "etag", "ranges", "shifted", "limited", "error", "refused", "empty", "slow",
    ])
    func aFaultThatPassesDoesNoHarm(_ fault: String) throws {
        let hub = try HubForTests()
        hub.settings.rejections = 3
        try hub.server.misbehave([fault: "1", "faults": "3", "seed": "11"])

        let snapshot = try hub.client.checkpoint(hub.reference())

        #expect(hub.isWhole(snapshot.folder))
        #expect(!hub.blobs.contains { $0.contains(".lab.") })
    }

    @Test func aConnectionThatSendsNothingIsGivenUpAndMadeAgain() throws {
        let hub = try HubForTests()
        hub.settings.stallTimeout = .seconds(1)
        try hub.server.misbehave(["stall": "1", "faults": "1", "only": "/content/", "seed": "2"])
        let began = ContinuousClock.now

        let snapshot = try hub.client.checkpoint(hub.reference())

        #expect(hub.isWhole(snapshot.folder))
        #expect(.now - began < .seconds(20))
    }

    @Test(arguments: [("wrong", HubError.Code.corrupt), ("etag", .unreachable), ("error", .unreachable)])
    func aFaultThatStaysIsAClearErrorAndLeavesNoFile(_ fault: String, _ code: HubError.Code) throws {
        let hub = try HubForTests()
        try hub.server.misbehave([fault: "1", "only": "model-1"])

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }

        #expect(error.code == code && error.message.contains("model-1.safetensors"))
        let shard = hub.needed["model-1.safetensors"].map { Digest(of: $0).hex }
        #expect(!hub.blobs.contains { $0 == shard })
    }

    @Test func connectionsThatBreakTogetherAreOneFailure() throws {
        let hub = try HubForTests(shardBytes: 1_000_000)
        // More than a file is given up after, were each one counted.
        try hub.server.misbehave(["limited": "1", "only": "/content/", "faults": "8"])

        let snapshot = try hub.client.files(["model-1.safetensors"], of: hub.reference())

        let shard = try Data(contentsOf: snapshot.folder.appendingPathComponent("model-1.safetensors"))
        #expect(shard == hub.needed["model-1.safetensors"])
    }

    @Test func theHubsWishToWaitIsHeeded() throws {
        let hub = try HubForTests()
        hub.settings.longestPause = .seconds(5)
        try hub.server.misbehave(["limited": "1", "faults": "1", "only": "/api/", "retry_after": "1"])
        let began = ContinuousClock.now

        _ = try hub.client.checkpoint(hub.reference())

        #expect(.now - began >= .seconds(1))
    }

    @Test func aDamagedMemoryOfPartsEndsInTheRightBytes() throws {
        let hub = try HubForTests()
        let shard = try #require(hub.needed["model-1.safetensors"])
        let blobs = hub.settings.cache.appendingPathComponent("models--lab--two-shards/blobs")
        try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
        let name = Digest(of: shard).hex
        // A table that claims all bytes, and a file of other ones.
        try Data(repeating: 1, count: shard.count).write(to: blobs.appendingPathComponent(name + ".lab.incomplete"))
        let part = #"{"count":\#(shard.count),"done":\#(shard.count),"start":0}"#
        let table = #"{"parts":[\#(part)],"sizeBytes":\#(shard.count)}"#
        try Data(table.utf8).write(to: blobs.appendingPathComponent(name + ".lab.parts"))

        #expect(hub.isWhole(try hub.client.checkpoint(hub.reference()).folder))
    }
}
