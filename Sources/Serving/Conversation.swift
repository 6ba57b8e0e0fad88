public import Foundation
import LabCore
import ModelFormats

/// A conversation with a model, as it is kept and saved.
public struct Conversation: Codable, Sendable, Hashable {
    /// One message.
    public struct Message: Codable, Sendable, Hashable {
        /// "system", "user" or "assistant".
        public var role: String
        /// What was said.
        public var content: String
        /// What was thought before; nil for nothing.
        public var thought: String?

        enum CodingKeys: String, CodingKey {
            case role, content
            case thought = "reasoning_content"
        }
    }

    /// The version of the form that it is saved in.
    public static let currentVersion = 1

    /// The version of the form.
    public private(set) var version = currentVersion
    /// The messages, a system message first where there is one.
    public private(set) var messages: [Message] = []

    /// One without messages.
    public init() {}

    /// Reads a saved conversation.
    ///
    /// - Throws: ``ServingError`` for a file that is none, naming it.
    public init(contentsOf url: URL) throws {
        do {
            self = try JSONDecoder().decode(Conversation.self, from: Data(contentsOf: url))
        } catch {
            throw ServingError(
                .badFile, "\(url.path) is no saved conversation: \(error)", remedy: "name a file that /save wrote")
        }
        guard version == Self.currentVersion else {
            throw ServingError(
                .badFile, "\(url.path) has version \(version); this program knows \(Self.currentVersion)",
                remedy: "update the lab")
        }
    }

    /// Saves it, whole or not at all.
    public func write(to url: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(encoder.encode(self), to: url)
    }

    /// What the model is told before all else; nil for nothing.
    public var system: String? {
        get { messages.first.flatMap { $0.role == "system" ? $0.content : nil } }
        set {
            if messages.first?.role == "system" { messages.removeFirst() }
            if let newValue { messages.insert(Message(role: "system", content: newValue), at: 0) }
        }
    }

    /// Adds what the user says.
    public mutating func ask(_ text: String) { messages.append(Message(role: "user", content: text)) }

    /// Adds what the model said.
    public mutating func answer(_ content: String, thought: String) {
        messages.append(Message(role: "assistant", content: content, thought: thought.isEmpty ? nil : thought))
    }

    /// Takes back a question that has no answer.
    public mutating func takeBackQuestion() {
        if messages.last?.role == "user" { messages.removeLast() }
    }

    /// Drops the oldest question with its answer; false where only the last question is left.
    public mutating func dropOldestTurn() -> Bool {
        guard let first = messages.firstIndex(where: { $0.role == "user" }),
            let next = messages[(first + 1)...].firstIndex(where: { $0.role == "user" })
        else { return false }
        messages.removeSubrange(first..<next)
        return true
    }

    /// Forgets all but what the model is told before.
    public mutating func clear() { messages.removeAll { $0.role != "system" } }

    /// The messages as a JSON array.
    public var json: String {
        get throws { String(decoding: try JSONEncoder().encode(messages), as: UTF8.self) }
    }
}
