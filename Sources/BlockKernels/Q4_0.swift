// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q4_0: blocks of 32 with 4 bits a value, with a scale.
func encodeQ4_0(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    encodeSymmetric32(values, rows, rowElements, importance, target, bits: 4)
}
