import LabCore

/// An answer as the engine's parser takes it apart.
struct ServedMessage: Decodable {
    struct Call: Decodable {
        var name: String
        var arguments: String
        var id: String
    }

    var thought: String
    var content: String
    var calls: [Call]
    /// Whether the text is in the middle of a thought.
    var isThought: Bool
    /// Whether it is in what is said.
    var isContent: Bool

    enum CodingKeys: String, CodingKey {
        case thought, content
        case calls = "tool_calls"
        case isThought = "is_thought"
        case isContent = "is_content"
    }
}

/// Takes an answer apart while it is written: into thought, content and calls of tools.
///
/// The engine's parser reads the whole text. It is asked where the parts begin and end; within a thought, and within
/// content, bytes go out as they come until a mark is seen, so that a long answer is not parsed again for each token.
struct AnswerParts {
    private enum Place {
        case unknown, thought, content
    }

    private let format: ChatFormat
    private let thoughtEnds: [[UInt8]]
    private let marks: [[UInt8]]
    private var place = Place.unknown
    private var text: [UInt8] = []
    /// Bytes of it that have gone out, as far as that is clear.
    private var passed = 0
    /// Bytes that wait, since they may begin a mark, or are white space that the parser takes away at an end.
    private var held: [UInt8] = []
    private var sentThought: [UInt8] = []
    private var sentContent: [UInt8] = []
    private var sentArguments: [[UInt8]] = []

    /// - Parameters:
    ///   - thoughtEnds: texts that end a thought.
    ///   - marks: texts with which, in content, something else may begin.
    init(_ format: ChatFormat, thoughtEnds: [String], marks: [String]) {
        self.format = format
        self.thoughtEnds = thoughtEnds.map { Array($0.utf8) }
        self.marks = marks.map { Array($0.utf8) }
    }

    /// Whether tools are to be called.
    var hasCalls: Bool { !sentArguments.isEmpty }

    /// Takes more of the text, whole characters; returns what may go out.
    mutating func take(_ bytes: [UInt8]) -> [ServedEvent] {
        guard !bytes.isEmpty else { return [] }
        text += bytes
        switch place {
        case .unknown: return parse(isLast: false)
        case .thought: return pass(bytes, until: thoughtEnds)
        case .content: return pass(bytes, until: marks)
        }
    }

    /// What is left at the end.
    mutating func finish() -> [ServedEvent] { parse(isLast: true) }

    private mutating func pass(_ bytes: [UInt8], until ends: [[UInt8]]) -> [ServedEvent] {
        held += bytes
        if held.contains(anyOf: ends) {
            place = .unknown
            held = []
            return parse(isLast: false)
        }
        let kept = max(held.countOfBeginning(ofAny: ends), held.countOfClosingSpace)
        let out = Array(held.dropLast(kept))
        held.removeFirst(out.count)
        guard !out.isEmpty else { return [] }
        passed += out.count
        if place == .thought { sentThought += out } else { sentContent += out }
        return [.text(ServedText(place == .thought ? .thought : .content, String(decoding: out, as: UTF8.self)))]
    }

    private mutating func parse(isLast: Bool) -> [ServedEvent] {
        guard let message = format.parseMessage(text) else {
            // A text without the template's form is content, as it is; nothing is said twice, also where it is not clear
            // what of it has gone out.
            guard isLast, passed < text.count, passed > 0 || (sentThought.isEmpty && sentContent.isEmpty) else {
                return []
            }
            return [.text(ServedText(.content, String(decoding: text[passed...], as: UTF8.self)))]
        }
        var events: [ServedEvent] = []
        if let more = Self.rest(of: message.thought, after: &sentThought, holdsSpace: message.isThought && !isLast) {
            events.append(.text(ServedText(.thought, more)))
        }
        let holdsSpace = !isLast && message.calls.isEmpty
        if let more = Self.rest(of: message.content, after: &sentContent, holdsSpace: holdsSpace) {
            events.append(.text(ServedText(.content, more)))
        }
        for (index, call) in message.calls.enumerated() where !call.name.isEmpty {
            if index < sentArguments.count {
                if let more = Self.rest(of: call.arguments, after: &sentArguments[index], holdsSpace: false) {
                    events.append(.call(ServedCall(index: index, arguments: more)))
                }
            } else if isLast || !call.arguments.isEmpty, index == sentArguments.count {
                sentArguments.append(Array(call.arguments.utf8))
                events.append(
                    .call(
                        ServedCall(
                            index: index, name: call.name, identifier: call.id.isEmpty ? nil : call.id,
                            arguments: call.arguments)))
            }
        }
        if !isLast { settle(message) }
        return events
    }

    /// Lets bytes pass from here on where it is clear what they are part of.
    private mutating func settle(_ message: ServedMessage) {
        let sent = message.isThought ? sentThought : message.isContent ? sentContent : []
        let said = text.dropLast(text.countOfClosingSpace)
        guard !sent.isEmpty, said.suffix(sent.count).elementsEqual(sent) else { return }
        passed = said.count
        guard passed == text.count else { return }
        if message.isContent { place = .content } else if !thoughtEnds.isEmpty { place = .thought }
    }

    /// What a part has beyond what was sent of it, nil for nothing; what was sent is then longer.
    private static func rest(of part: String, after sent: inout [UInt8], holdsSpace: Bool) -> String? {
        let bytes = Array(part.utf8)
        guard bytes.count > sent.count, bytes.starts(with: sent) else { return nil }
        let more = holdsSpace ? Array(bytes.dropLast(bytes.countOfClosingSpace)) : bytes
        guard more.count > sent.count else { return nil }
        defer { sent = more }
        return String(decoding: more[sent.count...], as: UTF8.self)
    }
}
