import Foundation
import Hub
import LabCore
import Testing

@Suite struct RefusalTests {
    @Test func aRepositoryThatIsNotThereIsMissing() throws {
        let hub = try HubForTests()

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference("lab/nothing")) }

        #expect(error.code == .missing && error.message.contains("lab/nothing"))
        #expect(error.remedy?.contains("HF_TOKEN") == true)
    }

    @Test func aRevisionThatIsNotThereIsMissing() throws {
        let hub = try HubForTests()

        let error = try #require(throws: HubError.self) {
            try hub.client.checkpoint(hub.reference("lab/two-shards@v9"))
        }

        #expect(error.code == .missing && error.message.contains("'v9'"))
    }

    @Test func aGatedRepositoryTellsHowToGetIn() throws {
        let hub = try HubForTests(["--gated", "lab/two-shards=key"])

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }
        #expect(error.code == .refused && error.message.contains("gated"))
        #expect(error.remedy?.contains("HF_TOKEN") == true)

        hub.settings.token = AccessToken("another")
        let other = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }
        #expect(other.remedy?.contains("account") == true)

        hub.settings.token = AccessToken("key")
        #expect(hub.isWhole(try hub.client.checkpoint(hub.reference()).folder))
    }

    @Test func aRenamedRepositoryIsFollowedAndToldOf() throws {
        let hub = try HubForTests(["--renamed", "lab/old=lab/two-shards"])
        let notes = Recorded<String>()
        let client = HubClient(settings: hub.settings, notice: notes.add)

        let snapshot = try client.checkpoint(hub.reference("lab/old"))

        #expect(hub.isWhole(snapshot.folder))
        #expect(notes.all == ["lab/old is called lab/two-shards now"])
    }

    @Test func theTokenGoesToNoOtherHostAndIntoNoText() throws {
        let hub = try HubForTests(["--gated", "lab/two-shards=hf_secret"])
        hub.settings.token = AccessToken("hf_secret")

        _ = try hub.client.checkpoint(hub.reference())

        let requests = try hub.server.requests()
        #expect(requests.contains { $0.content } && requests.contains { !$0.content })
        #expect(requests.allSatisfy { ($0.token == nil) == $0.content })
        #expect(!"\(hub.settings)".contains("hf_secret"))
        var dumped = ""
        dump(hub.settings, to: &dumped)
        #expect(!dumped.contains("hf_secret"))
    }

    @Test func aRepositoryWithoutSafetensorsSaysWhatItHas() throws {
        let hub = try HubForTests()
        for (path, text) in [("config.json", "{}"), ("tokenizer.json", "{}"), ("pytorch_model.bin", "x")] {
            try hub.server.write(Data(text.utf8), to: "lab/old-weights/\(path)")
        }

        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference("lab/old-weights")) }

        #expect(error.code == .missing && error.remedy?.contains("pytorch_model.bin") == true)
    }

    @Test func aServerThatIsNoHubIsToldApart() throws {
        let hub = try HubForTests()
        hub.settings.endpoint = "ftp://somewhere"
        let error = try #require(throws: HubError.self) { try hub.client.checkpoint(hub.reference()) }
        #expect(error.code == .badName && error.message.contains("HF_ENDPOINT"))
    }
}
