import Foundation
import Hub
import Testing

@Suite struct ContentsTests {
    @Test func theHubSaysWhatThereIsAndWhatIsCached() throws {
        let hub = try HubForTests()
        let client = hub.client

        let before = try client.contents(of: hub.reference())
        let folder = try client.fetch(["model-1.safetensors"], of: before).folder
        let after = try client.contents(of: hub.reference())

        #expect(Set(before.files.map(\.path)) == Set(hub.needed.keys).union(hub.others.keys))
        #expect(before.files.allSatisfy { !$0.isCached } && !before.isCacheAlone)
        #expect(after.files.filter(\.isCached).map(\.path) == ["model-1.safetensors"])
        #expect(after.file("model-1.safetensors")?.sizeBytes == 300_000)
        let bytes = try Data(contentsOf: folder.appendingPathComponent("model-1.safetensors"))
        #expect(bytes == hub.needed["model-1.safetensors"])
    }

    @Test func withoutAHubItIsWhatTheCacheHas() throws {
        let hub = try HubForTests()
        let paths = ["additional_chat_templates/tools.jinja", "config.json"]
        let fetched = try hub.client.fetch(paths, of: hub.client.contents(of: hub.reference()))
        hub.settings.endpoint = "http://127.0.0.1:1"
        hub.settings.patience = 1

        let contents = try hub.client.contents(of: hub.reference())

        #expect(contents.files.map(\.path) == paths && contents.isCacheAlone)
        #expect(try hub.client.fetch(paths, of: contents).folder.path == fetched.folder.path)
        let error = try #require(throws: HubError.self) { try hub.client.fetch(["notes.txt"], of: contents) }
        #expect(error.code == .missing)
        hub.settings.isOffline = true
        #expect(try hub.client.contents(of: hub.reference()).files == contents.files)
        let other = try #require(throws: HubError.self) { try hub.client.contents(of: hub.reference("lab/other")) }
        #expect(other.code == .offline)
    }

    @Test func aLookIntoAFileLeavesTheRevisionWhatItWas() throws {
        let hub = try HubForTests()
        let commit = try hub.client.checkpoint(hub.reference()).commit
        try hub.server.write(Data(#"{"new": true}"#.utf8), to: "\(HubForTests.id)/config.json")

        let contents = try hub.client.contents(of: hub.reference())
        let file = try hub.client.peek("config.json", of: contents)

        #expect(contents.commit != commit)
        #expect(try String(contentsOf: file, encoding: .utf8) == #"{"new": true}"#)
        hub.settings.isOffline = true
        #expect(try hub.client.checkpoint(hub.reference()).commit == commit)
    }
}
