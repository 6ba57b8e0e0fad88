// swift-format-ignore: AlwaysUseLowerCamelCase
/// Q2_K: super-blocks of 256 with 2 bits a value; scales and minima of 4 bits for each 16.
func encodeQ2_K(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int {
    let search = AffineSearch(
        topLevel: 3, first: -0.5, step: 0.1, lastCandidate: 15, measure: .magnitudes, clampsFirst: false)
    let weightedSearch = AffineSearch(
        topLevel: 3, first: -0.9, step: 0.05, lastCandidate: 36, measure: .squares, clampsFirst: true)
    let (subBlock, blockBytes) = (16, 84)
    var validity = Validity()
    withScratch(vectors: 3 * subBlock + 3, bytes: superBlock + 2 * laneCount) { lanes, levels in
        let (transposed, weights, candidates) = (lanes, lanes + subBlock, lanes + 2 * subBlock)
        let scales = floats(lanes + 3 * subBlock)
        let (offsets, weightSums) = (scales + laneCount, scales + 2 * laneCount)
        let (scaleLevels, offsetLevels) = (levels + superBlock, levels + superBlock + laneCount)
        forEachGroup(values, rows: rows, rowElements: rowElements, importance: importance, length: superBlock) {
            group, importance, first, _ in
            transpose(group, count: subBlock, into: transposed)
            let found: AffineFit
            if let importance {
                let sums = weigh(
                    group, transposed, importance, count: subBlock, factor: 1, blocksPerGroup: 1, into: weights)
                store(sums, at: weightSums)
                found = fit(weightedSearch, transposed, weights: weights, count: subBlock, levels: candidates)
            } else {
                for element in 0..<subBlock { weights[element] = magnitude(transposed[element]) }
                found = fit(search, transposed, weights: weights, count: subBlock, levels: candidates)
            }
            store(found.scale, at: scales)
            store(found.offset, at: offsets)
            let (scaleStep, offsetStep): (Float, Float)
            if importance == nil {
                scaleStep = levelsOfLargest(scales, into: scaleLevels)
                offsetStep = levelsOfLargest(offsets, into: offsetLevels)
            } else {
                scaleStep = fitPositive(
                    scales, weights: weightSums, count: laneCount, topLevel: 15, levels: scaleLevels)
                offsetStep = fitPositive(
                    offsets, weights: weightSums, count: laneCount, topLevel: 15, levels: offsetLevels)
            }
            let output = target + first / superBlock * blockBytes
            let bytes = output.assumingMemoryBound(to: UInt8.self)
            for part in 0..<laneCount { bytes[part] = scaleLevels[part] | offsetLevels[part] << 4 }
            let (scaleHalf, offsetHalf) = (half(scaleStep), half(offsetStep))
            output.storeBytes(of: scaleHalf.littleEndian, toByteOffset: 80, as: UInt16.self)
            output.storeBytes(of: offsetHalf.littleEndian, toByteOffset: 82, as: UInt16.self)
            validity.check(isFinite(half: scaleHalf) && isFinite(half: offsetHalf), block: first / superBlock)
            for part in 0..<laneCount {
                let step = float(half: scaleHalf) * Float(bytes[part] & 15)
                let place = levels + part * subBlock
                guard step != 0 else {
                    for element in 0..<subBlock { place[element] = UInt8(found.level(transposed[element])[part]) }
                    continue
                }
                requantize(
                    group + part * subBlock, count: subBlock, scale: step,
                    offset: float(half: offsetHalf) * Float(bytes[part] >> 4), from: 0, to: 3, into: place)
            }
            pack(levels, bits: 2, distance: 32, into: bytes + 16)
        }
    }
    return validity.firstInvalid
}

/// Multiples of a fifteenth of the largest number; returns that fifteenth.
@inline(never)
private func levelsOfLargest(_ values: UnsafePointer<Float>, into levels: UnsafeMutablePointer<UInt8>) -> Float {
    var largest: Float = 0
    for index in 0..<laneCount where values[index] > largest { largest = values[index] }
    guard largest > 0 else {
        for index in 0..<laneCount { levels[index] = 0 }
        return 0
    }
    let inverse = 15 / largest
    for index in 0..<laneCount {
        levels[index] = UInt8(truncatingIfNeeded: nearestInteger(inverse * values[index]))
    }
    return largest / 15
}
