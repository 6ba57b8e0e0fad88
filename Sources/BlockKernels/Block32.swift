/// The common part of Q4_0, Q4_1, Q5_0 and Q5_1: blocks of 32 with factors of binary16 and 4 or 5 bits a value.

/// The values of a block.
let block32 = 32

/// Where a block's parts are: factors, then the fifth bits where there are any, then four bits a value.
struct Block32Layout {
    /// Bits of a value: 4 or 5.
    let bits: Int
    /// Whether a minimum follows the scale.
    let hasMinimum: Bool

    var factorBytes: Int { hasMinimum ? 4 : 2 }
    var blockBytes: Int { factorBytes + (bits == 5 ? 4 : 0) + 16 }
    var topLevel: Float { bits == 5 ? 31 : 15 }

    /// Writes the codes of a block.
    @inline(__always)
    func pack(_ codes: UnsafePointer<UInt8>, into block: UnsafeMutableRawPointer) {
        var place = factorBytes
        if bits == 5 {
            var high: UInt32 = 0
            for index in 0..<block32 { high |= UInt32(codes[index] >> 4) << UInt32(index) }
            block.storeBytes(of: high.littleEndian, toByteOffset: place, as: UInt32.self)
            place += 4
        }
        let low = (block + place).assumingMemoryBound(to: UInt8.self)
        for index in 0..<16 { low[index] = (codes[index] & 15) | codes[index + 16] << 4 }
    }
}

/// Codes by rounding to the nearest multiple of the scale.
///
/// `range` gets sixteen blocks and returns each one's scale and what is subtracted from its values; the code is the
/// integer part of `(x - base) / scale + center`, at most `topLevel`.
@inline(__always)
func encodeNearest(
    _ values: UnsafePointer<Float>, rows: Int, rowElements: Int, target: UnsafeMutableRawPointer,
    layout: Block32Layout, center: Float,
    range: (UnsafePointer<Lanes>) -> (scale: Lanes, base: Lanes)
) -> Int {
    var validity = Validity()
    withScratch(vectors: block32 + 2, bytes: block32) { transposed, codes in
        let (scales, bases) = (floats(transposed + block32), floats(transposed + block32 + 1))
        forEachGroup(
            values, rows: rows, rowElements: rowElements, importance: nil, length: laneCount * block32
        ) { group, _, first, count in
            transpose(group, count: block32, into: transposed)
            let range = range(transposed)
            store(range.scale, at: scales)
            store(range.base, at: bases)
            for lane in 0..<(count / block32) {
                let number = first / block32 + lane
                let block = target + number * layout.blockBytes
                let (scale, base) = (scales[lane], bases[lane])
                let isValid = storeFactors(scale, base, hasMinimum: layout.hasMinimum, at: block)
                validity.check(isValid, block: number)
                let inverse = scale != 0 ? 1 / scale : 0
                let source = group + lane * block32
                // The reference's conversion of an infinity, which a subnormal scale leads to, gives zero.
                if inverse.isInfinite {
                    for index in 0..<block32 { codes[index] = 0 }
                } else {
                    for index in 0..<block32 {
                        let code = Int32((source[index] - base) * inverse + center)
                        codes[index] = UInt8(truncatingIfNeeded: min(Int32(layout.topLevel), code))
                    }
                }
                layout.pack(codes, into: block)
            }
        }
    }
    return validity.firstInvalid
}

/// Codes by a search for the scale and minimum that an importance matrix asks for.
///
/// `search` gets sixteen blocks, their weights, and room for 32 vectors that it fills with codes.
@inline(__always)
func encodeWeighted(
    _ values: UnsafePointer<Float>, rows: Int, rowElements: Int, importance: UnsafePointer<Float>,
    target: UnsafeMutableRawPointer, layout: Block32Layout,
    search: (UnsafePointer<Lanes>, UnsafePointer<Lanes>, UnsafeMutablePointer<Lanes>) -> (scale: Lanes, minimum: Lanes)
) -> Int {
    var validity = Validity()
    withScratch(vectors: 3 * block32 + 2, bytes: block32) { transposed, codes in
        let (weights, found) = (transposed + block32, transposed + 2 * block32)
        let (scales, minima) = (floats(transposed + 3 * block32), floats(transposed + 3 * block32 + 1))
        var (row, meanSquare): (Int, Float) = (-1, 0)
        forEachGroup(
            values, rows: rows, rowElements: rowElements, importance: importance, length: laneCount * block32
        ) { group, importance, first, count in
            guard let importance else { return }
            if first / rowElements != row {
                row = first / rowElements
                meanSquare = sumOfSquares(values + row * rowElements, count: rowElements) / Float(rowElements)
            }
            transpose(group, count: block32, into: transposed)
            _ = weigh(
                transposed, importance, count: block32, meanSquares: Lanes(repeating: meanSquare), into: weights)
            let result = search(transposed, weights, found)
            store(result.scale, at: scales)
            store(result.minimum, at: minima)
            for lane in 0..<(count / block32) {
                let number = first / block32 + lane
                let block = target + number * layout.blockBytes
                let isValid = storeFactors(scales[lane], minima[lane], hasMinimum: layout.hasMinimum, at: block)
                validity.check(isValid, block: number)
                for index in 0..<block32 { codes[index] = UInt8(found[index][lane]) }
                layout.pack(codes, into: block)
            }
        }
    }
    return validity.firstInvalid
}

@inline(__always)
private func storeFactors(
    _ scale: Float, _ minimum: Float, hasMinimum: Bool, at block: UnsafeMutableRawPointer
) -> Bool {
    let scaleHalf = half(scale)
    block.storeBytes(of: scaleHalf.littleEndian, as: UInt16.self)
    guard hasMinimum else { return isFinite(half: scaleHalf) }
    let minimumHalf = half(minimum)
    block.storeBytes(of: minimumHalf.littleEndian, toByteOffset: 2, as: UInt16.self)
    return isFinite(half: scaleHalf) && isFinite(half: minimumHalf)
}

/// Scale of blocks without a minimum: the element of largest magnitude gets level -n.
@inline(__always)
func encodeSymmetric32(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer, bits: Int
) -> Int {
    let layout = Block32Layout(bits: bits, hasMinimum: false)
    let bound: Float = bits == 5 ? 16 : 8
    guard let importance else {
        return encodeNearest(
            values, rows: rows, rowElements: rowElements, target: target, layout: layout, center: bound + 0.5
        ) { blocks in
            (largestMagnitude(blocks, count: block32).value / Lanes(repeating: -bound), Lanes())
        }
    }
    return encodeWeighted(
        values, rows: rows, rowElements: rowElements, importance: importance, target: target, layout: layout
    ) { blocks, weights, codes in
        let found = fitSymmetric(blocks, weights: weights, count: block32, levels: bound, products: codes)
        for element in 0..<block32 { codes[element] = found.code(blocks[element]) }
        return (found.scale, Lanes())
    }
}

/// Scale and minimum of blocks that have both: the range from the smallest to the largest value.
@inline(__always)
func encodeAffine32(
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer, bits: Int
) -> Int {
    let layout = Block32Layout(bits: bits, hasMinimum: true)
    guard let importance else {
        return encodeNearest(
            values, rows: rows, rowElements: rowElements, target: target, layout: layout, center: 0.5
        ) { blocks in
            var (low, high) = (blocks[0], blocks[0])
            for element in 1..<block32 {
                low = smaller(blocks[element], low)
                high = larger(blocks[element], high)
            }
            return ((high - low) / Lanes(repeating: layout.topLevel), low)
        }
    }
    let search = AffineSearch(
        topLevel: layout.topLevel, first: -0.9, step: 0.05, lastCandidate: 36, measure: .squares, clampsFirst: true)
    return encodeWeighted(
        values, rows: rows, rowElements: rowElements, importance: importance, target: target, layout: layout
    ) { blocks, weights, codes in
        let found = fit(search, blocks, weights: weights, count: block32, levels: codes)
        for element in 0..<block32 { codes[element] = found.level(blocks[element]) }
        return (found.scale, found.minimum)
    }
}
