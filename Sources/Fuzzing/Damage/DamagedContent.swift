/// The content of a seed file, in the form in which it can be damaged by meaning.
enum DamagedContent: Sendable {
    /// A JSON document.
    case json(JSONNode)
    /// A safetensors file: header and data.
    case safetensors(SafetensorsSketch)
    /// A GGUF file.
    case gguf(GGUFSketch)
    /// A text without a form.
    case text([UInt8])

    /// The file.
    var bytes: [UInt8] {
        switch self {
        case .json(let node): node.bytes
        case .safetensors(let sketch): sketch.bytes
        case .gguf(let sketch): sketch.bytes
        case .text(let bytes): bytes
        }
    }

    /// Changes one thing; returns what was done.
    mutating func damage(_ random: inout FuzzRandom) -> String {
        switch self {
        case .json(var node):
            let done = node.damage(&random)
            self = .json(node)
            return done
        case .safetensors(var sketch):
            let done = sketch.damage(&random)
            self = .safetensors(sketch)
            return done
        case .gguf(var sketch):
            let done = sketch.damage(&random)
            self = .gguf(sketch)
            return done
        case .text(var bytes):
            let done = ByteDamage.apply(to: &bytes, other: bytes, &random)
            self = .text(bytes)
            return done
        }
    }
}

/// Numbers at which arithmetic tends to go wrong.
enum AwkwardNumbers {
    /// Around one that is there, and at the ends of the widths.
    static func one(near value: UInt64, _ random: inout FuzzRandom) -> UInt64 {
        switch random.index(below: 5) {
        case 0: value &+ random.choice([1, 2, 7, 8, 32, .max, .max - 1, .max - 7])
        case 1: value &* random.choice([2, 3, 256, 1 << 32])
        case 2: 1 << UInt64(random.index(below: 64))
        case 3: (1 << UInt64(random.index(below: 64))) &- 1
        default: random.choice([0, 1, 2, 3, 31, 255, 65_536, 1_000_000, .max, .max / 2, .max / 3, .max / 8 + 1])
        }
    }
}
