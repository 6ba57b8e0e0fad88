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
    package struct Alarm: Hashable, Sendable {
        /// The first point with the new level.
        package var shift: Int
        /// The point after which it was known.
        package var known: Int

        /// Describes a shift.
        package init(shift: Int, known: Int) {
            self.shift = shift
            self.known = known
        }
    }

    /// The shifts of a series, oldest first; nil when a value is not finite.
    public static func shifts(in values: [Double]) -> [Trend.Shift]? {
        var observer = ShiftObserver()
        guard let found = observer.add(values) else { return nil }
        return shifts(found, last: observer.stretch)
    }

    /// Shifts with the levels before and after them.
    ///
    /// - Parameter found: in the order of the series.
    /// - Parameter last: the stretch after the last of them.
    package static func shifts(_ found: [ShiftObserver.Found], last: Stretch) -> [Trend.Shift] {
        found.indices.map { index in
            let before = found[index].before
            let after = index + 1 < found.count ? found[index + 1].before : last
            let degrees = Double(max(1, before.count + after.count - 2))
            return Trend.Shift(
                index: found[index].alarm.shift, before: before.mean, after: after.mean,
                noise: ((before.squares + after.squares) / degrees).squareRoot())
        }
    }

    /// The shifts, and when each was known; nil when a value is not finite.
    package static func alarms(in values: [Double]) -> [Alarm]? {
        var observer = ShiftObserver()
        return observer.add(values)?.map(\.alarm)
    }

    /// The split of a series without shifts that has the largest |t|, that t, and the probability of one at least as
    /// large at this split; nil where there is none.
    package static func largestSplit(of values: [Double]) -> (place: Int, t: Double, p: Double)? {
        var segment = ShiftWindow()
        for value in values { segment.append(value) }
        return segment.split.map { place, squaredT in
            let t = squaredT.squareRoot()
            let degrees = Double(min(values.count, window) - 2)
            return (place, t, 2 * StudentT.cumulative(-t, degreesOfFreedom: degrees))
        }
    }
}
