// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q5_K: super-blocks of 256 with 5 bits a value; scales and minima of 6 bits for each 32.
func encodeQ5_K(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    encodeAffineSuperBlocks(
        values, rows: rows, rowElements: rowElements, importance: importance, target: target, blockBytes: 176,
        search: AffineSearch(
            topLevel: 31, first: -0.5, step: 0.1, lastCandidate: 15, measure: .squares, clampsFirst: false),
        weightedSearch: AffineSearch(
            topLevel: 31, first: -0.9, step: 0.05, lastCandidate: 36, measure: .squares, clampsFirst: true),
        clampsWeightedScales: true
    ) { levels, output in
        pack(levels, bits: 1, from: 4, distance: 32, into: output)
        pack(levels, bits: 4, distance: 32, into: output + 32)
    }
}
