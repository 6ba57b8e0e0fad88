/// Weights of a search with an importance matrix: importance x sqrt(factor x mean square of the super-block + x^2).
///
/// Returns each sub-block's sum of weights.
/// - Parameters:
///   - group: The values in their order, of which `transposed` is the transposition.
///   - importance: The columns' weights, in the order of `group`.
///   - count: The elements of a sub-block.
///   - blocksPerGroup: The number of super-blocks that the lanes come from: one or two.
@inline(never)
func weigh(
    _ group: UnsafePointer<Float>, _ transposed: UnsafePointer<Lanes>, _ importance: UnsafePointer<Float>,
    count: Int, factor: Float, blocksPerGroup: Int, into weights: UnsafeMutablePointer<Lanes>
) -> Lanes {
    var meanSquares = Lanes()
    let length = laneCount * count / blocksPerGroup
    for block in 0..<blocksPerGroup {
        let meanSquare = factor * sumOfSquares(group + block * length, count: length) / Float(length)
        if block == 0 { meanSquares.low = SIMD8(repeating: meanSquare) }
        if block == blocksPerGroup - 1 { meanSquares.high = SIMD8(repeating: meanSquare) }
    }
    return weigh(transposed, importance, count: count, meanSquares: meanSquares, into: weights)
}

/// Weights of a search with an importance matrix, for mean squares that are known.
@inline(never)
func weigh(
    _ transposed: UnsafePointer<Lanes>, _ importance: UnsafePointer<Float>, count: Int, meanSquares: Lanes,
    into weights: UnsafeMutablePointer<Lanes>
) -> Lanes {
    transpose(importance, count: count, into: weights)
    var sums = Lanes()
    for element in 0..<count {
        let value = transposed[element]
        let weight = weights[element] * (meanSquares + value * value).squareRoot()
        weights[element] = weight
        sums += weight
    }
    return sums
}

/// The sum in the order of the values, as the reference adds.
@inline(never)
func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Float {
    var sum: Float = 0
    for index in 0..<count { sum += values[index] * values[index] }
    return sum
}
