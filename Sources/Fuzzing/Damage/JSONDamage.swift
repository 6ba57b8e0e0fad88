extension JSONNode {
    /// Leaves that no reader likes: numbers beyond their width, broken texts, names of files elsewhere.
    private static let awkward: [[UInt8]] =
        [
            "0", "-0", "1", "-1", "2147483647", "2147483648", "4294967295", "4294967296", "4294967297",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
            "18446744073709551616", "0.5", "2.0", "1e2", "1e308", "1e400", "-1e400", "1e-400", "00", "0x10", "+1",
            ".5", "1.", "NaN", "Infinity", "true", "false", "null", "nul", "{}", "[]", "[null]", "{\"\":0}", "",
            #""""#, #""\u0000""#, #""\ud800""#, #""\udc00\ud800""#, #""\ud83e\udd99""#, #""\u+123""#, #""\q""#, "\"",
            #""a\u0000b""#, #""..""#, #""/etc/passwd""#, #""../model-1.safetensors""#, #""%00""#, #""%""#, #"" ""#,
            #""model-1.safetensors\u0000""#, #""__metadata__""#, #""e\u0301""#, #""é""#, #""F32""#, #""BOOL""#,
            #""f32""#, #""Sequence""#, #""Split""#, "[[[[[[[[]]]]]]]]", "[0,18446744073709551615]", "[9,3]", "[-8,0]",
        ].map { Array($0.utf8) } + [
            [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xC0, 0x80, 0x22], [0x22, 0x0A, 0x22], [0xEF, 0xBB, 0xBF, 0x30], [0x00],
        ]

    /// Changes one node, or what a node holds; returns what was done.
    mutating func damage(_ random: inout FuzzRandom) -> String {
        let place = random.index(below: count)
        var done = ""
        var generator = random
        change(at: place) { done = $0.damageHere(&generator) }
        random = generator
        return "node \(place) \(done)"
    }

    private mutating func damageHere(_ random: inout FuzzRandom) -> String {
        switch random.index(below: 12) {
        case 0...3: return damageChildren(&random) ?? replaceNumber(&random) ?? replace(&random)
        case 4...6: return replaceNumber(&random) ?? damageChildren(&random) ?? replace(&random)
        case 7: return nest(&random)
        case 8: return lengthen(&random)
        default: return replace(&random)
        }
    }

    private mutating func replace(_ random: inout FuzzRandom) -> String {
        let text = random.choice(Self.awkward)
        self = .raw(text)
        return "became \(String(decoding: text, as: UTF8.self))"
    }

    private mutating func replaceNumber(_ random: inout FuzzRandom) -> String? {
        guard case .raw(let text) = self, let value = Int64(String(decoding: text, as: UTF8.self)) else { return nil }
        let number = AwkwardNumbers.one(near: UInt64(bitPattern: value), &random)
        let spelt = random.oneIn(2) ? "\(number)" : "\(Int64(bitPattern: number))"
        self = .raw(Array(spelt.utf8))
        return "became \(spelt)"
    }

    private mutating func nest(_ random: inout FuzzRandom) -> String {
        // Raw, since a tree of this depth would overflow the stack here.
        let depth = random.choice([1, 2, 60, 126, 127, 128, 129, 1000, 50_000])
        let isClosed = !random.oneIn(4)
        let (open, close) = random.oneIn(2) ? ("[", "]") : (#"{"a":"#, "}")
        var text = [UInt8](String(repeating: open, count: depth).utf8)
        text += bytes
        if isClosed { text += String(repeating: close, count: depth).utf8 }
        self = .raw(text)
        return "nested \(depth) deep\(isClosed ? "" : ", never closed")"
    }

    /// Makes a leaf long.
    private mutating func lengthen(_ random: inout FuzzRandom) -> String {
        let length = random.choice([16, 400, 4096, 70_000])
        let unit = random.choice(["9", "\u{E9}", "e\u{301}", "\u{301}", #"\u0041"#, #"\ud83e\udd99"#, "%"])
        let text = String(repeating: unit, count: length)
        self = .raw(unit == "9" ? Array(text.utf8) : Array("\"\(text)\"".utf8))
        return "became \(length) times \(unit)"
    }

    private mutating func damageChildren(_ random: inout FuzzRandom) -> String? {
        switch self {
        case .array(var elements):
            guard !elements.isEmpty else { return nil }
            let done = Self.damage(list: &elements, size: \.bytes.count, &random)
            self = .array(elements)
            return done
        case .object(var members):
            guard !members.isEmpty else { return nil }
            let place = random.index(below: members.count)
            let done: String
            switch random.index(below: 8) {
            case 0:
                members[place].name = random.choice(members).name
                done = "has a name twice"
            case 1:
                members[place].name = random.choice(Self.awkward)
                done = "has the name \(String(decoding: members[place].name, as: UTF8.self))"
            case 2:
                // Many members with names of their own: what is searched for one by one takes forever.
                let count = Self.copies(random.oneIn(20) ? 20_000 : 200, of: members[place].value.bytes.count)
                for index in 0..<count {
                    members.append(Member(name: Self.quoted("k\(index)"), value: members[place].value))
                }
                done = "has \(count) more members"
            default: done = Self.damage(list: &members, size: \.value.bytes.count, &random)
            }
            self = .object(members)
            return done
        case .raw: return nil
        }
    }

    /// So many, or fewer: a document of a hundred megabytes takes seconds to read, and rightly so.
    private static func copies(_ wanted: Int, of sizeBytes: Int) -> Int {
        max(1, min(wanted, (1 << 20) / max(1, sizeBytes)))
    }

    private static func damage<Element>(
        list: inout [Element], size: (Element) -> Int, _ random: inout FuzzRandom
    ) -> String {
        let place = random.index(below: list.count)
        switch random.index(below: 4) {
        case 0:
            list.remove(at: place)
            return "lost part \(place)"
        case 1:
            list.append(list[place])
            return "has part \(place) twice"
        case 2:
            let other = random.index(below: list.count)
            list.swapAt(place, other)
            return "has parts \(place) and \(other) exchanged"
        default:
            let count = copies(random.choice([2, 3, 50, 1000]), of: size(list[place]))
            list.insert(contentsOf: Array(repeating: list[place], count: count), at: place)
            return "has part \(place) \(count) times more"
        }
    }
}
