/// Decodes BF16: the upper half of a binary32.
public func decodeBF16(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    let halves = source.assumingMemoryBound(to: UInt16.self)
    for index in 0..<count { target[index] = Float(bitPattern: UInt32(UInt16(littleEndian: halves[index])) &<< 16) }
}

/// Decodes binary16.
public func decodeF16(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    let halves = source.assumingMemoryBound(to: UInt16.self)
    for index in 0..<count { target[index] = float(half: UInt16(littleEndian: halves[index])) }
}

/// Rounds to BF16 in place, to the nearest, ties to even.
public func roundToBF16(_ values: UnsafeMutablePointer<Float>, count: Int) {
    for index in 0..<count {
        values[index] = Float(bitPattern: roundedToUpperHalf(values[index]) & 0xFFFF_0000)
    }
}

/// Stores floats as BF16, rounded to the nearest, ties to even.
///
/// Returns the index of the first value that becomes infinite, or -1.
public func encodeBF16(_ values: UnsafePointer<Float>, count: Int, into target: UnsafeMutableRawPointer) -> Int {
    let halves = target.assumingMemoryBound(to: UInt16.self)
    var exponents: UInt16 = 0
    for index in 0..<count {
        let rounded = UInt16(truncatingIfNeeded: roundedToUpperHalf(values[index]) &>> 16)
        halves[index] = rounded.littleEndian
        exponents = max(exponents, rounded & 0x7F80)
    }
    guard exponents == 0x7F80 else { return -1 }
    return (0..<count).first { UInt16(littleEndian: halves[$0]) & 0x7F80 == 0x7F80 } ?? -1
}

/// Bits whose upper half is the nearest BF16, ties to even.
@_transparent
private func roundedToUpperHalf(_ value: Float) -> UInt32 {
    value.bitPattern &+ (0x7FFF &+ (value.bitPattern &>> 16 & 1))
}

/// Stores floats as binary16, rounded to the nearest, ties to even.
///
/// Returns the index of the first value that becomes infinite, or -1.
public func encodeF16(_ values: UnsafePointer<Float>, count: Int, into target: UnsafeMutableRawPointer) -> Int {
    let halves = target.assumingMemoryBound(to: UInt16.self)
    var exponents: UInt16 = 0
    for index in 0..<count {
        let rounded = half(values[index])
        halves[index] = rounded.littleEndian
        exponents = max(exponents, rounded & 0x7C00)
    }
    guard exponents == 0x7C00 else { return -1 }
    return (0..<count).first { UInt16(littleEndian: halves[$0]) & 0x7C00 == 0x7C00 } ?? -1
}

/// The index of the first value that is infinite or not a number, or -1.
public func firstNotFinite(_ values: UnsafePointer<Float>, count: Int) -> Int {
    // The largest exponent decides; a maximum vectorizes where an early exit does not.
    var exponents: UInt32 = 0
    for index in 0..<count { exponents = max(exponents, values[index].bitPattern & 0x7F80_0000) }
    guard exponents == 0x7F80_0000 else { return -1 }
    return (0..<count).first { values[$0].bitPattern & 0x7F80_0000 == 0x7F80_0000 } ?? -1
}
