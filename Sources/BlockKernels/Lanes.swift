/// Arithmetic across sub-blocks.
///
/// A block's scale is found by a search whose sums depend on the order of the additions. A vector therefore holds the
/// same element of sixteen sub-blocks: each lane runs the reference's scalar sequence on a sub-block of its own, and
/// the bytes come out the same on every processor. Nothing here may be reordered, contracted or approximated.
///
/// Two vectors of eight rather than one of sixteen: the compiler keeps the masks of eight lanes in vector registers,
/// and the two halves hide each other's latency.
struct Lanes {
    var low: SIMD8<Float>
    var high: SIMD8<Float>

    @_transparent
    init(low: SIMD8<Float>, high: SIMD8<Float>) {
        self.low = low
        self.high = high
    }

    @_transparent
    init(repeating value: Float = 0) {
        self.init(low: SIMD8(repeating: value), high: SIMD8(repeating: value))
    }

    @_transparent
    static func + (left: Lanes, right: Lanes) -> Lanes {
        Lanes(low: left.low + right.low, high: left.high + right.high)
    }

    @_transparent
    static func - (left: Lanes, right: Lanes) -> Lanes {
        Lanes(low: left.low - right.low, high: left.high - right.high)
    }

    @_transparent
    static func * (left: Lanes, right: Lanes) -> Lanes {
        Lanes(low: left.low * right.low, high: left.high * right.high)
    }

    @_transparent
    static func / (left: Lanes, right: Lanes) -> Lanes {
        Lanes(low: left.low / right.low, high: left.high / right.high)
    }

    @_transparent
    static func += (left: inout Lanes, right: Lanes) { left = left + right }

    @_transparent
    static func .< (left: Lanes, right: Lanes) -> LaneMask {
        LaneMask(low: left.low .< right.low, high: left.high .< right.high)
    }

    @_transparent
    static func .> (left: Lanes, right: Lanes) -> LaneMask { right .< left }

    @_transparent
    static func .== (left: Lanes, right: Lanes) -> LaneMask {
        LaneMask(low: left.low .== right.low, high: left.high .== right.high)
    }

    @_transparent
    func squareRoot() -> Lanes { Lanes(low: low.squareRoot(), high: high.squareRoot()) }
}

/// One truth value for each lane.
struct LaneMask {
    var low: SIMDMask<SIMD8<Int32>>
    var high: SIMDMask<SIMD8<Int32>>

    @_transparent
    init(low: SIMDMask<SIMD8<Int32>>, high: SIMDMask<SIMD8<Int32>>) {
        self.low = low
        self.high = high
    }

    /// A mask with no lane set.
    @_transparent
    init() { self.init(low: SIMDMask(repeating: false), high: SIMDMask(repeating: false)) }

    @_transparent
    static func .& (left: LaneMask, right: LaneMask) -> LaneMask {
        LaneMask(low: left.low .& right.low, high: left.high .& right.high)
    }

    @_transparent
    static func .| (left: LaneMask, right: LaneMask) -> LaneMask {
        LaneMask(low: left.low .| right.low, high: left.high .| right.high)
    }

    @_transparent
    static prefix func .! (mask: LaneMask) -> LaneMask { LaneMask(low: .!mask.low, high: .!mask.high) }

    /// Whether any lane is set.
    @_transparent
    var isAnySet: Bool { isAnyLaneSet(low .| high) }
}

@_transparent
func isAnyLaneSet(_ mask: SIMDMask<SIMD8<Int32>>) -> Bool {
    let words = unsafeBitCast(mask, to: SIMD4<UInt64>.self)
    let two = words.lowHalf | words.highHalf
    return two[0] | two[1] != 0
}

/// Sub-blocks that are searched at the same time.
let laneCount = 16

/// 1.5 x 2^23: a sum with it holds the nearest integer, ties to even, in its lowest bits.
let roundingBias: Float = 12_582_912

/// The largest magnitude for which ``rounded(_:)`` and ``nearestInteger(_:)`` agree, with room to spare.
let roundingRange: Float = 2_097_152

/// The nearest integers, ties to even, of values up to ``roundingRange``.
@_transparent
func rounded(_ values: Lanes) -> Lanes {
    let bias = Lanes(repeating: roundingBias)
    return (values + bias) - bias
}

/// The nearest integer as the reference computes it, defined for every value, infinite ones included.
@_transparent
func nearestInteger(_ value: Float) -> Int32 {
    Int32(truncatingIfNeeded: (value + roundingBias).bitPattern & 0x007F_FFFF) - 0x0040_0000
}

/// The nearest integers within bounds, of any values: what is out of range wraps as ``nearestInteger(_:)`` does.
@_transparent
func nearestInteger(_ values: Lanes, from lowest: Int32, to highest: Int32) -> Lanes {
    Lanes(
        low: nearestInteger(values.low, from: lowest, to: highest),
        high: nearestInteger(values.high, from: lowest, to: highest))
}

@_transparent
func nearestInteger(_ values: SIMD8<Float>, from lowest: Int32, to highest: Int32) -> SIMD8<Float> {
    let integers = nearestIntegerBits(values, from: lowest, to: highest)
    return unsafeBitCast(integers | 0x4B00_0000, to: SIMD8<Float>.self) - roundingBias
}

/// The nearest integers within bounds, plus 0x400000: where a sum with the bias puts them.
@_transparent
func nearestIntegerBits(_ values: SIMD8<Float>, from lowest: Int32, to highest: Int32) -> SIMD8<Int32> {
    let low = SIMD8<Int32>(repeating: 0x0040_0000 + lowest)
    let high = SIMD8<Int32>(repeating: 0x0040_0000 + highest)
    let integers = unsafeBitCast(values + roundingBias, to: SIMD8<Int32>.self) & 0x007F_FFFF
    let atLeast = integers.replacing(with: low, where: integers .< low)
    return atLeast.replacing(with: high, where: atLeast .> high)
}

/// `condition ? first : second` in each lane.
@_transparent
func select(_ condition: LaneMask, _ first: Lanes, _ second: Lanes) -> Lanes {
    Lanes(
        low: second.low.replacing(with: first.low, where: condition.low),
        high: second.high.replacing(with: first.high, where: condition.high))
}

/// The smaller value of each lane, the second where they are equal.
@_transparent
func smaller(_ first: Lanes, _ second: Lanes) -> Lanes {
    select(first .< second, first, second)
}

/// The larger value of each lane, the second where they are equal.
@_transparent
func larger(_ first: Lanes, _ second: Lanes) -> Lanes {
    select(first .> second, first, second)
}

/// The values with their signs changed, those of zeros too.
@_transparent
func negated(_ values: Lanes) -> Lanes {
    Lanes(low: negated(values.low), high: negated(values.high))
}

@_transparent
private func negated(_ values: SIMD8<Float>) -> SIMD8<Float> {
    unsafeBitCast(unsafeBitCast(values, to: SIMD8<UInt32>.self) ^ 0x8000_0000, to: SIMD8<Float>.self)
}

@_transparent
func magnitude(_ values: Lanes) -> Lanes {
    Lanes(low: magnitude(values.low), high: magnitude(values.high))
}

@_transparent
func magnitude(_ values: SIMD8<Float>) -> SIMD8<Float> {
    unsafeBitCast(unsafeBitCast(values, to: SIMD8<UInt32>.self) & 0x7FFF_FFFF, to: SIMD8<Float>.self)
}

/// The largest of eight values; `SIMD8.max()` would be shared with code for other processors.
@_transparent
func largestLane(_ values: SIMD8<Float>) -> Float {
    let four = values.lowHalf.replacing(with: values.highHalf, where: values.highHalf .> values.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[0] > two[1] ? two[0] : two[1]
}

/// The smallest of eight values.
@_transparent
func smallestLane(_ values: SIMD8<Float>) -> Float {
    let four = values.lowHalf.replacing(with: values.highHalf, where: values.highHalf .< values.lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .< four.lowHalf)
    return two[0] < two[1] ? two[0] : two[1]
}

/// Turns sixteen consecutive sub-blocks of `count` elements (a multiple of eight) into `count` vectors.
@inline(never)
func transpose(_ source: UnsafePointer<Float>, count: Int, into lanes: UnsafeMutablePointer<Lanes>) {
    for element in stride(from: 0, to: count, by: 8) {
        let low = transposedTile(source + element, stride: count)
        let high = transposedTile(source + element + 8 * count, stride: count)
        lanes[element] = Lanes(low: low.0, high: high.0)
        lanes[element + 1] = Lanes(low: low.1, high: high.1)
        lanes[element + 2] = Lanes(low: low.2, high: high.2)
        lanes[element + 3] = Lanes(low: low.3, high: high.3)
        lanes[element + 4] = Lanes(low: low.4, high: high.4)
        lanes[element + 5] = Lanes(low: low.5, high: high.5)
        lanes[element + 6] = Lanes(low: low.6, high: high.6)
        lanes[element + 7] = Lanes(low: low.7, high: high.7)
    }
}

private typealias Row = SIMD8<Float>

@inline(__always)
private func row(_ source: UnsafePointer<Float>) -> Row {
    UnsafeRawPointer(source).loadUnaligned(as: Row.self)
}

/// Alternates the elements of the low halves of each 128 bits.
@inline(__always)
private func interleavedLow(_ a: Row, _ b: Row) -> Row {
    Row(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5])
}

/// Alternates the elements of the high halves of each 128 bits.
@inline(__always)
private func interleavedHigh(_ a: Row, _ b: Row) -> Row {
    Row(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7])
}

@inline(__always)
private func pairedLow(_ a: Row, _ b: Row) -> Row {
    Row(a[0], a[1], b[0], b[1], a[4], a[5], b[4], b[5])
}

@inline(__always)
private func pairedHigh(_ a: Row, _ b: Row) -> Row {
    Row(a[2], a[3], b[2], b[3], a[6], a[7], b[6], b[7])
}

@inline(__always)
private func transposedTile(
    _ source: UnsafePointer<Float>, stride: Int
) -> (Row, Row, Row, Row, Row, Row, Row, Row) {
    let (a, b) = (row(source), row(source + stride))
    let (c, d) = (row(source + 2 * stride), row(source + 3 * stride))
    let (e, f) = (row(source + 4 * stride), row(source + 5 * stride))
    let (g, h) = (row(source + 6 * stride), row(source + 7 * stride))
    let (ab0, ab1, cd0, cd1) = (
        interleavedLow(a, b), interleavedHigh(a, b), interleavedLow(c, d), interleavedHigh(c, d)
    )
    let (ef0, ef1, gh0, gh1) = (
        interleavedLow(e, f), interleavedHigh(e, f), interleavedLow(g, h), interleavedHigh(g, h)
    )
    let (t0, t1, t2, t3) = (pairedLow(ab0, cd0), pairedHigh(ab0, cd0), pairedLow(ab1, cd1), pairedHigh(ab1, cd1))
    let (u0, u1, u2, u3) = (pairedLow(ef0, gh0), pairedHigh(ef0, gh0), pairedLow(ef1, gh1), pairedHigh(ef1, gh1))
    return (
        Row(lowHalf: t0.lowHalf, highHalf: u0.lowHalf), Row(lowHalf: t1.lowHalf, highHalf: u1.lowHalf),
        Row(lowHalf: t2.lowHalf, highHalf: u2.lowHalf), Row(lowHalf: t3.lowHalf, highHalf: u3.lowHalf),
        Row(lowHalf: t0.highHalf, highHalf: u0.highHalf), Row(lowHalf: t1.highHalf, highHalf: u1.highHalf),
        Row(lowHalf: t2.highHalf, highHalf: u2.highHalf), Row(lowHalf: t3.highHalf, highHalf: u3.highHalf)
    )
}
