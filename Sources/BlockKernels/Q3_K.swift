// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q3_K: super-blocks of 256 with 3 bits a value; scales of 6 bits for each 16.
func encodeQ3_K(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    let (subBlock, blockBytes) = (16, 110)
    var validity = Validity()
    withScratch(vectors: 3 * subBlock + 3, bytes: superBlock) { lanes, levels in
        // The codes that the search chose; most are computed again once the scales are stored.
        let (transposed, weights, codes) = (lanes, lanes + subBlock, lanes + 2 * subBlock)
        let scaleLanes = lanes + 3 * subBlock
        let (sumLanes, levelLanes) = (scaleLanes + 1, scaleLanes + 2)
        forEachGroup(values, rows: rows, rowElements: rowElements, importance: importance, length: superBlock) {
            group, importance, first, _ in
            transpose(group, count: subBlock, into: transposed)
            let step: Float
            if let importance {
                sumLanes.pointee = weigh(
                    group, transposed, importance, count: subBlock, factor: 2, blocksPerGroup: 1, into: weights)
                let found = fitSymmetric(transposed, weights: weights, count: subBlock, levels: 4, products: codes)
                scaleLanes.pointee = found.scale
                for element in 0..<subBlock { codes[element] = found.code(transposed[element]) }
                step = fitScales(
                    floats(scaleLanes), weights: floats(sumLanes), count: laneCount, levels: 32,
                    into: floats(levelLanes))
            } else {
                scaleLanes.pointee = refine(transposed, count: subBlock, levels: 4, into: codes)
                step = levelsOfLargest(floats(scaleLanes), into: floats(levelLanes))
            }
            let output = target + first / superBlock * blockBytes
            let bytes = output.assumingMemoryBound(to: UInt8.self)
            storeScales(floats(levelLanes), into: bytes + 96)
            let factor = half(step)
            output.storeBytes(of: factor.littleEndian, toByteOffset: 108, as: UInt16.self)
            validity.check(isFinite(half: factor), block: first / superBlock)
            for part in 0..<laneCount {
                let scale = float(half: factor) * (floats(levelLanes)[part] - 32)
                let place = levels + part * subBlock
                guard scale != 0 else {
                    for element in 0..<subBlock { place[element] = UInt8(codes[element][part]) }
                    continue
                }
                requantize(group + part * subBlock, count: subBlock, scale: scale, from: -4, to: 3, into: place)
            }
            pack(levels, bits: 1, from: 2, distance: 32, into: bytes)
            pack(levels, bits: 2, distance: 32, into: bytes + 32)
        }
    }
    return validity.firstInvalid
}

/// Multiples of a 32nd of the scale with the largest magnitude, plus 32; returns that step.
@inline(never)
private func levelsOfLargest(_ scales: UnsafePointer<Float>, into levels: UnsafeMutablePointer<Float>) -> Float {
    let extreme = largestMagnitude(scales, count: laneCount)
    guard extreme != 0 else {
        // Bits that are all zero read as -32.
        for index in 0..<laneCount { levels[index] = 0 }
        return 0
    }
    let inverse = -32 / extreme
    for index in 0..<laneCount {
        let level = Int8(truncatingIfNeeded: nearestInteger(inverse * scales[index]))
        levels[index] = Float(max(-32, min(31, level))) + 32
    }
    return 1 / inverse
}

/// Sixteen scales of 6 bits in twelve bytes: low halves of two in each of eight bytes, then the two high bits of four
/// in each of four bytes.
@inline(never)
private func storeScales(_ levels: UnsafePointer<Float>, into bytes: UnsafeMutablePointer<UInt8>) {
    for index in 0..<12 { bytes[index] = 0 }
    for index in 0..<laneCount {
        let level = UInt8(levels[index])
        bytes[index & 7] |= (level & 15) << (index < 8 ? 0 : 4)
        bytes[8 + (index & 3)] |= (level >> 4) << UInt8(2 * (index / 4))
    }
}
