/// What a search over scales found for sixteen sub-blocks: `x ~ scale * level`, with levels from -n to n - 1.
struct SymmetricFit {
    /// The step between levels, negative where the largest magnitude is positive.
    var scale: Lanes
    /// Lanes with nothing above zero; their codes are zero, which is not the code of level zero.
    fileprivate let zero: LaneMask
    /// The candidate that won: its levels are the nearest integers to `inverse * x`.
    fileprivate var inverse: Lanes
    fileprivate let bound: Float

    /// The code (level + n) that the search chose for an element, for each of the sub-blocks.
    @inline(__always)
    func code(_ values: Lanes) -> Lanes {
        let level = smaller(
            larger(rounded(inverse * values), Lanes(repeating: -bound)), Lanes(repeating: bound - 1))
        return select(zero, Lanes(), level + Lanes(repeating: bound))
    }
}

/// Sub-blocks without a magnitude from here on count as zero.
let zeroThreshold: Float = 1e-15

/// The element of largest magnitude in each sub-block, the first where several are.
@inline(__always)
func largestMagnitude(_ values: UnsafePointer<Lanes>, count: Int) -> (magnitude: Lanes, value: Lanes) {
    var (largest, value) = (Lanes(), Lanes())
    for element in 0..<count {
        let size = magnitude(values[element])
        let isLarger = size .> largest
        largest = select(isLarger, size, largest)
        value = select(isLarger, values[element], value)
    }
    return (largest, value)
}

/// The number of largest magnitude, the first where several are; zero where all are.
@inline(never)
func largestMagnitude(_ values: UnsafePointer<Float>, count: Int) -> Float {
    var extreme: Float = 0
    for index in 0..<count where values[index].magnitude > extreme.magnitude { extreme = values[index] }
    return extreme
}

/// Finds the scale of sixteen sub-blocks: llama.cpp's `make_qx_quants` with `rmse_type` 1.
///
/// `levels` is n. Candidates are `-(n + index / 10) / x`, where x is the element of largest magnitude and index goes
/// from -9 to 9; for each the best scale follows by weighted least squares.
/// - Parameter products: Room for `count` vectors.
@inline(never)
func fitSymmetric(
    _ values: UnsafePointer<Lanes>, weights: UnsafePointer<Lanes>, count: Int, levels bound: Float,
    products: UnsafeMutablePointer<Lanes>
) -> SymmetricFit {
    var (size, extreme) = largestMagnitude(values, count: count)
    let isZero = size .< Lanes(repeating: zeroThreshold)
    extreme = select(isZero, Lanes(repeating: 1), extreme)
    for element in 0..<count { products[element] = weights[element] * values[element] }

    var inverse = Lanes(repeating: -bound) / extreme
    var best = SymmetricSums()
    sum(&best, values, weights, products, count, inverse, bound, .above)
    var bestInverse = inverse
    let zero = Lanes()
    var scale = select(best.squares .== zero, zero, best.products / best.squares)
    var merit = scale * best.products
    for index in -9...9 where index != 0 {
        inverse = Lanes(repeating: -(bound + 0.1 * Float(index))) / extreme
        var sums = SymmetricSums()
        // |inverse * x| is at most n + index / 10, to half a unit in the last place.
        if index < -5 {
            sum(&sums, values, weights, products, count, inverse, bound, .none)
        } else if index < 5 {
            sum(&sums, values, weights, products, count, inverse, bound, .above)
        } else {
            sum(&sums, values, weights, products, count, inverse, bound, .both)
        }
        let wins = (sums.squares .> zero) .& (sums.products * sums.products .> merit * sums.squares)
        guard wins.isAnySet else { continue }
        bestInverse = select(wins, inverse, bestInverse)
        scale = select(wins, sums.products / sums.squares, scale)
        merit = select(wins, scale * sums.products, merit)
    }
    return SymmetricFit(scale: select(isZero, zero, scale), zero: isZero, inverse: bestInverse, bound: bound)
}

private struct SymmetricSums {
    /// Sum of weight x value x level.
    var products = Lanes()
    /// Sum of weight x level^2.
    var squares = Lanes()
}

private enum Clamp { case none, above, both }

@inline(__always)
private func sum(
    _ sums: inout SymmetricSums, _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>,
    _ products: UnsafePointer<Lanes>, _ count: Int, _ inverse: Lanes, _ bound: Float, _ clamp: Clamp
) {
    for element in 0..<count {
        var level = rounded(inverse * values[element])
        if clamp == .both { level = larger(level, Lanes(repeating: -bound)) }
        if clamp != .none { level = smaller(level, Lanes(repeating: bound - 1)) }
        sums.products += products[element] * level
        sums.squares += (weights[element] * level) * level
    }
}
