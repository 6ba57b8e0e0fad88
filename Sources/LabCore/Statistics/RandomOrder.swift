/// Random orders that anybody can repeat.
public enum RandomOrder {
    /// The order in which samples are measured, laid down before the first of them is: positions into `samples`.
    ///
    /// Each sample's rank is the SHA-256 of its digest with a version. The order is the same in every run and on every
    /// platform, and a sample that changes, comes or goes moves no other. Equal samples stay in the order of their
    /// positions.
    public static func order(of samples: [Digest]) -> [Int] {
        let ranks = samples.map { Digest(of: "order/1\n\($0.hex)") }
        return samples.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
    }

    /// A permutation of 0..<count, each as likely as any other.
    ///
    /// Fisher and Yates' shuffle from the end (Durstenfeld 1964). Numbers below a bound are drawn without bias by
    /// Lemire's multiplication with rejection (arXiv 1805.10941).
    ///
    /// - Parameter generator: draws it; the caller may go on with it.
    package static func permutation(count: Int, using generator: inout Xoshiro256) -> [Int] {
        var order = Array(0..<count)
        for last in order.indices.dropFirst().reversed() {
            order.swapAt(last, Int(generator.next(below: UInt64(last) + 1)))
        }
        return order
    }
}

/// xoshiro256** (Blackman and Vigna 2018): 64 bits a step, a period of 2^256 - 1.
package struct Xoshiro256: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// A generator whose state is the digest, as four words of 64 bits, most significant byte first. The state of
    /// zeros, from which it never moves, becomes 1, 0, 0, 0.
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
