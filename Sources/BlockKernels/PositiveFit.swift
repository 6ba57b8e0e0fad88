/// Finds integers and the step for a few positive numbers: llama.cpp's `make_qp_quants`.
///
/// Used for the scales and minima of a super-block when an importance matrix weighs them. Fills `levels`, from 0 to
/// `topLevel`, and returns the step.
@inline(never)
func fitPositive(
    _ values: UnsafePointer<Float>, weights: UnsafePointer<Float>, count: Int, topLevel: Int32,
    levels: UnsafeMutablePointer<UInt8>
) -> Float {
    var largest: Float = 0
    for index in 0..<count where !(largest > values[index]) { largest = values[index] }
    guard !(largest < zeroThreshold) else {
        for index in 0..<count { levels[index] = 0 }
        return 0
    }
    let top = Float(topLevel)
    var inverse = top / largest
    var leastError: Float = 0
    let firstScale = 1 / inverse
    for index in 0..<count {
        let level = UInt8(truncatingIfNeeded: nearestInteger(inverse * values[index]))
        let difference = values[index] - firstScale * Float(level)
        leastError += weights[index] * difference * difference
    }
    for step in -4...4 where step != 0 {
        let candidate = (0.1 * Float(step) + top) / largest
        let scale = 1 / candidate
        var error: Float = 0
        for index in 0..<count {
            let level = min(topLevel, nearestInteger(candidate * values[index]))
            let difference = values[index] - scale * Float(level)
            error += weights[index] * difference * difference
        }
        if error < leastError { (leastError, inverse) = (error, candidate) }
    }
    var (products, squares): (Float, Float) = (0, 0)
    for index in 0..<count {
        let level = min(topLevel, nearestInteger(inverse * values[index]))
        levels[index] = UInt8(truncatingIfNeeded: level)
        products += weights[index] * values[index] * Float(level)
        squares += weights[index] * Float(level) * Float(level)
    }
    for _ in 0..<5 {
        var hasChanged = false
        for index in 0..<count {
            let (value, weight, level) = (values[index], weights[index], Float(levels[index]))
            var otherProducts = products - weight * value * level
            var otherSquares = squares - weight * level * level
            guard otherProducts > 0, otherSquares > 0 else { continue }
            let wanted = min(topLevel, nearestInteger(value * otherSquares / otherProducts))
            guard wanted != Int32(levels[index]) else { continue }
            otherProducts += weight * value * Float(wanted)
            otherSquares += weight * Float(wanted) * Float(wanted)
            guard otherProducts * otherProducts * squares > products * products * otherSquares else { continue }
            levels[index] = UInt8(truncatingIfNeeded: wanted)
            (products, squares) = (otherProducts, otherSquares)
            hasChanged = true
        }
        guard hasChanged else { break }
    }
    return squares > 0 ? products / squares : 0
}
