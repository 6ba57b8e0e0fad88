/// What a search over scales and minima found for sixteen sub-blocks: `x ~ scale * level + minimum`.
struct AffineFit {
    /// The step between levels.
    var scale: Lanes
    /// The value of level zero, never positive.
    var minimum: Lanes
    /// Lanes whose values are all the same, whose levels are zero.
    fileprivate let flat: LaneMask
    /// The candidate that won: its levels are the nearest integers to `inverse * (x - base)`.
    fileprivate var inverse: Lanes
    fileprivate var base: Lanes
    /// Lanes in which a candidate that clamps first has won.
    fileprivate var clamped: LaneMask
    fileprivate let topLevel: Float

    /// What is subtracted: the minimum with its sign changed, zeros too.
    var offset: Lanes { negated(minimum) }

    /// The level that the search chose for an element, for each of the sub-blocks.
    @inline(never)
    func level(_ values: Lanes) -> Lanes {
        let scaled = inverse * (values - base)
        let found = select(
            clamped, levelOf(scaled, topLevel, .clampingFirst), levelOf(scaled, topLevel, .exact))
        return select(flat, Lanes(), found)
    }
}

/// The search's parameters: candidates are `(topLevel + first + index * step) / range`.
struct AffineSearch {
    enum Measure { case squares, magnitudes }

    /// The highest level, 2^bits - 1.
    let topLevel: Float
    let first: Float
    let step: Float
    /// The index of the last candidate.
    let lastCandidate: Int
    let measure: Measure
    /// Whether values beyond the levels are clamped before rounding rather than after.
    let clampsFirst: Bool
}

/// Finds scale and minimum of sixteen sub-blocks: llama.cpp's `make_qkx2_quants`, and `make_qkx3_quants` where
/// `clampsFirst` is set.
///
/// Each candidate scale gives levels; the best scale and minimum for these levels follow by weighted least squares,
/// and replace the best so far where the weighted error is smaller. The minimum that won is the base of the
/// candidates that follow.
///
/// - Parameter levels: Room for `count` vectors.
func fit(
    _ search: AffineSearch, _ values: UnsafePointer<Lanes>, weights: UnsafePointer<Lanes>, count: Int,
    levels: UnsafeMutablePointer<Lanes>
) -> AffineFit {
    switch (search.measure, search.clampsFirst) {
    case (.squares, true): fitClampingFirst(search, values, weights, count, levels)
    case (.squares, false): fitSquares(search, values, weights, count, levels)
    case (.magnitudes, _): fitMagnitudes(search, values, weights, count, levels)
    }
}

// Each kind of search is compiled for itself: what differs stands in the innermost loops.

@inline(never)
private func fitSquares(
    _ search: AffineSearch, _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int,
    _ levels: UnsafeMutablePointer<Lanes>
) -> AffineFit {
    fit(search, values, weights, count, levels, measure: .squares, clampsFirst: false)
}

@inline(never)
private func fitMagnitudes(
    _ search: AffineSearch, _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int,
    _ levels: UnsafeMutablePointer<Lanes>
) -> AffineFit {
    fit(search, values, weights, count, levels, measure: .magnitudes, clampsFirst: false)
}

@inline(never)
private func fitClampingFirst(
    _ search: AffineSearch, _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int,
    _ levels: UnsafeMutablePointer<Lanes>
) -> AffineFit {
    fit(search, values, weights, count, levels, measure: .squares, clampsFirst: true)
}

@inline(__always)
private func fit(
    _ search: AffineSearch, _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int,
    _ levels: UnsafeMutablePointer<Lanes>, measure: AffineSearch.Measure, clampsFirst: Bool
) -> AffineFit {
    let zero = Lanes()
    var (low, high) = (values[0], values[0])
    var weightSum = weights[0]
    var valueSum = weightSum * values[0]
    for element in 1..<count {
        let (value, weight) = (values[element], weights[element])
        low = smaller(value, low)
        high = larger(value, high)
        weightSum += weight
        valueSum += weight * value
    }
    let lowest = select(low .> zero, zero, low)
    let flat = high .== lowest
    // Flat lanes get a range of one, so that they do not send the others down the slow path.
    high = select(flat, lowest + Lanes(repeating: 1), high)
    var minimum = lowest
    var inverse = Lanes(repeating: search.topLevel) / (high - minimum)
    var scale = Lanes(repeating: 1) / inverse
    var error = firstError(
        values, weights, count, inverse, scale, minimum, search.topLevel, measure,
        rounding(inverse, minimum, low, high))
    var (bestInverse, bestBase, won) = (inverse, minimum, LaneMask())

    for candidate in 0...search.lastCandidate {
        let numerator = search.first + search.step * Float(candidate) + search.topLevel
        inverse = Lanes(repeating: numerator) / (high - minimum)
        let sums = candidateSums(
            values, weights, count, levels, inverse, minimum, search.topLevel,
            clampsFirst ? .clampingFirst : rounding(inverse, minimum, low, high))
        let determinant = weightSum * sums.squares - sums.levels * sums.levels
        let isSolvable = determinant .> zero
        guard isSolvable.isAnySet else { continue }
        var newScale = (weightSum * sums.products - valueSum * sums.levels) / determinant
        var newMinimum = (sums.squares * valueSum - sums.levels * sums.products) / determinant
        let isAbove = newMinimum .> zero
        newMinimum = select(isAbove, zero, newMinimum)
        newScale = select(isAbove, sums.products / sums.squares, newScale)
        var newError = zero
        for element in 0..<count {
            let difference = newScale * levels[element] + newMinimum - values[element]
            newError += weights[element] * measured(difference, measure)
        }
        let wins = isSolvable .& (newError .< error)
        guard wins.isAnySet else { continue }
        bestInverse = select(wins, inverse, bestInverse)
        bestBase = select(wins, minimum, bestBase)
        won = won .| wins
        error = select(wins, newError, error)
        scale = select(wins, newScale, scale)
        minimum = select(wins, newMinimum, minimum)
    }
    return AffineFit(
        scale: select(flat, zero, scale), minimum: select(flat, lowest, minimum), flat: flat, inverse: bestInverse,
        base: bestBase, clamped: clampsFirst ? won : LaneMask(), topLevel: search.topLevel)
}

private struct CandidateSums {
    /// Sum of weight x level.
    var levels = Lanes()
    /// Sum of weight x level^2.
    var squares = Lanes()
    /// Sum of weight x level x value.
    var products = Lanes()
}

/// How scaled values become levels; all agree where the values are within the levels.
private enum Rounding {
    /// Round, then clamp; for values in range.
    case plain
    /// Round, then clamp; what is out of range wraps as the reference's integers do.
    case exact
    /// Clamp, then round.
    case clampingFirst
}

/// The cheapest rounding that is right for all values between `low` and `high`.
@inline(__always)
private func rounding(_ inverse: Lanes, _ minimum: Lanes, _ low: Lanes, _ high: Lanes) -> Rounding {
    let limit = Lanes(repeating: roundingRange)
    let isPlain =
        (magnitude(inverse * (low - minimum)) .< limit) .& (magnitude(inverse * (high - minimum)) .< limit)
    return (.!isPlain).isAnySet ? .exact : .plain
}

@_transparent
private func levelOf(_ values: Lanes, _ topLevel: Float, _ rounding: Rounding) -> Lanes {
    let (zero, top) = (Lanes(), Lanes(repeating: topLevel))
    switch rounding {
    case .plain: return smaller(larger(rounded(values), zero), top)
    case .exact: return nearestInteger(values, from: 0, to: Int32(topLevel))
    case .clampingFirst: return rounded(select(values .> zero, smaller(values, top), zero))
    }
}

@inline(__always)
private func candidateSums(
    _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int,
    _ levels: UnsafeMutablePointer<Lanes>, _ inverse: Lanes, _ minimum: Lanes, _ topLevel: Float, _ rounding: Rounding
) -> CandidateSums {
    var sums = CandidateSums()
    for element in 0..<count {
        let value = values[element]
        let level = levelOf(inverse * (value - minimum), topLevel, rounding)
        levels[element] = level
        let weighted = weights[element] * level
        sums.levels += weighted
        sums.squares += weighted * level
        sums.products += weighted * value
    }
    return sums
}

@inline(__always)
private func firstError(
    _ values: UnsafePointer<Lanes>, _ weights: UnsafePointer<Lanes>, _ count: Int, _ inverse: Lanes, _ scale: Lanes,
    _ minimum: Lanes, _ topLevel: Float, _ measure: AffineSearch.Measure, _ rounding: Rounding
) -> Lanes {
    var error = Lanes()
    for element in 0..<count {
        let value = values[element]
        let difference = scale * levelOf(inverse * (value - minimum), topLevel, rounding) + minimum - value
        error += weights[element] * measured(difference, measure)
    }
    return error
}

@_transparent
private func measured(_ difference: Lanes, _ measure: AffineSearch.Measure) -> Lanes {
    switch measure {
    case .squares: difference * difference
    case .magnitudes: magnitude(difference)
    }
}
