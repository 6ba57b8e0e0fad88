import Foundation
import LabCore
import Testing

@Suite("A record of predictions")
struct ChunkPredictionsTests {
    private static func record(
        vocabulary: Int, positions: Int = 5,
        _ settings: PredictionSettings = PredictionSettings(topCount: 16, tailCount: 8)
    ) throws -> ChunkPredictions {
        var synthetic = SyntheticLogits(seed: 3)
        return try predictions(of: (0..<positions).map { _ in synthetic.row(vocabulary: vocabulary) }, settings)
    }

    /// A record with another end, so that the reader gets as far as what was changed.
    private static func sealed(_ record: Data) throws -> Data {
        let content = Data(record.dropLast(8))
        let digits = Digest(of: content).hex.prefix(16)
        let checksum = try stride(from: 0, to: 16, by: 2).map { place -> UInt8 in
            let start = digits.index(digits.startIndex, offsetBy: place)
            return try #require(UInt8(digits[start...].prefix(2), radix: 16))
        }
        return content + checksum
    }

    @Test("comes back as it went, with ids of two bytes or three", arguments: [300, 65_536, 65_537, 151_936])
    func roundTrip(vocabulary: Int) throws {
        let record = try Self.record(vocabulary: vocabulary)
        let data = record.encoded()
        #expect(try ChunkPredictions(decoding: data) == record)
        #expect(try Self.sealed(data) == data)
        // 72 bytes of header, 8 of checksum; a position: NLL, tail mass, 24 tokens.
        #expect(data.count == 80 + 5 * (8 + 24 * (vocabulary <= 65_536 ? 4 : 5)))
    }

    @Test("is 1.5 % of 16-bit logits at most with SmolLM2's vocabulary, and 0.5 % with Qwen3's")
    func sizes() {
        let (small, large) = (49_152, 151_936)
        #expect(ChunkPredictions.positionBytes(vocabulary: small, settings: PredictionSettings()) == 1160)
        #expect(ChunkPredictions.positionBytes(vocabulary: large, settings: PredictionSettings()) == 1448)
        #expect(1160 <= 0.015 * 2 * Double(small) && 1448 <= 0.005 * 2 * Double(large))
    }

    @Test("is the same, byte for byte, each time, and another with another seed")
    func reproducible() throws {
        let settings = PredictionSettings(topCount: 16, tailCount: 8, seed: 5)
        let first = try Self.record(vocabulary: 1000, settings).encoded()
        #expect(try Self.record(vocabulary: 1000, settings).encoded() == first)
        let other = PredictionSettings(topCount: 16, tailCount: 8, seed: 6)
        #expect(try Self.record(vocabulary: 1000, other).encoded() != first)
    }

    @Test("with any byte changed, or cut short anywhere, is refused")
    func damaged() throws {
        let data = try Self.record(vocabulary: 300, positions: 2).encoded()
        for index in data.indices {
            var copy = data
            copy[index] ^= 1 << (index % 8)
            #expect(throws: PredictionsError.self) { try ChunkPredictions(decoding: copy) }
            #expect(throws: PredictionsError.self) { try ChunkPredictions(decoding: data.prefix(index)) }
        }
        #expect(throws: PredictionsError.self) { try ChunkPredictions(decoding: data + [0]) }
    }

    @Test("whose author computed the checksum too is read as written, or refused, and never crashes")
    func sealedDamage() throws {
        let data = try Self.record(vocabulary: 300, positions: 2).encoded()
        var random = SyntheticLogits(seed: 11)
        var (refused, read) = (0, 0)
        for _ in 0..<5000 {
            var copy = data
            for _ in 0...Int(random.uniform() * 3) {
                let index = Int(random.uniform() * Double(copy.count))
                copy[index] = random.uniform() < 0.3 ? 255 : UInt8(random.uniform() * 256)
            }
            if random.uniform() < 0.1 { copy = copy.dropLast(Int(random.uniform() * 40)) }
            copy = try Self.sealed(copy)
            do {
                #expect(try ChunkPredictions(decoding: copy).encoded() == copy)
                read += 1
            } catch is PredictionsError {
                refused += 1
            }
        }
        // Seed, digest of the tokens and low bits of a drawn token's probability can be anything.
        #expect(refused > 2500 && read > 50)
    }

    /// What is done to a good record, and what the message then says.
    static let forgeries: [(String, @Sendable (inout ChunkPredictions) -> Void)] = [
        ("no token 300", { $0.positions[1].samples[7].id = 300 }),
        ("no token 301", { $0.positions[1].top[15].id = 301 }),
        ("twice", { $0.positions[1].top[3].id = $0.positions[1].top[2].id }),
        ("likelier than the one before", { $0.positions[1].top.swapAt(0, 15) }),
        ("out of order", { $0.positions[1].samples.reverse() }),
        ("both among", { $0.positions[1].samples[7].id = $0.positions[1].top.map(\.id).max() ?? 0 }),
        ("likelier than the likeliest", { $0.positions[1].samples[0].code = 0 }),
        ("add up to", { $0.positions[1].tailMass += 0.001 }),
        ("add up to", { $0.positions[1].top[0].code += 40 }),
        ("mass -", { $0.positions[1].tailMass = -0.001 }),
        ("mass nan", { $0.positions[1].tailMass = .nan }),
        ("NLL is inf", { $0.positions[1].nats = .infinity }),
        ("NLL is -1", { $0.positions[1].nats = -1 }),
        ("do not add up", { $0.positions[1].nats += 0.01 }),
        ("do not add up", { $0.score.nllSumNats = .nan }),
        ("bytes", { $0.positions.removeLast() }),
        ("1 samples", { $0.settings.tailCount = 1 }),
        ("0 likeliest", { $0.settings.topCount = 0 }),
    ]

    @Test("with an impossible content is refused by its position and field", arguments: forgeries.indices)
    func forged(index: Int) throws {
        let (message, forge) = Self.forgeries[index]
        var record = try Self.record(vocabulary: 300)
        forge(&record)
        var data = record.encoded()
        if message == "bytes" { data[20] = 5 }
        data = try Self.sealed(data)
        let error = try #require(throws: PredictionsError.self) { try ChunkPredictions(decoding: data) }
        #expect(error.description.contains(message), "\(error)")
    }
}
