/// The bytes of an answer on their way out: a character that is cut waits for its rest, and what may become a text that
/// ends the answer waits until it is none.
struct AnswerText {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    init(stops: [[UInt8]]) { self.stops = stops }

    /// Takes the bytes of a token; returns what may go out, and the text that ends the answer where there is one.
    mutating func take(_ bytes: some Sequence<UInt8>) -> (out: [UInt8], stop: [UInt8]?) {
        held += bytes
        let found = stops.compactMap { stop in held.firstRange(of: stop).map { (place: $0.lowerBound, stop: stop) } }
        if let first = found.min(by: { $0.place < $1.place }) {
            defer { held = [] }
            return (Array(held[..<first.place]), first.stop)
        }
        let kept = max(held.countOfBeginning(ofAny: stops), held.countOfCutCharacter)
        defer { held.removeFirst(held.count - kept) }
        return (Array(held.dropLast(kept)), nil)
    }

    /// What is left at the end.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }
}

extension [UInt8] {
    /// How many bytes at the end are the beginning of a text, the most of any.
    func countOfBeginning(ofAny texts: [[UInt8]]) -> Int {
        var most = 0
        for text in texts {
            var length = Swift.min(text.count - 1, count)
            while length > most {
                if suffix(length).elementsEqual(text.prefix(length)) { most = length }
                length -= 1
            }
        }
        return most
    }

    /// Bytes at the end that begin a character which is cut.
    var countOfCutCharacter: Int {
        for length in 1...3 where length <= count {
            let byte = self[count - length]
            let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            if needed > length { return length }
            if byte & 0xC0 != 0x80 { return 0 }
        }
        return 0
    }

    /// Bytes of white space at the end.
    var countOfClosingSpace: Int {
        reversed().prefix { $0 == 0x20 || (0x09...0x0D).contains($0) }.count
    }

    func contains(anyOf texts: [[UInt8]]) -> Bool {
        texts.contains { firstRange(of: $0) != nil }
    }
}
