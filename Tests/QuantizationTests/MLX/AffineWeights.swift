/// The weights that `engine/prove/mlx_codec.py` gives to mlx: every step is exact, or rounded once.
enum AffineWeights {
    static let countPerKind = 65_536

    /// All kinds, one after the other.
    static let all: [Float] = {
        let heavy = integers(3, 24)
        let (scales, exponents) = (integers(13, 40), random(15))
        return normal(1)
            + zip(normal(2), heavy).map { $0 * power($1 - 12) }
            + normal(4).enumerated().map { index, _ in constants[index / 32 * 32] }
            + integers(5, 2).map { $0 == 0 ? 0 : -0.0 }
            + integers(6, 5).map { Float($0 - 2) * 0.25 }
            + integers(7, 63).map { Float($0 - 31) * 0.125 }
            + normal(8).map { $0 * power(-19) }
            + random(9).map { Float(bitPattern: UInt32(truncatingIfNeeded: $0) & 0x807F_FFFF) }
            + normal(10).map { $0.magnitude + 3 }
            + normal(11).map { $0 * power(17) }
            + normal(12).enumerated().map { $1 * power(scales[$0 / 32] - 30) }
            + normal(14).enumerated().map { index, value in index % 128 == 77 ? 100 : value * power(-10) }
            + exponents.map { bits in
                Float(bitPattern: UInt32(bits & 0x807F_FFFF) | UInt32(bits >> 32 % 44 + 97) << 23)
            }
    }()

    private static let constants = normal(4)

    /// Steele, Lea and Flood's SplitMix64.
    private static func random(_ seed: UInt64) -> [UInt64] {
        (1...UInt64(countPerKind)).map { index in
            var state = seed &+ index &* 0x9E37_79B9_7F4A_7C15
            state = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            state = (state ^ (state >> 27)) &* 0x94D0_49BB_1331_11EB
            return state ^ (state >> 31)
        }
    }

    private static func integers(_ seed: UInt64, _ count: UInt64) -> [Int] { random(seed).map { Int($0 % count) } }

    private static func normal(_ seed: UInt64) -> [Float] {
        random(seed).map { bits in
            let sum = (0..<4).reduce(Int64(0)) { $0 + Int64((bits >> (16 * UInt64($1))) & 0xFFFF) }
            return Float(sum - 131_070) * power(-21)
        }
    }

    private static func power(_ exponent: Int) -> Float { Float(sign: .plus, exponent: exponent, significand: 1) }
}
