/// Finds levels of sixteen sub-blocks one by one: llama.cpp's `make_q3_quants` with `do_rmse`.
///
/// Each element in turn gets the level that is best given the others, up to five times over. The halves of the lanes
/// go separately: the sooner a vector has settled, the sooner it is done.
///
/// Returns the scales. `codes` receives level + n, with levels from -n to n - 1; zero, which is not the code of level
/// zero, in sub-blocks with nothing above zero.
func refine(
    _ values: UnsafePointer<Lanes>, count: Int, levels bound: Int32, into codes: UnsafeMutablePointer<Lanes>
) -> Lanes {
    let (size, extreme) = largestMagnitude(values, count: count)
    let halves = UnsafeRawPointer(values).assumingMemoryBound(to: SIMD8<Float>.self)
    let results = UnsafeMutableRawPointer(codes).assumingMemoryBound(to: SIMD8<Float>.self)
    return Lanes(
        low: refineHalf(halves, count, size.low, extreme.low, bound, results),
        high: refineHalf(halves + 1, count, size.high, extreme.high, bound, results + 1))
}

/// Refines every second vector, and returns the scale.
@inline(never)
private func refineHalf(
    _ values: UnsafePointer<SIMD8<Float>>, _ count: Int, _ size: SIMD8<Float>, _ extreme: SIMD8<Float>, _ bound: Int32,
    _ levels: UnsafeMutablePointer<SIMD8<Float>>
) -> SIMD8<Float> {
    let zero = SIMD8<Float>()
    let isZero = size .< SIMD8(repeating: zeroThreshold)
    let inverse = Float(-bound) / extreme.replacing(with: 1, where: isZero)
    var (products, squares) = (zero, zero)
    for element in 0..<count {
        let value = values[2 * element]
        let level = nearestInteger(inverse * value, from: -bound, to: bound - 1)
        levels[2 * element] = level
        let weight = value * value
        products += weight * value * level
        squares += weight * level * level
    }
    for _ in 0..<5 {
        var hasChanged = SIMDMask<SIMD8<Int32>>(repeating: false)
        for element in 0..<count {
            let (value, level) = (values[2 * element], levels[2 * element])
            let weight = value * value
            let cube = weight * value
            // The sums without this element, and the level that is best with them.
            var otherProducts = products - cube * level
            var otherSquares = squares - weight * level * level
            let wanted = nearestInteger(value * otherSquares / otherProducts, from: -bound, to: bound - 1)
            let isNew = (otherProducts .> zero) .& (wanted .!= level)
            // Few levels change; what does not change need not wait for this element's arithmetic.
            guard isAnyLaneSet(isNew) else { continue }
            otherProducts += cube * wanted
            otherSquares += weight * wanted * wanted
            let isBetter =
                isNew .& (otherSquares .> zero)
                .& (otherProducts * otherProducts * squares .> products * products * otherSquares)
            levels[2 * element] = level.replacing(with: wanted, where: isBetter)
            products = products.replacing(with: otherProducts, where: isBetter)
            squares = squares.replacing(with: otherSquares, where: isBetter)
            hasChanged = hasChanged .| isBetter
        }
        // A lane that has not changed would not change again.
        guard isAnyLaneSet(hasChanged) else { break }
    }
    for element in 0..<count {
        levels[2 * element] = (levels[2 * element] + Float(bound)).replacing(with: zero, where: isZero)
    }
    let scale = zero.replacing(with: products / squares, where: squares .> zero)
    return scale.replacing(with: zero, where: isZero)
}
