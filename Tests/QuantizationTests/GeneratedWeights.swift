import Foundation

/// Seeded weights of many kinds, to compare codecs on.
struct GeneratedWeights {
    enum Kind: CaseIterable {
        /// What models hold: normal, BF16.
        case normal
        case heavyTailed
        /// One value for each 32 elements.
        case constant
        /// Zeros of both signs.
        case zeros
        case oneOutlier
        case denormals
        /// A few of the largest finite BF16 among normal values.
        case largest
        /// All magnitudes up to binary16's, with full mantissas.
        case wideRange
        /// A few distinct values: ties everywhere.
        case coarse
        /// Mostly zeros.
        case sparse
        /// Each sub-block at a scale of its own, down to the subnormal.
        case mixedScales
        /// All above zero, far from it in places.
        case positive
        /// Near the threshold below which sub-blocks count as zero.
        case nearZero
        /// Any finite bits.
        case anyBits
    }

    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// xorshift64* (Vigna 2016).
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    mutating func normal() -> Float {
        let (radius, angle) = (-2 * log(max(uniform(), 1e-7)), 2 * Float.pi * uniform())
        return radius.squareRoot() * cos(angle)
    }

    static func bfloat16(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ (0x7FFF &+ (bits >> 16 & 1))) & 0xFFFF_0000)
    }

    /// Fills `values` with weights of a kind.
    mutating func fill(_ values: UnsafeMutableBufferPointer<Float>, _ kind: Kind) {
        var current: Float = 1
        for index in values.indices {
            switch kind {
            case .normal: current = Self.bfloat16(normal() * 0.02)
            case .heavyTailed: current = Self.bfloat16(normal() * exp(2 * normal()) * 0.01)
            case .constant: if index % 32 == 0 { current = Self.bfloat16(normal()) }
            case .zeros: current = next() & 1 == 0 ? 0 : -0.0
            case .oneOutlier: current = index % 256 == 77 ? 100 : Self.bfloat16(normal() * 1e-4)
            case .denormals: current = Float(bitPattern: bits & 0x807F_0000)
            case .largest: current = next() % 31 == 0 ? (next() & 1 == 0 ? 0x1.fep127 : -0x1.fep127) : normal()
            case .wideRange: current = Float(bitPattern: (bits & 0x807F_FFFF) | UInt32(1 + next() % 140) << 23)
            case .coarse: current = Float(Int(next() % 5) - 2) * 0.25
            case .sparse: current = next() % 8 == 0 ? normal() : (next() & 1 == 0 ? 0 : -0.0)
            case .mixedScales:
                if index % 16 == 0 { scale = exp2(Float(next() % 150) - 149) }
                current = Self.bfloat16(normal() * scale)
            case .positive: current = abs(normal()) + (index % 512 < 256 ? 3 : 0)
            case .nearZero: current = normal() * 1e-15
            case .anyBits:
                let bits = bits
                current = Float(bitPattern: bits & 0x7F80_0000 == 0x7F80_0000 ? bits & 0x807F_FFFF : bits)
            }
            values[index] = current
        }
    }

    private var scale: Float = 1
    private var bits: UInt32 { mutating get { UInt32(truncatingIfNeeded: next()) } }

    /// Fills `values` with importances, in one of four ways: as measured, spread widely, partly zero, zero in blocks.
    mutating func fillImportance(_ values: UnsafeMutableBufferPointer<Float>, way: Int) {
        for index in values.indices {
            switch way % 4 {
            case 0: values[index] = abs(normal())
            case 1: values[index] = exp(3 * normal())
            case 2: values[index] = next() % 3 == 0 ? 0 : uniform()
            default: values[index] = index % 64 < 32 ? 0 : 1
            }
        }
    }
}
