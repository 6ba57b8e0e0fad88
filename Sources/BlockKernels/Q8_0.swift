// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q8_0: blocks of 32 with 8 bits a value and a scale; an importance matrix changes nothing.
func encodeQ8_0(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    var validity = Validity()
    for number in 0..<(rows * rowElements / block32) {
        let source = values + number * block32
        let block = target + number * 34
        var largest = SIMD8<Float>()
        for part in stride(from: 0, to: block32, by: 8) {
            let sizes = magnitude(UnsafeRawPointer(source + part).loadUnaligned(as: SIMD8<Float>.self))
            largest = largest.replacing(with: sizes, where: sizes .> largest)
        }
        let scale = largestLane(largest) / 127
        let inverse = scale != 0 ? 1 / scale : 0
        let factor = half(scale)
        block.storeBytes(of: factor.littleEndian, as: UInt16.self)
        validity.check(isFinite(half: factor), block: number)
        let codes = (block + 2).assumingMemoryBound(to: Int8.self)
        guard !inverse.isInfinite else {
            for index in 0..<block32 { codes[index] = 0 }
            continue
        }
        // The largest float below one half rounds halves away from zero, as roundf does.
        for index in 0..<block32 {
            let value = source[index] * inverse
            codes[index] = Int8(truncatingIfNeeded: Int32(value + Float(signOf: value, magnitudeOf: 0x1.fffffep-2)))
        }
    }
    return validity.firstInvalid
}
