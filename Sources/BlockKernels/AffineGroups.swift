/// Encodes groups of MLX's affine quantization: ``encodeAffineGroups(_:groups:groupElements:bits:codes:scales:biases:)``.
public typealias AffineEncoder =
    @Sendable (
        _ values: UnsafePointer<Float>, _ groups: Int, _ groupElements: Int, _ bits: Int,
        _ codes: UnsafeMutableRawPointer, _ scales: UnsafeMutablePointer<Float>, _ biases: UnsafeMutablePointer<Float>
    ) -> Int

/// The groups of MLX's affine quantization: consecutive values of a row with a scale and a bias, `x = scale * code +
/// bias`, and codes without a sign, the lowest bits first.
///
/// A code is the nearest integer, ties to even, to `(x - bias) / scale`, with the scale before it is rounded to the
/// type that it is stored in. The value of largest magnitude is the bias, and is exact before that rounding; the scale
/// has the sign that leads away from it, and divides it evenly, so that zero has a code of its own.
///
/// - Parameters:
///   - groups: The number of groups.
///   - groupElements: The values of a group, a multiple of 32.
///   - bits: Bits of a code: 2, 3, 4, 5, 6 or 8.
///   - codes: Room for `groups * groupElements * bits / 8` bytes.
///   - scales: Room for one float for each group, as it was before rounding.
///   - biases: The same.
/// - Returns: the first group with a scale or bias that is not finite, or a scale of zero; -1 for none.
public func encodeAffineGroups(
    _ values: UnsafePointer<Float>, groups: Int, groupElements: Int, bits: Int, codes: UnsafeMutableRawPointer,
    scales: UnsafeMutablePointer<Float>, biases: UnsafeMutablePointer<Float>
) -> Int {
    let groups = AffineGroups(values: values, groups: groups, groupElements: groupElements)
    // Known to the compiler, the number of bits turns shifts and masks into constants.
    switch bits {
    case 2: return groups.encode(bits: 2, codes, scales, biases)
    case 3: return groups.encode(bits: 3, codes, scales, biases)
    case 4: return groups.encode(bits: 4, codes, scales, biases)
    case 5: return groups.encode(bits: 5, codes, scales, biases)
    case 6: return groups.encode(bits: 6, codes, scales, biases)
    case 8: return groups.encode(bits: 8, codes, scales, biases)
    default: preconditionFailure("there are no codes of \(bits) bits")
    }
}

private struct AffineGroups {
    let values: UnsafePointer<Float>
    let groups: Int
    let groupElements: Int

    @inline(__always)
    func encode(
        bits: UInt64, _ codes: UnsafeMutableRawPointer, _ scales: UnsafeMutablePointer<Float>,
        _ biases: UnsafeMutablePointer<Float>
    ) -> Int {
        let levels = Float(UInt32(truncatingIfNeeded: (1 &<< bits) &- 1))
        var validity = Validity()
        var place = codes
        for number in 0..<groups {
            let group = UnsafeRawPointer(values + number * groupElements)
            let (scale, bias) = fit(group, levels: levels)
            scales[number] = scale
            biases[number] = bias
            validity.check(isFinite(scale) && scale != 0 && isFinite(bias), block: number)
            for start in stride(from: 0, to: groupElements, by: 8) {
                let eight = group.loadUnaligned(fromByteOffset: 4 * start, as: SIMD8<Float>.self)
                storeStream(levelsOf(eight, scale: scale, bias: bias, highest: levels), bits: bits, at: place)
                place += Int(bits)
            }
        }
        return validity.firstInvalid
    }

    /// Scale and bias of a group.
    @inline(__always)
    private func fit(_ group: UnsafeRawPointer, levels: Float) -> (scale: Float, bias: Float) {
        var smallest = group.loadUnaligned(as: SIMD8<Float>.self)
        var largest = smallest
        for start in stride(from: 8, to: groupElements, by: 8) {
            let eight = group.loadUnaligned(fromByteOffset: 4 * start, as: SIMD8<Float>.self)
            smallest = eight.replacing(with: smallest, where: smallest .< eight)
            largest = eight.replacing(with: largest, where: largest .> eight)
        }
        let (low, high) = (smallestLane(smallest), largestLane(largest))
        let range = (high - low) / levels
        // Smaller ranges are all alike.
        let step: Float = range < 1e-7 ? 1e-7 : range
        let isNegative = low.magnitude > high.magnitude
        let (first, extreme) = isNegative ? (step, low) : (-step, high)
        let level = nearest(extreme / first)
        return level == 0 ? (first, 0) : (extreme / level, extreme)
    }
}

/// The nearest integers to `(x - bias) / scale`, ties to even, from 0 to `highest`.
@inline(__always)
private func levelsOf(_ values: SIMD8<Float>, scale: Float, bias: Float, highest: Float) -> SIMD8<Int32> {
    let (lowest, highest) = (SIMD8<Float>(repeating: 0), SIMD8<Float>(repeating: highest))
    let quotients = (values - bias) / scale
    // Rounding keeps the order, so bounds that are integers may come first.
    let atLeast = quotients.replacing(with: lowest, where: quotients .< lowest)
    let within = atLeast.replacing(with: highest, where: atLeast .> highest)
    return unsafeBitCast(within + roundingBias, to: SIMD8<Int32>.self) & 0xFF
}

/// Stores eight codes one after the other, the lowest bits first.
///
/// Pairs of neighbours are joined, then pairs of pairs, then the two halves.
@inline(__always)
private func storeStream(_ codes: SIMD8<Int32>, bits: UInt64, at place: UnsafeMutableRawPointer) {
    let pairs = unsafeBitCast(codes, to: SIMD4<UInt64>.self)
    let joined = (pairs | pairs &>> (32 &- bits)) & ((1 &<< (2 &* bits)) &- 1)
    let low = joined[0] | joined[1] &<< (2 &* bits)
    let high = joined[2] | joined[3] &<< (2 &* bits)
    let word = (low | high &<< (4 &* bits)).littleEndian
    switch bits {
    case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: word), as: UInt16.self)
    case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: word), as: UInt32.self)
    case 8: place.storeBytes(of: word, as: UInt64.self)
    case 3:
        place.storeBytes(of: UInt16(truncatingIfNeeded: word), as: UInt16.self)
        place.storeBytes(of: UInt8(truncatingIfNeeded: word &>> 16), toByteOffset: 2, as: UInt8.self)
    case 5:
        place.storeBytes(of: UInt32(truncatingIfNeeded: word), as: UInt32.self)
        place.storeBytes(of: UInt8(truncatingIfNeeded: word &>> 32), toByteOffset: 4, as: UInt8.self)
    default:
        place.storeBytes(of: UInt32(truncatingIfNeeded: word), as: UInt32.self)
        place.storeBytes(of: UInt16(truncatingIfNeeded: word &>> 32), toByteOffset: 4, as: UInt16.self)
    }
}

/// The nearest integer, ties to even; from 2^23 on every float is one.
@inline(__always)
private func nearest(_ value: Float) -> Float {
    guard value.magnitude < 0x1p23 else { return value }
    let bias: Float = value < 0 ? -0x1p23 : 0x1p23
    return (value + bias) - bias
}

@inline(__always)
private func isFinite(_ value: Float) -> Bool { value.bitPattern & 0x7F80_0000 != 0x7F80_0000 }
