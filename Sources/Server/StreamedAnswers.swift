import Foundation
import Hummingbird
import LabCore

/// What all documents of one response begin with.
struct AnswerHead: Sendable {
    private let identifier: String
    private let rest: String

    init(prefix: String, model: String) {
        identifier = prefix + UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
        rest = "\"created\":\(Int(Date().timeIntervalSince1970)),\"model\":\(JSONText.quoted(model))"
    }

    func document(_ kind: String, choices: String, more: String = "") -> String {
        "{\"id\":\"\(identifier)\",\"object\":\"\(kind)\",\(rest),\"choices\":\(choices)\(more)}"
    }
}

/// The events of a response that is streamed.
struct StreamedAnswers<Kind: Endpoint> {
    private var buffer = ByteBuffer()
    private let head: AnswerHead
    private let asked: Kind.Asked
    private var pieces: [Int: Kind.Pieces] = [:]
    private var usage: Usage
    private let more: String

    init(head: AnswerHead, asked: Kind.Asked) {
        self.head = head
        self.asked = asked
        usage = Usage(answersPerPrompt: Kind.shared(asked).count)
        more = Kind.shared(asked).includesUsage ? ",\"usage\":null" : ""
    }

    /// What is to be written; nil for nothing.
    mutating func takeBuffer() -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }

    mutating func take(_ events: [ServedEvent], index: Int) throws {
        var own = pieces[index] ?? Kind.pieces(index: index, asked: asked)
        for choice in try Kind.take(events, into: &own) {
            write(head.document(Kind.kind.piece, choices: "[\(choice)]", more: more))
        }
        pieces[index] = own
        if case .finished(let end)? = events.last { usage.count(end, index: index) }
    }

    mutating func finish() {
        if Kind.shared(asked).includesUsage {
            write(head.document(Kind.kind.piece, choices: "[]", more: ",\"usage\":\(usage.json)"))
        }
        write("[DONE]")
    }

    mutating func fail(_ error: APIError) { write(error.json) }

    private mutating func write(_ data: String) {
        buffer.writeString("data: ")
        buffer.writeString(data)
        buffer.writeString("\n\n")
    }
}
