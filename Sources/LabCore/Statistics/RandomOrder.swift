/// A random order that anybody can repeat from its seed.
public enum RandomOrder {
    /// A permutation of 0..<count, each as likely as any other over the seeds, the same on every platform.
    ///
    /// Fisher and Yates' shuffle from the end (Durstenfeld 1964) with xoshiro256** (Blackman and Vigna 2018), whose
    /// state is the digest's four words of 64 bits, most significant byte first. Numbers below a bound are drawn
    /// without bias by Lemire's multiplication with rejection (arXiv 1805.10941).
    ///
    /// - Parameters:
    ///   - count: at least 0.
    ///   - seed: a digest of what the order is for, laid down before the first value is known.
    public static func permutation(count: Int, seed: Digest) -> [Int] {
        precondition(count >= 0, "an order has at least no elements")
        var generator = Xoshiro256(seed: seed)
        return permutation(count: count, using: &generator)
    }

    /// A permutation drawn from a generator that the caller goes on with.
    package static func permutation(count: Int, using generator: inout Xoshiro256) -> [Int] {
        var order = Array(0..<count)
        for last in order.indices.dropFirst().reversed() {
            order.swapAt(last, Int(generator.next(below: UInt64(last) + 1)))
        }
        return order
    }
}

/// xoshiro256**: 64 bits a step, a period of 2^256 - 1.
package struct Xoshiro256: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator whose state is the digest. The state of zeros, from which it never moves, becomes 1, 0, 0, 0.
    package init(seed: Digest) {
        let words = (0..<4).map { word in
            seed.hex.utf8.dropFirst(16 * word).prefix(16).reduce(UInt64(0)) { value, digit in
                value << 4 | UInt64(digit < 0x3A ? digit - 0x30 : digit - 0x61 + 10)
            }
        }
        state = (words[0], words[1], words[2], words[3])
        if words.allSatisfy({ $0 == 0 }) { state.0 = 1 }
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// A number in 0..<bound, each equally likely; `bound` is at least 1.
    package mutating func next(below bound: UInt64) -> UInt64 {
        let surplus = (0 &- bound) % bound
        while true {
            let product = next().multipliedFullWidth(by: bound)
            if product.low >= surplus { return product.high }
        }
    }
}
