extension GGUFSketch {
    /// Changes one thing; returns what was done.
    mutating func damage(_ random: inout FuzzRandom) -> String {
        switch random.index(below: 16) {
        case 0: return damageList(\.entries, "entry", &random)
        case 1: return damageList(\.tensors, "tensor", &random)
        case 2: return nestArrays(&random)
        case 3: return random.oneIn(12) ? addMany(&random) : damageField(&random)
        case 4:
            let count = random.choice([1, 4, 32, 300])
            data.removeLast(min(count, data.count))
            return "data \(count) bytes shorter"
        default: return damageField(&random)
        }
    }

    private mutating func damageField(_ random: inout FuzzRandom) -> String {
        let part = random.index(below: 4)
        if part == 0 || (part == 1 ? entries : tensors).isEmpty {
            return "head: " + Self.damage(&head[random.index(below: head.count)], &random)
        } else if part == 1 {
            let entry = random.index(below: entries.count)
            let field = random.index(below: entries[entry].count)
            return "entry \(entry): " + Self.damage(&entries[entry][field], &random)
        }
        let tensor = random.index(below: tensors.count)
        let field = random.index(below: tensors[tensor].count)
        return "tensor \(tensor): " + Self.damage(&tensors[tensor][field], &random)
    }

    private static func damage(_ field: inout Field, _ random: inout FuzzRandom) -> String {
        if field.meaning == .text {
            field.bytes = random.choice([
                [], [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], Array("general.alignment".utf8), Array("t1".utf8),
                Array(repeating: 0x61, count: 70_000), field.bytes + [0x80], Array("e\u{301}".utf8),
            ])
            return "text of \(field.bytes.count) bytes"
        }
        let value = field.bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let number: UInt64 =
            switch field.meaning {
            case .alignment: random.choice([0, 1, 2, 3, 31, 33, 48, 1 << 20, 1 << 31, 0xFFFF_FFFF])
            case .valueType, .arrayType: random.oneIn(4) ? random.next() : UInt64(random.index(below: 14))
            case .storageType: random.oneIn(4) ? random.next() : UInt64(random.index(below: 45))
            case .rank: random.choice([0, 1, 2, 3, 4, 5, 8, 0xFFFF_FFFF])
            default: AwkwardNumbers.one(near: value, &random)
            }
        field.bytes = Array(littleEndian(number).prefix(field.bytes.count))
        return "\(field.meaning.rawValue) \(number)"
    }

    private mutating func damageList(
        _ list: WritableKeyPath<GGUFSketch, [[Field]]>, _ name: String, _ random: inout FuzzRandom
    ) -> String {
        guard !self[keyPath: list].isEmpty else { return damageField(&random) }
        let place = random.index(below: self[keyPath: list].count)
        var done: String
        switch random.index(below: 3) {
        case 0:
            self[keyPath: list].remove(at: place)
            done = "\(name) \(place) removed"
        case 1:
            self[keyPath: list].append(self[keyPath: list][place])
            done = "\(name) \(place) twice"
        default:
            let other = random.index(below: self[keyPath: list].count)
            self[keyPath: list].swapAt(place, other)
            done = "\(name) \(place) and \(other) exchanged"
        }
        if !random.oneIn(4) { tellTrueCounts() } else { done += ", not counted" }
        return done
    }

    private mutating func tellTrueCounts() {
        head[2] = Field(.tensorCount, UInt64(tensors.count))
        head[3] = Field(.entryCount, UInt64(entries.count))
    }

    private mutating func nestArrays(_ random: inout FuzzRandom) -> String {
        let depth = random.choice([1, 2, 100, 20_000])
        var entry = Self.entry("nested", 9, [])
        for _ in 0..<depth { entry += [Field(.arrayType, UInt32(9)), Field(.arrayCount, UInt64(1))] }
        entry += [Field(.arrayType, UInt32(0)), Field(.arrayCount, UInt64(1)), Field(.value, UInt8(7))]
        entries.append(entry)
        tellTrueCounts()
        return "arrays nested \(depth) deep"
    }

    /// Many keys or tensors: what is searched for one by one takes forever.
    private mutating func addMany(_ random: inout FuzzRandom) -> String {
        let count = random.choice([300, 3000, 65_000, 66_000])
        if random.oneIn(2) {
            for index in 0..<count { entries.append(Self.entry("k\(index)", 0, [Field(.value, UInt8(1))])) }
            tellTrueCounts()
            return "\(count) more keys"
        }
        let start = UInt64(data.count)
        for index in 0..<count {
            tensors.append(Self.tensor("n\(index)", [1], type: 0, offset: start + UInt64(32 * index)))
        }
        data += [UInt8](repeating: 0, count: 32 * count)
        tellTrueCounts()
        return "\(count) more tensors"
    }
}
