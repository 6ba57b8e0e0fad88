public import Foundation

/// A damaged file, the whole ones that belong to it, and the reader that is to refuse it.
///
/// Seed and number decide every byte.
public struct FuzzCase: Sendable {
    /// The seed of the run.
    public let seed: UInt64
    /// The number within the run, from 0.
    public let number: Int
    /// What reads the files.
    public let reader: FuzzedReader
    /// The files by name, in the order of their names.
    public let files: [(name: String, bytes: [UInt8])]
    /// What was done to which file, in words.
    public let damage: String

    /// Bytes of all files, which bound the memory that reading them may take.
    public var sizeBytes: Int { files.reduce(0) { $0 + $1.bytes.count } }

    /// One case in eight is a cut: over a run of 100,000 every seed file is cut at each of its bytes.
    private static let cutPeriod = 8

    /// Makes a case.
    public init(seed: UInt64, number: Int) {
        var random = FuzzRandom(seed: seed, number: number)
        let seeds = FuzzSeed.all
        if number % Self.cutPeriod == 0 {
            var place = number / Self.cutPeriod % FuzzSeed.allBytes
            let whole = seeds.first { seed in
                defer { place -= seed.bytes.count }
                return place < seed.bytes.count
            }
            // `place` went on past the seed that was found.
            let base = whole ?? seeds[0]
            let length = place + base.bytes.count
            self.init(seed: seed, number: number, base, Array(base.bytes[..<length]), "cut at byte \(length)")
            return
        }
        let base = random.choice(seeds)
        var content = base.content
        var damage: [String] = []
        let kind = random.index(below: 8)
        if kind < 6 {
            for _ in 0...(random.oneIn(3) ? random.index(below: 4) : 0) { damage.append(content.damage(&random)) }
        }
        var bytes = content.bytes
        if kind >= 5 {
            for _ in 0...(random.oneIn(2) ? random.index(below: 8) : 0) {
                damage.append(ByteDamage.apply(to: &bytes, other: random.choice(seeds).bytes, &random))
            }
        }
        self.init(seed: seed, number: number, base, bytes, damage.joined(separator: "; "))
    }

    /// The seed files as they are.
    static let sound = FuzzSeed.all.map { FuzzCase(seed: 0, number: 0, $0, $0.bytes, "sound") }

    private init(seed: UInt64, number: Int, _ base: FuzzSeed, _ bytes: [UInt8], _ damage: String) {
        self.seed = seed
        self.number = number
        reader = base.reader
        files = (base.companions + [(base.name, bytes)]).sorted { $0.name < $1.name }
        self.damage = "\(base.name): \(damage)"
    }

    /// Writes the files into an existing folder.
    public func write(to folder: URL) throws {
        for file in files { try Data(file.bytes).write(to: folder.appendingPathComponent(file.name)) }
    }
}
