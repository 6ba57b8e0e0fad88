/// Steele, Lea and Flood's SplitMix64: the same numbers on every machine.
struct FuzzRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The generator of one case: cases are independent of each other, so that one can be made alone.
    init(seed: UInt64, number: Int) {
        state = seed &* 0xD134_2543_DE82_EF95 &+ UInt64(number)
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `count` - 1; 0 when there is none.
    mutating func index(below count: Int) -> Int { count < 2 ? 0 : Int(next() % UInt64(count)) }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { index(below: count) == 0 }

    mutating func choice<Element>(_ list: [Element]) -> Element { list[index(below: list.count)] }
}
