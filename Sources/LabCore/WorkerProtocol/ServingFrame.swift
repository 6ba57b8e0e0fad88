public import Foundation

/// Frames of a worker that serves.
///
/// Once `serve` is answered the pipes carry ``ServingRequest``s to the worker and these frames back, until the lab closes
/// its end. Texts, of which each step has one for each answer, are bytes, so that no token is spelled as JSON twice on its
/// way to a client: a frame that begins with 0 has, for each, the request's number (4 bytes, little-endian), the part (1
/// byte), the length (4 bytes) and the UTF-8. A frame without any says that the worker is at work. All else is a JSON
/// array of ``Event``s.
public enum ServingFrame {
    /// An event with the number of its request.
    public struct Event: Sendable, Hashable, Codable {
        /// The request's number.
        public var id: UInt32
        /// What there is to tell.
        public var event: ServedEvent

        /// Numbers an event.
        public init(id: UInt32, event: ServedEvent) {
            self.id = id
            self.event = event
        }
    }

    /// A frame that is none.
    public struct Problem: Error, CustomStringConvertible {
        /// What is wrong with it.
        public let description: String
    }

    /// Puts events into frames, in their order.
    public static func encode(_ events: [Event]) throws -> [Data] {
        var frames: [Data] = []
        var texts = Data([0])
        var others: [Event] = []
        func flushOthers() throws {
            guard !others.isEmpty else { return }
            frames.append(try JSONEncoder().encode(others))
            others = []
        }
        for event in events {
            guard case .text(let text) = event.event else {
                if texts.count > 1 { frames.append(texts) }
                texts = Data([0])
                others.append(event)
                continue
            }
            try flushOthers()
            append(event.id, text, to: &texts)
        }
        try flushOthers()
        if texts.count > 1 { frames.append(texts) }
        return frames
    }

    /// A frame that says that the worker is at work.
    public static let beat = Data([0])

    /// Takes a frame apart.
    public static func decode(_ frame: Data) throws -> [Event] {
        guard frame.first == 0 else { return try JSONDecoder().decode([Event].self, from: frame) }
        return try frame.withUnsafeBytes { bytes in
            var events: [Event] = []
            var place = 1
            while place < bytes.count {
                guard place + 9 <= bytes.count else { throw Problem(description: "a text without its head") }
                let id = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
                guard let part = ServedText.Part(rawValue: bytes[place + 4]) else {
                    throw Problem(description: "a text that is part of nothing")
                }
                let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 5, as: UInt32.self)))
                place += 9
                guard place + length <= bytes.count else { throw Problem(description: "a text that is cut") }
                let text = String(decoding: bytes[place..<(place + length)], as: UTF8.self)
                events.append(Event(id: id, event: .text(ServedText(part, text))))
                place += length
            }
            return events
        }
    }

    private static func append(_ id: UInt32, _ text: ServedText, to frame: inout Data) {
        withUnsafeBytes(of: id.littleEndian) { frame.append(contentsOf: $0) }
        frame.append(text.part.rawValue)
        withUnsafeBytes(of: UInt32(text.text.utf8.count).littleEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: text.text.utf8)
    }
}
