/// Mean and spread of points that follow one another, kept as Welford does, so that equal points have no spread at all.
package struct Stretch: Hashable, Sendable {
    /// Points.
    package var count = 0
    /// Their mean; 0 without points.
    package var mean = 0.0
    /// The sum of their squared distances from the mean.
    package var squares = 0.0

    /// A stretch without points.
    package init() {}

    /// A stretch that was kept.
    package init(count: Int, mean: Double, squares: Double) {
        self.count = count
        self.mean = mean
        self.squares = squares
    }

    mutating func add(_ value: Double) {
        count += 1
        let distance = value - mean
        mean += distance / Double(count)
        squares += distance * (value - mean)
    }

    func adding(_ values: some Sequence<Double>) -> Stretch {
        values.reduce(into: self) { $0.add($1) }
    }
}

/// Follows a series point by point, as ``ChangePoints`` describes; what it knows can be kept and taken up again.
package struct ShiftObserver {
    /// A shift that became known, and the stretch that it ended.
    package struct Found: Hashable, Sendable {
        /// The shift, and when it was known.
        package var alarm: ChangePoints.Alarm
        /// The stretch from the shift before it to the last point before this one.
        package var before: Stretch

        /// Describes a shift.
        package init(alarm: ChangePoints.Alarm, before: Stretch) {
            self.alarm = alarm
            self.before = before
        }
    }

    /// All that the observer knows.
    package struct State: Hashable, Sendable {
        /// Points of the series.
        package var count = 0
        /// The first point of the stretch that goes on.
        package var start = 0
        /// How many points from there on are equal.
        package var equalCount = 0
        /// Whether the stretch before was free of noise.
        package var followsConstant = false
        /// The points of the stretch that a new one is no longer compared with.
        package var older = Stretch()
        /// The newest points of the stretch, in order.
        package var newest: [Double] = []

        /// Describes what is known before the first point.
        package init() {}
    }

    private var count = 0
    private var start = 0
    private var equalCount = 0
    private var followsConstant = false
    private var older = Stretch()
    private var window = ShiftWindow()

    /// An observer that has seen nothing.
    package init() {}

    /// An observer that goes on.
    package init(_ state: State) {
        count = state.count
        start = state.start
        equalCount = state.equalCount
        followsConstant = state.followsConstant
        older = state.older
        window = ShiftWindow(state.newest)
    }

    /// All that is known.
    package var state: State {
        var state = State()
        state.count = count
        state.start = start
        state.equalCount = equalCount
        state.followsConstant = followsConstant
        state.older = older
        state.newest = window.values
        return state
    }

    /// Whether the points that were seen are so many times a number.
    package func isAt(multipleOf number: Int) -> Bool { count % number == 0 }

    /// The stretch that goes on.
    package var stretch: Stretch { older.adding(window.values) }

    /// Adds points; the shifts that became known, nil when a value is not finite.
    package mutating func add(_ values: [Double]) -> [Found]? {
        guard values.allSatisfy(\.isFinite) else { return nil }
        return values.compactMap { add($0) }
    }

    /// Adds a point that is finite; the shift that is now known.
    package mutating func add(_ value: Double) -> Found? {
        let index = count
        count += 1
        let length = index - start
        if length > 0, equalCount == length, window.values.last != value,
            length >= ChangePoints.constantRun || followsConstant
        {
            return begin(at: index, known: index, place: window.values.count, with: [value])
        }
        append(value, length: length)
        guard let place = window.shift else { return nil }
        let shift = index + 1 - window.values.count + place
        return begin(at: shift, known: index, place: place, with: Array(window.values[place...]))
    }

    private mutating func append(_ value: Double, length: Int) {
        if length == equalCount, window.values.last.map({ $0 == value }) ?? true { equalCount += 1 }
        if let oldest = window.append(value) { older.add(oldest) }
    }

    /// Begins a stretch.
    ///
    /// - Parameter place: how many points of the window belong to the stretch that ends.
    private mutating func begin(at shift: Int, known: Int, place: Int, with values: [Double]) -> Found {
        let ended = older.adding(window.values.prefix(place))
        // All points before it were equal, and told that there is no noise.
        followsConstant = equalCount >= shift - start && shift - start >= ChangePoints.constantRun
        (start, equalCount, older, window) = (shift, 0, Stretch(), ShiftWindow())
        for (length, value) in values.enumerated() { append(value, length: length) }
        return Found(alarm: ChangePoints.Alarm(shift: shift, known: known), before: ended)
    }
}
