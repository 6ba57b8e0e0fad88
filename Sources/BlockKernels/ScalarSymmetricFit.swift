/// Finds integers and the step for the scales of a super-block: ``fitSymmetric`` for a single group of numbers.
///
/// Fills `codes` with level + `bound`; returns the step.
@inline(never)
func fitScales(
    _ values: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, levels bound: Float,
    into codes: UnsafeMutablePointer<Float>
) -> Float {
    let extreme = largestMagnitude(values, count: count)
    guard !(extreme.magnitude < zeroThreshold) else {
        for index in 0..<count { codes[index] = 0 }
        return 0
    }
    func level(_ value: Float, _ inverse: Float) -> Float {
        Float(max(-Int32(bound), min(Int32(bound) - 1, nearestInteger(inverse * value))))
    }
    func sums(_ inverse: Float) -> (products: Float, squares: Float) {
        var (products, squares): (Float, Float) = (0, 0)
        for index in 0..<count {
            let level = level(values[index], inverse)
            products += weights[index] * values[index] * level
            squares += weights[index] * level * level
        }
        return (products, squares)
    }
    var inverse = -bound / extreme
    let first = sums(inverse)
    var scale = first.squares == 0 ? 0 : first.products / first.squares
    var merit = scale * first.products
    for index in -9...9 where index != 0 {
        let candidate = -(bound + 0.1 * Float(index)) / extreme
        let sums = sums(candidate)
        guard sums.squares > 0, sums.products * sums.products > merit * sums.squares else { continue }
        inverse = candidate
        scale = sums.products / sums.squares
        merit = scale * sums.products
    }
    for index in 0..<count { codes[index] = level(values[index], inverse) + bound }
    return scale
}
