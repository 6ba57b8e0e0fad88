/// Binary16 (IEEE 754), converted with integers and floats alone: processors without its instructions agree with
/// those that have them.

/// The binary16 nearest to a value, ties to even.
@inline(__always)
func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // Scaling up and down by powers of two saturates what binary16 cannot hold to infinity.
    let saturated = (value.magnitude * 0x1p+112) * 0x1p-110
    let doubled = bits &+ bits
    // A sum with a number of the right exponent rounds the mantissa to binary16's ten bits (subnormals: fewer).
    let exponent = max(doubled & 0xFF00_0000, 0x7100_0000)
    let sum = (Float(bitPattern: (exponent >> 1) &+ 0x0780_0000) + saturated).bitPattern
    let magnitude = doubled > 0xFF00_0000 ? 0x7E00 : ((sum >> 13) & 0x7C00) &+ (sum & 0x0FFF)
    return UInt16(truncatingIfNeeded: ((bits & 0x8000_0000) >> 16) | magnitude)
}

/// The value of a binary16.
@inline(__always)
func float(half: UInt16) -> Float {
    let shifted = UInt32(half) << 16
    let sign = shifted & 0x8000_0000
    let doubled = shifted &+ shifted
    let normal = Float(bitPattern: (doubled >> 4) &+ 0x7000_0000) * 0x1p-112
    let subnormal = Float(bitPattern: (doubled >> 17) | 0x3F00_0000) - 0.5
    return Float(bitPattern: sign | (doubled < 0x0800_0000 ? subnormal : normal).bitPattern)
}

/// Whether a binary16 is neither infinite nor NaN.
@inline(__always)
func isFinite(half: UInt16) -> Bool {
    half & 0x7C00 != 0x7C00
}
