import Foundation
import LabCore
import ModelFormats
import Quantization
import Testing

/// Against `mx.quantize`; `./lab prove mlx` remakes the digests.
@Suite("MLX's affine codec")
struct AffineCodecTests {
    struct Golden: Decodable, Sendable, CustomTestStringConvertible {
        let scalar: String
        let bits: Int
        let groupSize: Int
        let sha256: String
        var testDescription: String { "\(bits)-bit g\(groupSize) \(scalar)" }
    }

    private struct Record: Decodable, Sendable {
        struct Weights: Decodable {
            let count: Int
            let sha256: String
        }
        let weights: Weights
        let cases: [Golden]
    }

    private static let record: Record? = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../fixtures/peers/mlx/codec.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return (try? Data(contentsOf: file)).flatMap { try? decoder.decode(Record.self, from: $0) }
    }()

    static let goldens = record?.cases ?? []

    @Test("the weights are those that mlx got, and every type is on record")
    func weights() throws {
        let record = try #require(Self.record)
        let weights = AffineWeights.all
        #expect(weights.count == record.weights.count)
        let digest = weights.withUnsafeBytes { bytes in
            var hasher = Digest.Hasher()
            hasher.update(bytes)
            return hasher.finalize()
        }
        #expect(digest.hex == record.weights.sha256)
        #expect(record.cases.count == 3 * AffineType.possibleBits.count * AffineType.possibleGroupSizes.count)
    }

    @Test("codes, scales and biases are mlx's, bit for bit", arguments: goldens)
    func sameBytes(golden: Golden) throws {
        let scalar = try #require(ScalarType(rawValue: golden.scalar))
        let type = AffineType(bits: golden.bits, groupSize: golden.groupSize)
        for kernels in KernelSet.available {
            let codec = BlockCodec(kernels: kernels)
            let encoded = Encoded(rounded(AffineWeights.all, to: scalar, by: codec), as: type, in: scalar, by: codec)
            #expect(encoded.firstBad == nil)
            var hasher = Digest.Hasher()
            for part in [encoded.codes, encoded.scales, encoded.biases] { part.withUnsafeBytes { hasher.update($0) } }
            #expect(hasher.finalize().hex == golden.sha256, "\(kernels.name)")
        }
    }

    @Test("a group whose scale or bias cannot be stored is reported", arguments: [ScalarType.float16, .float32])
    func reportsGroup(scalar: ScalarType) {
        let type = AffineType(bits: 4, groupSize: 32)
        for kernels in KernelSet.available {
            var values = [Float](repeating: 0.5, count: 128)
            values[70] = scalar == .float16 ? 70_000 : 3e38
            values[71] = -values[70]
            let encoded = Encoded(values, as: type, in: scalar, by: BlockCodec(kernels: kernels))
            #expect(encoded.firstBad == 2, "\(kernels.name)")
        }
    }

    /// What the lab stores in a float type, as floats.
    private func rounded(_ values: [Float], to scalar: ScalarType, by codec: BlockCodec) -> [Float] {
        guard scalar != .float32 else { return values }
        var bytes = [UInt8](repeating: 0, count: 2 * values.count)
        let bad = values.withUnsafeBufferPointer { values in
            bytes.withUnsafeMutableBytes {
                codec.encode(values, rowElements: values.count, as: scalar == .float16 ? .f16 : .bf16, into: $0)
            }
        }
        #expect(bad == nil)
        return bytes.withUnsafeBytes { codec.decoded($0, as: scalar) }
    }

    private struct Encoded {
        var codes: [UInt8]
        var scales: [UInt8]
        var biases: [UInt8]
        let firstBad: Int?

        init(_ values: [Float], as type: AffineType, in scalar: ScalarType, by codec: BlockCodec) {
            let factorBytes = values.count / type.groupSize * Int(scalar.bytesPerElement)
            var codes = [UInt8](repeating: 0, count: values.count / 8 * type.bits)
            var scales = [UInt8](repeating: 0, count: factorBytes)
            var biases = scales
            firstBad = values.withUnsafeBufferPointer { values in
                codes.withUnsafeMutableBytes { codes in
                    scales.withUnsafeMutableBytes { scales in
                        biases.withUnsafeMutableBytes { biases in
                            guard let codes = codes.baseAddress, let scales = scales.baseAddress,
                                let biases = biases.baseAddress
                            else { return nil }
                            return codec.encodeAffine(
                                values, as: type, storedIn: scalar, codes: codes, scales: scales, biases: biases)
                        }
                    }
                }
            }
            (self.codes, self.scales, self.biases) = (codes, scales, biases)
        }
    }
}
