import Foundation
import ModelFormats
import Quantization
import Testing

/// Byte by byte against the engine's codecs: the guard for engine upgrades.
@Suite("Block codecs")
struct BlockCodecTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: TensorType
        let isWeighted: Bool
        var testDescription: String { type.name + (isWeighted ? " with importance" : "") }
    }

    static let types: [TensorType] = [.q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K]
    static let cases = types.flatMap { [Case(type: $0, isWeighted: false), Case(type: $0, isWeighted: true)] }

    /// Where the binary16 factors are that the engine checks.
    static let factorOffsets: [TensorType: [Int]] = [
        .q4_0: [0], .q4_1: [0, 2], .q5_0: [0], .q5_1: [0, 2], .q8_0: [0], .q2_K: [80, 82], .q3_K: [108],
        .q4_K: [0, 2], .q5_K: [0, 2], .q6_K: [208],
    ]

    @Test("ten million generated weights give the engine's bytes", arguments: cases)
    func sameBytes(of test: Case) throws {
        try EngineCodec.prepare(test.type)
        var weights = GeneratedWeights(seed: UInt64(test.type.rawValue) * 2 + (test.isWeighted ? 1 : 0))
        // Rows that groups of sub-blocks do not fill evenly.
        let rowElements = test.type.blockElements == 256 ? 256 * 7 : 32 * 53
        let comparison = Comparison(test.type, rows: 32, rowElements: rowElements)
        var (compared, valid, round) = (0, 0, 0)
        while compared < 10_000_000 {
            for kind in GeneratedWeights.Kind.allCases {
                weights.fill(comparison.values, kind)
                weights.fillImportance(comparison.importance, way: round)
                let result = comparison.run(isWeighted: test.isWeighted)
                for (kernels, differing) in result.differing where differing > 0 {
                    Issue.record("\(kernels), \(kind), round \(round): \(differing) of \(result.valid) blocks differ")
                }
                for (kernels, first) in result.firstInvalid where first != result.expectedFirstInvalid {
                    Issue.record(
                        "\(kernels), \(kind), round \(round): first bad block \(first ?? -1), not \(result.expectedFirstInvalid ?? -1)"
                    )
                }
                compared += comparison.values.count
                valid += result.valid * Int(test.type.blockElements)
            }
            round += 1
        }
        #expect(valid > compared * 3 / 4)
    }

    @Test("the factors that the comparison checks are those that the engine checks", arguments: types)
    func factorOffsets(of type: TensorType) throws {
        let offsets = try #require(Self.factorOffsets[type])
        let zeros = [UInt8](repeating: 0, count: Int(type.blockBytes))
        #expect(zeros.withUnsafeBytes { EngineCodec.firstInvalidBlock($0, of: type) } == nil)
        for offset in 0..<(zeros.count - 1) {
            var block = zeros
            // An infinite binary16; elsewhere these are bits of levels and scales, or touch a factor's high byte.
            (block[offset], block[offset + 1]) = (0, 0x7C)
            let isRejected = block.withUnsafeBytes { EngineCodec.firstInvalidBlock($0, of: type) } == 0
            let highByteOfFactor = offsets.contains(offset)
            #expect(isRejected == highByteOfFactor, "offset \(offset)")
        }
    }

    @Test("a scale beyond binary16 is reported with its block", arguments: types)
    func reportsBlock(of type: TensorType) {
        let block = Int(type.blockElements)
        var values = [Float](repeating: 0.5, count: 4 * block)
        values[2 * block + 3] = 1e9
        var bytes = [UInt8](repeating: 0, count: 4 * Int(type.blockBytes))
        for kernels in KernelSet.available {
            let bad = values.withUnsafeBufferPointer { values in
                bytes.withUnsafeMutableBytes {
                    BlockCodec(kernels: kernels).encode(values, rowElements: 2 * block, as: type, into: $0)
                }
            }
            #expect(bad == 2)
        }
    }

    @Test("floats give the engine's bytes in F16 and BF16", arguments: [TensorType.f16, .bf16])
    func floats(as type: TensorType) throws {
        var weights = GeneratedWeights(seed: UInt64(type.rawValue))
        let comparison = Comparison(type, rows: 64, rowElements: 4099)
        for round in 0..<4 {
            for kind in GeneratedWeights.Kind.allCases {
                weights.fill(comparison.values, kind)
                let result = comparison.run(isWeighted: false)
                #expect(result.differing.allSatisfy { $0.count == 0 }, "\(kind), round \(round)")
                #expect(result.firstInvalid.allSatisfy { $0.block == result.expectedFirstInvalid }, "\(kind)")
            }
        }
    }

    @Test("every binary16 and every BF16 decodes to its value", arguments: [ScalarType.float16, .bfloat16])
    func decodes(_ type: ScalarType) {
        let halves = (0...UInt16.max).map(\.littleEndian)
        for kernels in KernelSet.available {
            let decoded = halves.withUnsafeBytes { BlockCodec(kernels: kernels).decoded($0, as: type) }
            for (half, value) in zip(0...UInt16.max, decoded) {
                let expected = type == .bfloat16 ? Float(bitPattern: UInt32(half) << 16) : Self.value(half: half)
                guard value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN else {
                    Issue.record("\(kernels.name): \(half) decodes to \(value), not \(expected)")
                    return
                }
            }
        }
    }

    /// IEEE 754: 5 bits of exponent, biased by 15, and 10 of mantissa.
    static func value(half: UInt16) -> Float {
        let (exponent, mantissa) = (Int(half >> 10 & 31), Float(half & 1023))
        let magnitude: Float =
            switch exponent {
            case 0: scalbn(mantissa, -24)
            case 31: mantissa == 0 ? .infinity : .nan
            default: scalbn(1024 + mantissa, exponent - 25)
            }
        return half >> 15 == 1 ? -magnitude : magnitude
    }
}

/// Buffers to encode the same weights by the engine and by every set of kernels.
private final class Comparison {
    struct Result {
        /// Blocks that the engine accepts.
        var valid = 0
        var expectedFirstInvalid: Int?
        var differing: [(kernels: String, count: Int)] = []
        var firstInvalid: [(kernels: String, block: Int?)] = []
    }

    let values: UnsafeMutableBufferPointer<Float>
    let importance: UnsafeMutableBufferPointer<Float>
    private let type: TensorType
    private let rowElements: Int
    private let expected: UnsafeMutableRawBufferPointer
    private let actual: UnsafeMutableRawBufferPointer

    init(_ type: TensorType, rows: Int, rowElements: Int) {
        self.type = type
        self.rowElements = rowElements
        values = .allocate(capacity: rows * rowElements)
        importance = .allocate(capacity: rowElements)
        let bytes = rows * rowElements / Int(type.blockElements) * Int(type.blockBytes)
        expected = .allocate(byteCount: bytes, alignment: 64)
        actual = .allocate(byteCount: bytes, alignment: 64)
    }

    deinit {
        values.deallocate()
        importance.deallocate()
        expected.deallocate()
        actual.deallocate()
    }

    func run(isWeighted: Bool) -> Result {
        let weights = isWeighted ? UnsafeBufferPointer(importance) : nil
        EngineCodec.encode(
            UnsafeBufferPointer(values), rowElements: rowElements, as: type, importance: weights, into: expected)
        var result = Result()
        let blockBytes = Int(type.blockBytes)
        let isValid = (0..<(expected.count / blockBytes)).map { isFinite(block: $0 * blockBytes) }
        result.valid = isValid.count { $0 }
        result.expectedFirstInvalid = isValid.firstIndex(of: false)
        for kernels in KernelSet.available {
            // What a codec leaves out must not look right by chance.
            actual.initializeMemory(as: UInt8.self, repeating: 0x5A)
            let invalid = BlockCodec(kernels: kernels).encode(
                UnsafeBufferPointer(values), rowElements: rowElements, as: type, importance: weights, into: actual)
            let differing = isValid.indices.count { block in
                let place = (block * blockBytes)..<((block + 1) * blockBytes)
                return isValid[block] && !expected[place].elementsEqual(actual[place])
            }
            result.differing.append((kernels.name, differing))
            result.firstInvalid.append((kernels.name, invalid))
        }
        return result
    }

    private func isFinite(block: Int) -> Bool {
        let mask: UInt16 = type == .bf16 ? 0x7F80 : 0x7C00
        return (BlockCodecTests.factorOffsets[type] ?? [0]).allSatisfy {
            expected.loadUnaligned(fromByteOffset: block + $0, as: UInt16.self) & mask != mask
        }
    }
}
