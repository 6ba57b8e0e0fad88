/// The newest points of a stretch without a shift, and where they could best be split in two.
struct ShiftWindow {
    /// The points, in order, and sorted.
    private(set) var values: [Double] = []
    private var sorted: [Double] = []

    init() {}

    /// A window of points that were kept.
    init(_ values: [Double]) {
        self.values = values
        sorted = values.sorted()
    }

    /// Adds a point; the oldest that it takes the place of, nil where there was room.
    @discardableResult
    mutating func append(_ value: Double) -> Double? {
        var oldest: Double?
        if values.count == ChangePoints.window {
            let first = values.removeFirst()
            sorted.remove(at: Self.place(of: first, in: sorted))
            oldest = first
        }
        sorted.insert(value, at: Self.place(of: value, in: sorted))
        values.append(value)
        return oldest
    }

    /// Whether a split of the points is a shift: its place, as a position among them; nil where there is none.
    var shift: Int? {
        guard let split, split.squaredT > Critical.squares[values.count - 2] else { return nil }
        return split.place
    }

    /// The split of the window with the largest |t|, as a position in it; nil where there is none.
    var split: (place: Int, squaredT: Double)? {
        guard values.count >= 4, sorted[0] < sorted[sorted.count - 1] else { return nil }
        let (low, high) = clip
        let middle = sorted[sorted.count / 2]
        let total = values.count
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: total) { sums in
            var sum = 0.0
            var squares = 0.0
            for (place, value) in values.enumerated() {
                sums[place] = sum
                let clipped = min(max(value, low), high) - middle
                sum += clipped
                squares += clipped * clipped
            }
            // |t| rises with the sum of squares between the two sides, so only the largest is needed.
            let mean = sum / Double(total)
            var best = (between: 0.0, place: 0)
            SplitWeights.of(total).withUnsafeBufferPointer { weights in
                for place in 2..<(total - 1) {
                    let difference = sums[place] - mean * Double(place)
                    let between = difference * difference * weights[place]
                    if between > best.between { best = (between, place) }
                }
            }
            let within = squares - sum * mean - best.between
            // Rounding leaves a little of what is 0.
            let noise = max(within, 1e-14 * squares) / Double(total - 2)
            return best.place > 0 ? (best.place, best.between / noise) : nil
        }
    }

    /// Where values are clipped.
    private var clip: (low: Double, high: Double) {
        guard sorted.count >= ChangePoints.firstClipped else { return (-.infinity, .infinity) }
        let median = sorted[sorted.count / 2]
        let quarter = sorted.count / 4
        // Half of the points lie between the quartiles, so the middle deviation is no less than the nearer one's.
        let least = min(median - sorted[quarter], sorted[sorted.count - 1 - quarter] - median)
        let farthest = max(median - sorted[0], sorted[sorted.count - 1] - median)
        guard farthest > ChangePoints.clipReach * 1.4826 * least else { return (-.infinity, .infinity) }
        // The deviations in ascending order, from the median outwards, up to the middle one.
        var (below, above) = (sorted.count / 2, sorted.count / 2 + 1)
        var deviation = 0.0
        for _ in 0...(sorted.count / 2) {
            let toLow = below >= 0 ? median - sorted[below] : .infinity
            let toHigh = above < sorted.count ? sorted[above] - median : .infinity
            deviation = min(toLow, toHigh)
            if toLow <= toHigh { below -= 1 } else { above += 1 }
        }
        guard deviation > 0 else { return (-.infinity, .infinity) }
        let reach = ChangePoints.clipReach * 1.4826 * deviation
        return (median - reach, median + reach)
    }

    /// The first place at which a value fits into ascending ones.
    private static func place(of value: Double, in sorted: [Double]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What the squared distance of a partial sum from its expectation is multiplied by, for the sum of squares between the
/// two sides of a split: n / (k (n - k)). Divisions took half of the time of a trend.
private enum SplitWeights {
    /// Those of each place in so many points.
    static func of(_ total: Int) -> [Double] { table[total] }

    private static let table = (0...ChangePoints.window).map { total in
        (0..<total).map { (place: Int) -> Double in Double(total) / Double(max(1, place) * (total - place)) }
    }
}

/// The squares of Student's t beyond which a split is a shift, by degrees of freedom.
private enum Critical {
    static let squares: [Double] = (0...ChangePoints.window).map { degrees in
        guard degrees > 0 else { return .infinity }
        let t = StudentT.quantile(1 - ChangePoints.level / 2, degreesOfFreedom: Double(degrees))
        return t * t
    }
}
