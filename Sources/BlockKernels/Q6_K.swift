// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q6_K: super-blocks of 256 with 6 bits a value; scales of 8 bits for each 16.
func encodeQ6_K(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    let (subBlock, blockBytes) = (16, 210)
    var validity = Validity()
    withScratch(vectors: 3 * subBlock + 1, bytes: superBlock) { lanes, levels in
        let (transposed, weights, products) = (lanes, lanes + subBlock, lanes + 2 * subBlock)
        let scales = floats(lanes + 3 * subBlock)
        forEachGroup(values, rows: rows, rowElements: rowElements, importance: importance, length: superBlock) {
            group, importance, first, _ in
            transpose(group, count: subBlock, into: transposed)
            if let importance {
                transpose(importance, count: subBlock, into: weights)
            } else {
                for element in 0..<subBlock { weights[element] = transposed[element] * transposed[element] }
            }
            let found = fitSymmetric(transposed, weights: weights, count: subBlock, levels: 32, products: products)
            store(found.scale, at: scales)
            let extreme = largestMagnitude(scales, count: laneCount)
            let output = target + first / superBlock * blockBytes
            guard !(extreme.magnitude < zeroThreshold) else {
                output.initializeMemory(as: UInt8.self, repeating: 0, count: blockBytes)
                return
            }
            let inverse = -128 / extreme
            let factor = half(1 / inverse)
            output.storeBytes(of: factor.littleEndian, toByteOffset: 208, as: UInt16.self)
            validity.check(isFinite(half: factor), block: first / superBlock)
            for part in 0..<laneCount {
                let level = Int8(truncatingIfNeeded: min(127, nearestInteger(inverse * scales[part])))
                output.storeBytes(of: level, toByteOffset: 192 + part, as: Int8.self)
                let scale = float(half: factor) * Float(level)
                let place = levels + part * subBlock
                guard scale != 0 else {
                    for element in 0..<subBlock { place[element] = UInt8(found.code(transposed[element])[part]) }
                    continue
                }
                requantize(group + part * subBlock, count: subBlock, scale: scale, from: -32, to: 31, into: place)
            }
            let bytes = output.assumingMemoryBound(to: UInt8.self)
            pack(levels, bits: 4, distance: 64, into: bytes)
            pack(levels, bits: 2, from: 4, distance: 32, into: bytes + 128)
        }
    }
    return validity.firstInvalid
}
