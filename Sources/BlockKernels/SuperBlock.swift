/// Levels of a sub-block once its scale is stored: the nearest to `(x + offset) / scale`, within bounds, less `lowest`.
///
/// `count` is a multiple of eight.
@inline(never)
func requantize(
    _ values: UnsafePointer<Float>, count: Int, scale: Float, offset: Float = 0, from lowest: Int32, to highest: Int32,
    into levels: UnsafeMutablePointer<UInt8>
) {
    for index in stride(from: 0, to: count, by: 8) {
        let part = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
        storeBytes(
            nearestIntegerBits((part + offset) / scale, from: lowest, to: highest) &- (0x0040_0000 + lowest),
            at: levels + index)
    }
}

/// Stores numbers below 256 as bytes.
@_transparent
func storeBytes(_ integers: SIMD8<Int32>, at place: UnsafeMutablePointer<UInt8>) {
    let pairs = unsafeBitCast(integers, to: SIMD4<UInt64>.self)
    let joined = pairs | (pairs &>> 24)
    let low = (joined[0] & 0xFFFF) | (joined[1] & 0xFFFF) &<< 16
    let high = (joined[2] & 0xFFFF) | (joined[3] & 0xFFFF) &<< 16
    UnsafeMutableRawPointer(place).storeBytes(of: (low | high &<< 32).littleEndian, as: UInt64.self)
}

/// `bits` bits of each level from `lowest` on, several levels to a byte: of each `parts * distance`, those `distance`
/// apart share a byte, the first in the lowest bits.
///
/// `distance` is a multiple of eight: eight levels are packed at once, as bytes of a word.
@inline(never)
func pack(
    _ levels: UnsafePointer<UInt8>, bits: UInt64, from lowest: UInt64 = 0, distance: Int,
    into output: UnsafeMutablePointer<UInt8>
) {
    let parts = Int(8 / bits)
    let mask = 0x0101_0101_0101_0101 &* ((1 &<< bits) &- 1)
    var place = output
    for group in stride(from: 0, to: superBlock, by: parts * distance) {
        for start in stride(from: group, to: group + distance, by: 8) {
            var word: UInt64 = 0
            for part in 0..<parts {
                let eight = UnsafeRawPointer(levels + start + part * distance).loadUnaligned(as: UInt64.self)
                word |= ((eight &>> lowest) & mask) &<< (UInt64(part) &* bits)
            }
            UnsafeMutableRawPointer(place).storeBytes(of: word, as: UInt64.self)
            place += 8
        }
    }
}
