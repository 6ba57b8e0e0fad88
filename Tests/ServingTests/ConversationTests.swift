import Foundation
import Serving
import TestSupport
import Testing

@Suite("A conversation")
struct ConversationTests {
    private var long: Conversation {
        var conversation = Conversation()
        conversation.system = "Be brief."
        conversation.ask("one")
        conversation.answer("1", thought: "first")
        conversation.ask("two")
        conversation.answer("2", thought: "")
        conversation.ask("three")
        return conversation
    }

    @Test func isTheSameAfterItWasSaved() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("chat.json")
        try long.write(to: file)
        #expect(try Conversation(contentsOf: file) == long)
        #expect(try folder.contents == ["chat.json"])
    }

    @Test func dropsTheOldestTurnAndKeepsWhatTheModelIsToldBefore() {
        var conversation = long
        let first = conversation.dropOldestTurn()
        #expect(first)
        #expect(conversation.messages.map(\.content) == ["Be brief.", "two", "2", "three"])
        let second = conversation.dropOldestTurn()
        #expect(second)
        #expect(conversation.messages.map(\.content) == ["Be brief.", "three"])
        let third = conversation.dropOldestTurn()
        #expect(!third)
        conversation.takeBackQuestion()
        #expect(conversation.messages.map(\.content) == ["Be brief."])
        conversation.system = nil
        #expect(conversation.messages.isEmpty)
    }

    @Test func refusesAnotherFile() throws {
        let folder = try TemporaryFolder()
        let file = try folder.file("other.json", Array("{\"messages\":5}".utf8))
        let error = #expect(throws: ServingError.self) { try Conversation(contentsOf: file) }
        #expect(error?.message.contains("other.json") == true)
        let newer = try folder.file("newer.json", Array("{\"version\":9,\"messages\":[]}".utf8))
        #expect(throws: ServingError.self) { try Conversation(contentsOf: newer) }
    }
}
