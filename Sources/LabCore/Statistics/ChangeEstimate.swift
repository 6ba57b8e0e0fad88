/// How much worse something became, on average over the chunks of a corpus, from the chunks that two runs share.
///
/// Amounts are worsenings: above 0 is worse, whatever the metric's polarity.
public struct ChangeEstimate: Hashable, Sendable {
    /// The mean worsening.
    public let mean: Double
    /// Its interval at level 1 - 2 alpha; nil where the mean is exact, or nothing can be said.
    public let interval: Interval?
    /// What it is known from.
    public let basis: MetricChange.Basis
    /// Whether the change is within what is allowed; nil where the evidence does not tell.
    public let isAllowed: Bool?
    /// Chunks that would decide; nil where it is decided or none would.
    public let neededChunks: Int?
    /// The probability of a worsening as clear as this one where there is none; nil where no test was made.
    public let pValue: Double?

    init(
        mean: Double, interval: Interval?, basis: MetricChange.Basis, isAllowed: Bool?, neededChunks: Int?,
        pValue: Double? = nil
    ) {
        self.mean = mean
        self.interval = interval
        self.basis = basis
        self.isAllowed = isAllowed
        self.neededChunks = neededChunks
        self.pValue = pValue
    }

    /// Estimates from pairs.
    ///
    /// All chunks of the corpus: their mean is the corpus's own, and decides. Chunks in the order that was laid down:
    /// a ``ChangeGate``, whose verdict and interval hold whenever the runs stopped. Others: Student's interval, corrected
    /// for lopsided chunks.
    ///
    /// - Parameters:
    ///   - worsenings: one for each shared chunk, in the order laid down; all weigh the same.
    ///   - allowed: the mean worsening allowed, at least 0; nil for no judgement.
    ///   - populationSize: chunks of the corpus; nil where it is not known.
    ///   - isRandomOrder: whether the chunks are the first of an order laid down.
    ///   - alpha: how often the judgement may err to either side.
    /// - Returns: nil without chunks, or with one that is not finite.
    public init?(
        worsenings: [Double], allowed: Double?, populationSize: Int?, isRandomOrder: Bool, alpha: Double
    ) {
        guard let mean = ClusteredMean(clusters: worsenings.map { (total: $0, weight: 1) }) else { return nil }
        self.mean = mean.mean
        pValue = nil
        if worsenings.count == populationSize {
            basis = .exact
            interval = nil
            isAllowed = allowed.map { mean.mean <= $0 }
            neededChunks = nil
            return
        }
        if isRandomOrder, let allowed, allowed > 0, let populationSize, worsenings.count < populationSize {
            var gate = ChangeGate(allowed: allowed, populationSize: populationSize, alpha: alpha)
            for worsening in worsenings { gate.observe(worsening) }
            basis = .sequential
            interval = gate.interval
            isAllowed = gate.decision == .undecided ? nil : gate.decision == .pass
        } else {
            let interval = SkewedMean.interval(worsenings, level: 1 - 2 * alpha)
            basis = .paired
            self.interval = interval
            isAllowed = allowed.flatMap { interval?.liesBelow($0) }
        }
        let needed =
            isAllowed == nil
            ? allowed.flatMap { Power.chunksNeeded(for: mean, limit: $0, populationSize: populationSize, alpha: alpha) }
            : nil
        // Student's number; a gate that may stop at any time needs more, and has not decided with these.
        neededChunks = needed.flatMap { $0 > worsenings.count ? $0 : nil }
    }

    /// Estimates from two values that cannot be paired, by their intervals: Student's with the degrees of freedom of the
    /// smaller sample, their errors taken as independent, which is wide where the runs share chunks.
    ///
    /// - Returns: nil for a value without an interval, or with less than two units behind it.
    public init?(
        worsening: Double, intervals: (Interval?, Interval?), n: (Int, Int), allowed: Double?, alpha: Double
    ) {
        guard let first = Self.standardError(intervals.0, n: n.0), let second = Self.standardError(intervals.1, n: n.1)
        else { return nil }
        let error = (first * first + second * second).squareRoot()
        let reach = StudentT.quantile(1 - alpha, degreesOfFreedom: Double(min(n.0, n.1) - 1)) * error
        guard worsening.isFinite, reach.isFinite else { return nil }
        mean = worsening
        pValue = nil
        let interval = Interval(low: worsening - reach, high: worsening + reach, level: 1 - 2 * alpha)
        self.interval = interval
        basis = .unpaired
        isAllowed = allowed.flatMap { interval.liesBelow($0) }
        neededChunks = nil
    }

    /// An exact change: of the very same samples, or of two values of the whole corpus.
    public init(exactly worsening: Double, basis: MetricChange.Basis, allowed: Double?) {
        mean = worsening
        pValue = nil
        interval = nil
        self.basis = basis
        isAllowed = allowed.map { worsening <= $0 }
        neededChunks = nil
    }

    private static func standardError(_ interval: Interval?, n: Int) -> Double? {
        guard let interval, n > 1, interval.level > 0, interval.level < 1 else { return nil }
        let t = StudentT.quantile(0.5 + interval.level / 2, degreesOfFreedom: Double(n - 1))
        return (interval.high - interval.low) / 2 / t
    }

    /// Which way it went: the same inside the amount allowed to either side, or where nothing changed at all.
    public func relation(allowed: Double? = nil) -> MetricChange.Relation {
        let low = interval?.low ?? mean
        let high = interval?.high ?? mean
        // An estimate from a part without an interval says nothing.
        if interval == nil, basis != .exact, basis != .sameSamples { return .unknown }
        let margin = allowed ?? 0
        if low >= -margin, high <= margin { return .same }
        if low > 0 { return .worse }
        return high < 0 ? .better : .unknown
    }
}

extension Interval {
    /// Whether all of it is at or below a limit; nil where it straddles the limit.
    func liesBelow(_ limit: Double) -> Bool? {
        if high <= limit { return true }
        return low > limit ? false : nil
    }
}
