/// Where the level of a series of measurements shifted, told run by run: what an observer would have known at each.
///
/// After each point the points since the last shift, the newest ``window`` of them, are split in two at every place that
/// leaves two on each side. The largest |t| of Student's two-sample test with pooled variance raises an alarm when it
/// exceeds the quantile of level ``level`` for as many degrees of freedom; the shift is then at that split, and all goes
/// on from there. The level is calibrated by simulation: with Gaussian noise and no shift, at most one alarm in 1,000
/// points. From ``firstClipped`` points on, values further than ``clipReach`` robust standard deviations (1.4826 MAD)
/// from the median count as that far, so that one outlier is no shift.
///
/// Values that are equal to the last bit come from deterministic measurements, or from samples that were read from
/// history: there is no noise then, and the first value that differs from at least ``constantRun`` equal ones is a shift
/// at once, as is the next that differs from it. docs/history.md has the figures.
public enum ChangePoints {
    /// The most points that a new one is compared with.
    package static let window = 100
    /// Two-sided level of each t test.
    package static let level = 1e-4
    /// Points from which on outliers are clipped.
    package static let firstClipped = 12
    /// Where they are clipped, in robust standard deviations.
    package static let clipReach = 3.0
    /// Equal values that show that there is no noise.
    package static let constantRun = 3

    /// A shift, and when it was known.
    package struct Alarm: Hashable {
        /// The first point with the new level.
        package var shift: Int
        /// The point after which it was known.
        package var known: Int
    }

    /// The shifts of a series, oldest first; nil when a value is not finite.
    public static func shifts(in values: [Double]) -> [Trend.Shift]? {
        guard let alarms = alarms(in: values) else { return nil }
        let starts = [0] + alarms.map(\.shift)
        let ends = alarms.map(\.shift) + [values.count]
        let levels = zip(starts, ends).map { Level(values[$0..<$1]) }
        return alarms.indices.map { index in
            let (before, after) = (levels[index], levels[index + 1])
            let degrees = Double(max(1, before.count + after.count - 2))
            return Trend.Shift(
                index: alarms[index].shift, before: before.mean, after: after.mean,
                noise: ((before.squares + after.squares) / degrees).squareRoot())
        }
    }

    /// The shifts, and when each was known; nil when a value is not finite.
    package static func alarms(in values: [Double]) -> [Alarm]? {
        guard values.allSatisfy(\.isFinite) else { return nil }
        var alarms: [Alarm] = []
        var segment = Segment(start: 0, followsConstant: false)
        for (index, value) in values.enumerated() {
            if let start = segment.shift(byAdding: value, at: index) {
                alarms.append(Alarm(shift: start, known: index))
                let isConstant = segment.isConstant(before: start)
                segment = Segment(start: start, followsConstant: isConstant)
                for value in values[start...index] { segment.append(value) }
            }
        }
        return alarms
    }

    /// The split of a series without shifts that has the largest |t|, that t, and the probability of one at least as
    /// large at this split; nil where there is none.
    package static func largestSplit(of values: [Double]) -> (place: Int, t: Double, p: Double)? {
        var segment = Segment(start: 0, followsConstant: false)
        for value in values { segment.append(value) }
        return segment.split.map { place, squaredT in
            let t = squaredT.squareRoot()
            let degrees = Double(min(values.count, window) - 2)
            return (place, t, 2 * StudentT.cumulative(-t, degreesOfFreedom: degrees))
        }
    }

    /// Mean and sum of squares of a segment.
    private struct Level {
        let count: Int
        let mean: Double
        let squares: Double

        init(_ values: ArraySlice<Double>) {
            count = values.count
            // Against the first value: a constant segment has no noise, not rounding.
            let first = values.first ?? 0
            let offset = values.reduce(0) { $0 + ($1 - first) } / Double(max(1, values.count))
            mean = first + offset
            squares = values.reduce(0) { $0 + ($1 - first - offset) * ($1 - first - offset) }
        }
    }
}

/// The points since the last shift, and what is known of them.
private struct Segment {
    private let start: Int
    /// Whether the segment before was free of noise.
    private let followsConstant: Bool
    /// The newest points, in order, and sorted.
    private var values: [Double] = []
    private var sorted: [Double] = []
    /// Points in all, those beyond the window too.
    private var count = 0
    /// How many points from the start on are equal.
    private var equalCount = 0

    init(start: Int, followsConstant: Bool) {
        self.start = start
        self.followsConstant = followsConstant
    }

    /// Whether the points before an index, all of them, show that there is no noise.
    func isConstant(before index: Int) -> Bool {
        equalCount >= index - start && index - start >= ChangePoints.constantRun
    }

    /// Adds a point without looking for a shift.
    mutating func append(_ value: Double) {
        if values.count == ChangePoints.window {
            sorted.remove(at: Self.place(of: values.removeFirst(), in: sorted))
        }
        if count == equalCount, values.last.map({ $0 == value }) ?? true { equalCount += 1 }
        sorted.insert(value, at: Self.place(of: value, in: sorted))
        values.append(value)
        count += 1
    }

    /// Adds a point; the index of the first point of a new level when that is now known.
    mutating func shift(byAdding value: Double, at index: Int) -> Int? {
        if count > 0, equalCount == count, values.last != value,
            count >= ChangePoints.constantRun || followsConstant
        {
            return index
        }
        append(value)
        guard let split, split.squaredT > Critical.squares[values.count - 2] else { return nil }
        return index + 1 - values.count + split.place
    }

    /// The split of the window with the largest |t|, as a position in it; nil where there is none.
    var split: (place: Int, squaredT: Double)? {
        guard values.count >= 4, equalCount < count else { return nil }
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
