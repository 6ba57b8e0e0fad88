/// Damage that knows nothing of a format.
enum ByteDamage {
    /// Changes some bytes; returns what was done.
    static func apply(to bytes: inout [UInt8], other: [UInt8], _ random: inout FuzzRandom) -> String {
        let place = random.index(below: bytes.count + 1)
        let rest = bytes.count - place
        let count = 1 + random.index(below: min(64, max(1, rest)))
        guard rest >= count else {
            bytes += noise(count, &random)
            return "\(count) bytes appended"
        }
        let range = place..<(place + count)
        switch random.index(below: 8) {
        case 0, 1:
            bytes[place] ^= 1 << UInt8(random.index(below: 8))
            return "bit of byte \(place) turned"
        case 2:
            bytes[place] = random.choice([0x00, 0x01, 0x7F, 0x80, 0xC0, 0xFE, 0xFF])
            return "byte \(place) set to \(bytes[place])"
        case 3:
            bytes.removeSubrange(range)
            return "bytes \(range) removed"
        case 4:
            bytes.insert(contentsOf: Array(bytes[range]), at: place)
            return "bytes \(range) doubled"
        case 5:
            bytes.insert(contentsOf: noise(count, &random), at: place)
            return "\(count) bytes inserted at \(place)"
        case 6:
            bytes.replaceSubrange(range, with: noise(count, &random))
            return "bytes \(range) replaced"
        default:
            let from = random.index(below: other.count)
            let piece = other[from...].prefix(count)
            bytes.replaceSubrange(range, with: piece)
            return "bytes \(range) replaced by those of another file"
        }
    }

    private static func noise(_ count: Int, _ random: inout FuzzRandom) -> [UInt8] {
        let isText = random.oneIn(2)
        return (0..<count).map { _ in
            isText ? random.choice(Array(#"{}[]",:\0123456789eE+-.u"#.utf8)) : UInt8(truncatingIfNeeded: random.next())
        }
    }
}
