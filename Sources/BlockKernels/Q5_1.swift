// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q5_1: blocks of 32 with 5 bits a value, with a scale and a minimum.
func encodeQ5_1(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    encodeAffine32(values, rows, rowElements, importance, target, bits: 5)
}
