/// The common part of Q4_K and Q5_K: super-blocks of eight sub-blocks of 32, each with a scale and a minimum of 6 bits.
///
/// A block starts with the two binary16 factors and twelve bytes of scales and minima; `pack` writes the rest.
@inline(__always)
func encodeAffineSuperBlocks(
    _ values: UnsafePointer<Float>, rows: Int, rowElements: Int, importance: UnsafePointer<Float>?,
    target: UnsafeMutableRawPointer, blockBytes: Int, search: AffineSearch, weightedSearch: AffineSearch,
    clampsWeightedScales: Bool,
    pack: (_ levels: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>) -> Void
) -> Int {
    let subBlock = 32
    var validity = Validity()
    withScratch(vectors: 3 * subBlock + 2, bytes: superBlock) { lanes, levels in
        let (transposed, weights, candidates) = (lanes, lanes + subBlock, lanes + 2 * subBlock)
        let (scales, offsets) = (floats(lanes + 3 * subBlock), floats(lanes + 3 * subBlock + 1))
        forEachGroup(
            values, rows: rows, rowElements: rowElements, importance: importance, length: laneCount * subBlock
        ) { group, importance, first, count in
            transpose(group, count: subBlock, into: transposed)
            let found: AffineFit
            var weightSums = Lanes()
            if let importance {
                weightSums = weigh(
                    group, transposed, importance, count: subBlock, factor: 2, blocksPerGroup: 2, into: weights)
                found = fit(weightedSearch, transposed, weights: weights, count: subBlock, levels: candidates)
            } else {
                weighByDeviation(transposed, count: subBlock, into: weights)
                found = fit(search, transposed, weights: weights, count: subBlock, levels: candidates)
            }
            store(found.scale, at: scales)
            store(found.offset, at: offsets)
            for block in 0..<(count / superBlock) {
                let lane = block * 8
                let output = target + (first / superBlock + block) * blockBytes
                let factors =
                    importance == nil
                    ? storeScales(scales + lane, offsets + lane, at: output)
                    : storeScales(
                        scales + lane, offsets + lane, weights: weightSums, lane: lane, clamps: clampsWeightedScales,
                        at: output)
                validity.check(
                    isFinite(half: factors.scale) && isFinite(half: factors.offset), block: first / superBlock + block)
                for part in 0..<8 {
                    let (scale, offset) = scaleAndOffset(part, output + 4)
                    let step = float(half: factors.scale) * Float(scale)
                    let place = levels + part * subBlock
                    guard step != 0 else {
                        for element in 0..<subBlock {
                            place[element] = UInt8(found.level(transposed[element])[lane + part])
                        }
                        continue
                    }
                    requantize(
                        group + (lane + part) * subBlock, count: subBlock, scale: step,
                        offset: float(half: factors.offset) * Float(offset), from: 0,
                        to: Int32(search.topLevel), into: place)
                }
                pack(levels, (output + 16).assumingMemoryBound(to: UInt8.self))
            }
        }
    }
    return validity.firstInvalid
}

/// Weights of a search without an importance matrix: magnitude plus the sub-block's root mean square.
@inline(never)
private func weighByDeviation(
    _ values: UnsafePointer<Lanes>, count: Int, into weights: UnsafeMutablePointer<Lanes>
) {
    var squares = Lanes()
    for element in 0..<count { squares += values[element] * values[element] }
    let rootMeanSquare = (squares / Lanes(repeating: Float(count))).squareRoot()
    for element in 0..<count { weights[element] = rootMeanSquare + magnitude(values[element]) }
}

/// Stores scales and minima as multiples of their largest.
@inline(never)
private func storeScales(
    _ scales: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>, at output: UnsafeMutableRawPointer
) -> (scale: UInt16, offset: UInt16) {
    var (topScale, topOffset): (Float, Float) = (0, 0)
    for part in 0..<8 {
        if scales[part] > topScale { topScale = scales[part] }
        if offsets[part] > topOffset { topOffset = offsets[part] }
    }
    let inverseScale = topScale > 0 ? 63 / topScale : 0
    let inverseOffset = topOffset > 0 ? 63 / topOffset : 0
    for part in 0..<8 {
        let scale = min(63, UInt8(truncatingIfNeeded: nearestInteger(inverseScale * scales[part])))
        let offset = min(63, UInt8(truncatingIfNeeded: nearestInteger(inverseOffset * offsets[part])))
        storeScaleAndOffset(part, scale, offset, output + 4)
    }
    return storeFactors(topScale / 63, topOffset / 63, at: output)
}

/// Stores scales and minima as multiples of the steps that fit them best.
@inline(never)
private func storeScales(
    _ scales: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>, weights: Lanes, lane: Int, clamps: Bool,
    at output: UnsafeMutableRawPointer
) -> (scale: UInt16, offset: UInt16) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: laneCount) { sums in
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { levels in
            guard let sums = sums.baseAddress, let levels = levels.baseAddress else { return (0, 0) }
            store(weights, at: sums)
            let scale = fitPositive(scales, weights: sums + lane, count: 8, topLevel: 63, levels: levels)
            let offset = fitPositive(offsets, weights: sums + lane, count: 8, topLevel: 63, levels: levels + 8)
            let top: UInt8 = clamps ? 63 : 255
            for part in 0..<8 {
                storeScaleAndOffset(part, min(top, levels[part]), min(top, levels[8 + part]), output + 4)
            }
            return storeFactors(scale, offset, at: output)
        }
    }
}

@inline(__always)
private func storeFactors(
    _ scale: Float, _ offset: Float, at output: UnsafeMutableRawPointer
) -> (scale: UInt16, offset: UInt16) {
    let factors = (scale: half(scale), offset: half(offset))
    output.storeBytes(of: factors.scale.littleEndian, as: UInt16.self)
    output.storeBytes(of: factors.offset.littleEndian, toByteOffset: 2, as: UInt16.self)
    return factors
}

/// Puts a scale and a minimum of 6 bits into the twelve bytes: parts 0 to 3 have bytes of their own for their low
/// bits, parts 4 to 7 share a byte and keep their two high bits above those of the others.
@inline(__always)
private func storeScaleAndOffset(_ part: Int, _ scale: UInt8, _ offset: UInt8, _ output: UnsafeMutableRawPointer) {
    let bytes = output.assumingMemoryBound(to: UInt8.self)
    if part < 4 {
        bytes[part] = scale
        bytes[part + 4] = offset
    } else {
        bytes[part + 4] = (scale & 15) | (offset & 15) << 4
        bytes[part - 4] |= (scale >> 4) << 6
        bytes[part] |= (offset >> 4) << 6
    }
}

/// Reads what ``storeScaleAndOffset`` wrote.
@inline(__always)
private func scaleAndOffset(_ part: Int, _ output: UnsafeMutableRawPointer) -> (scale: UInt8, offset: UInt8) {
    let bytes = output.assumingMemoryBound(to: UInt8.self)
    guard part >= 4 else { return (bytes[part] & 63, bytes[part + 4] & 63) }
    return (
        (bytes[part + 4] & 15) | (bytes[part - 4] >> 6) << 4, (bytes[part + 4] >> 4) | (bytes[part] >> 6) << 4
    )
}
