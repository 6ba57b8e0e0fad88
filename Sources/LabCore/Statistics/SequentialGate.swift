import Foundation

/// A gate that stops as soon as the verdict of the whole population is certain at level alpha.
///
/// The population is N values, one per chunk, taken in a random order laid down beforehand (``RandomOrder/order(of:)``). X_i are
/// the values clipped to [L, C]; M is their mean. For a mean q and a fraction 0 < f < 1
///
///     K_t(q) = prod over i <= t of 1 + f (m_i - X_i) / (C - m_i),   m_i = (N q - X_1 - ... - X_(i-1)) / (N - i + 1)
///
/// is the capital of one who bets that M < q: m_i is the mean of what is left if M = q, so K_t(M) is a martingale that
/// starts at 1 and is never negative, and stays below 1 / alpha for ever with probability 1 - alpha (Ville). So does
/// a capital spread over several fractions. It rises with q, as each factor does: (m - X) / (C - m) has the derivative
/// (C - X) / (C - m)^2. If the mean of the values as they are is at or above the limit, then
///
///     M >= limit - (B_t + A) / N =: q_t
///
/// with B_t the sum of what the seen values lie above the clip, less what they lie below it, and A the allowance for
/// those not yet seen. Hence K_t(q_t) <= K_t(M), though q_t depends on the data, and "pass when K_t(q_t) >= 1 / alpha"
/// errs with probability alpha at most, for the true mean, as long as the allowance holds. Failing is the mirror
/// image, with the limit + (A - B_t) / N. Only one of the two can err on a given population.
///
/// Sources: Waudby-Smith and Ramdas, "Confidence sequences for sampling without replacement" (arXiv 2006.04347) and
/// "Estimating means of bounded random variables by betting" (arXiv 2010.09686, sampling without replacement).
/// `docs/statistics.md` says how clip, allowance and fractions were chosen.
public struct SequentialGate: Sendable {
    /// What the gate says.
    public enum Decision: String, Sendable, Hashable, Codable {
        /// Go on; after the last value, or where there is none: no verdict can be given.
        case undecided
        /// The mean is strictly on the better side of the limit.
        case pass
        /// It is not.
        case fail
    }

    /// What was laid down.
    public let design: Design
    /// Pass or fail; once it is given early it stays. After all N values, the plain mean decides.
    public private(set) var decision = Decision.undecided
    /// Whether a value that is not finite was seen; there is no verdict from then on, unless there was one before.
    public private(set) var isSpoilt = false

    private var clipped: [Double] = []
    private var sum = 0.0
    /// The sum of what the values lie above the limit: its sign is exact where their mean would be rounded.
    private var above = 0.0
    /// B_t.
    private var beyond = 0.0
    private var low: MeanWager
    private var high: MeanWager

    /// Creates a gate that has seen nothing.
    public init(_ design: Design) {
        self.design = design
        let size = design.populationSize
        low = MeanWager(.isBelow, populationSize: size, clip: design.clip)
        high = MeanWager(.isAbove, populationSize: size, clip: design.clip)
        if design.isSound { clipped.reserveCapacity(size) }
    }

    /// The number of values seen.
    public var count: Int { clipped.count }

    /// Whether the whole population was seen.
    public var isExact: Bool { !isSpoilt && design.isSound && count == design.populationSize }

    /// The mean of the values seen, as they are; nil where there is none.
    public var mean: Double? {
        guard count > 0, !isSpoilt, sum.isFinite else { return nil }
        return sum / Double(count)
    }

    /// Takes the next value of the order; all weigh the same. Values beyond the population are a programmer's error.
    public mutating func observe(_ value: Double) {
        guard design.isSound, !isSpoilt else { return }
        precondition(count < design.populationSize, "more values than the population has")
        guard value.isFinite, (sum + value).isFinite else {
            isSpoilt = true
            return
        }
        let kept = min(max(value, design.clip.lowerBound), design.clip.upperBound)
        clipped.append(kept)
        sum += value
        above += value - design.limit
        beyond += value - kept
        guard decision == .undecided else { return }
        if count == design.populationSize {
            let isInside = design.polarity == .lowerIsBetter ? above < 0 : above > 0
            decision = isInside ? .pass : .fail
            return
        }
        let shifts = shifts
        low.update(to: shifts.below + design.limit, values: clipped)
        high.update(to: shifts.above + design.limit, values: clipped)
        if low.capital >= 1 / design.alpha {
            decision = design.polarity == .lowerIsBetter ? .pass : .fail
        } else if high.capital >= 1 / design.alpha {
            decision = design.polarity == .lowerIsBetter ? .fail : .pass
        }
    }

    /// The capital of who bets that the mean is below the limit, and of who bets that it is above; 1 at the start.
    ///
    /// The gate stops when one of them reaches 1 / alpha.
    package var capitals: (isBelow: Double, isAbove: Double) { (low.capital, high.capital) }

    /// The interval of the mean of the clipped values, valid whenever one looks, at level 1 - 2 alpha.
    ///
    /// A point when the whole population was seen; nil before the first value and after one that is not finite.
    public var clippedInterval: Interval? {
        guard count > 0, !isSpoilt else { return nil }
        if isExact {
            let mean = clipped.reduce(0, +) / Double(count)
            return Interval(low: mean, high: mean, level: 1 - 2 * design.alpha)
        }
        return Interval(
            low: high.bound(values: clipped, alpha: design.alpha),
            high: low.bound(values: clipped, alpha: design.alpha),
            level: 1 - 2 * design.alpha)
    }

    /// The interval of the mean of the values as they are, given the allowance: what the decision rests on.
    ///
    /// A gate that passes has all of it on the better side of the limit. A point when the whole population was seen;
    /// nil before the first value and after one that is not finite.
    public var interval: Interval? {
        guard let clippedInterval else { return nil }
        if isExact { return mean.map { Interval(low: $0, high: $0, level: clippedInterval.level) } }
        let shifts = shifts
        return Interval(
            low: clippedInterval.low - shifts.above, high: clippedInterval.high - shifts.below,
            level: clippedInterval.level)
    }

    /// What is added to a mean to have the clipped mean that it implies, at the least and at the most.
    private var shifts: (below: Double, above: Double) {
        let size = Double(design.populationSize)
        return (-(beyond + design.allowanceAbove) / size, (design.allowanceBelow - beyond) / size)
    }
}
