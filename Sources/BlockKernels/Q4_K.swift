// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q4_K: super-blocks of 256 with 4 bits a value; scales and minima of 6 bits for each 32.
func encodeQ4_K(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    encodeAffineSuperBlocks(
        values, rows: rows, rowElements: rowElements, importance: importance, target: target, blockBytes: 144,
        search: AffineSearch(
            topLevel: 15, first: -1, step: 0.1, lastCandidate: 20, measure: .squares, clampsFirst: false),
        weightedSearch: AffineSearch(
            topLevel: 15, first: -0.9, step: 0.05, lastCandidate: 36, measure: .squares, clampsFirst: true),
        clampsWeightedScales: false
    ) { levels, output in
        pack(levels, bits: 4, distance: 32, into: output)
    }
}
