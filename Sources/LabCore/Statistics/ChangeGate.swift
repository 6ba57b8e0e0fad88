/// A sequential gate on how much worse the chunks of a corpus became, whatever their spread.
///
/// The first chunks only tell how far the changes spread; they are a pilot. What remains of the population is in random
/// order still, given the pilot, so a `SequentialGate` with a clip made from the pilot may judge it: its limit is what
/// the mean of the remaining chunks must be for the mean of all to be the one allowed. The clip reaches six standard
/// deviations of the pilot to either side of that limit, and twice the change allowed at least: a narrower one would
/// count a mean that is allowed as one that is not where changes are lopsided and spread wide. There is no allowance for
/// unseen chunks beyond the clip, so that an early verdict speaks of the mean with those clipped. `docs/statistics.md`
/// says how often it errs.
public struct ChangeGate: Sendable {
    /// Chunks of the pilot.
    static let pilotCount = 10
    /// Standard deviations of the pilot to either side.
    static let clipDeviations = 6.0
    /// The reach in changes allowed, at least.
    static let clipChanges = 2.0

    /// Pass, fail, or go on; once given early it stays.
    public private(set) var decision = SequentialGate.Decision.undecided

    private let allowed: Double
    private let populationSize: Int
    private let alpha: Double
    private var pilot: [Double] = []
    private var gate: SequentialGate?
    private var sum = 0.0
    private var count = 0
    private var isSpoilt = false

    /// A gate that has seen nothing.
    ///
    /// - Parameters:
    ///   - allowed: the mean worsening allowed, above 0.
    ///   - populationSize: chunks of the corpus.
    ///   - alpha: how often an early verdict may err to either side.
    public init(allowed: Double, populationSize: Int, alpha: Double) {
        self.allowed = allowed
        self.populationSize = populationSize
        self.alpha = alpha
    }

    /// Takes the worsening of the next chunk of the order laid down; all weigh the same.
    public mutating func observe(_ worsening: Double) {
        guard !isSpoilt else { return }
        precondition(count < populationSize, "more chunks than the corpus has")
        guard worsening.isFinite, (sum + worsening).isFinite else {
            isSpoilt = true
            return
        }
        sum += worsening
        count += 1
        gate?.observe(worsening)
        if gate == nil {
            pilot.append(worsening)
            if pilot.count == Self.pilotCount, populationSize > Self.pilotCount { begin() }
        }
        guard decision == .undecided else { return }
        if count == populationSize {
            decision = sum <= allowed * Double(populationSize) ? .pass : .fail
        } else if let gate {
            decision = gate.decision
        }
    }

    private mutating func begin() {
        let rest = populationSize - pilot.count
        let limit = (allowed * Double(populationSize) - sum) / Double(rest)
        let mean = sum / Double(pilot.count)
        let variance = pilot.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pilot.count - 1)
        let reach = max(Self.clipChanges * allowed, Self.clipDeviations * variance.squareRoot())
        gate = SequentialGate(
            SequentialGate.Design(
                limit: limit, polarity: .lowerIsBetter, populationSize: rest, clip: limit - reach...limit + reach,
                allowance: 0, alpha: alpha))
    }

    /// The interval of the mean of all chunks at level 1 - 2 alpha, valid whenever one looks; nil before the pilot ends
    /// and after a value that is not finite.
    public var interval: Interval? {
        guard !isSpoilt, let interval = gate?.interval else { return nil }
        let pilotSum = pilot.reduce(0, +)
        func whole(_ mean: Double) -> Double {
            (pilotSum + mean * Double(populationSize - pilot.count)) / Double(populationSize)
        }
        return Interval(low: whole(interval.low), high: whole(interval.high), level: interval.level)
    }
}
