import Foundation

/// Mann and Whitney's test of whether the values of one sample tend to be larger than those of another.
///
/// Agrees with `scipy.stats.mannwhitneyu`: exact where there are no ties and neither sample has more than
/// ``exactLimit`` values, else by the normal distribution with its corrections for ties and continuity.
public struct MannWhitney: Hashable, Sendable {
    /// Values of a sample up to which the test is exact.
    public static let exactLimit = 30

    /// Pairs in which the first sample's value is larger; half of those in which both are equal.
    public let u: Double
    /// The probability of a `u` at least as large where both samples come from one distribution: the evidence that the
    /// first sample's values are larger is the smallness of it.
    public let pGreater: Double
    /// The probability of a `u` at most as large.
    public let pLess: Double
    /// Twice the smaller of the two, at most 1.
    public var pTwoSided: Double { min(1, 2 * min(pGreater, pLess)) }
    /// Whether the probabilities are exact.
    public let isExact: Bool

    /// Tests two samples; nil for an empty one or a value that is not finite.
    public init?(_ first: [Double], _ second: [Double]) {
        guard !first.isEmpty, !second.isEmpty, (first + second).allSatisfy(\.isFinite) else { return nil }
        let pairs = first.count * second.count
        var u = 0.0
        for one in first {
            for other in second { u += one > other ? 1 : one == other ? 0.5 : 0 }
        }
        self.u = u
        let sorted = (first + second).sorted()
        let ties = Self.ties(in: sorted)
        if ties.isEmpty, max(first.count, second.count) <= Self.exactLimit {
            isExact = true
            let shares = Self.distribution(first.count, second.count)
            pLess = shares[0...Int(u)].reduce(0, +)
            pGreater = shares[Int(u)...pairs].reduce(0, +)
            return
        }
        isExact = false
        let n = Double(sorted.count)
        let tied = ties.reduce(0.0) { $0 + Double($1 * $1 * $1 - $1) }
        let variance = Double(pairs) / 12 * (n + 1 - tied / (n * (n - 1)))
        // All values are one.
        guard variance > 0 else {
            (pGreater, pLess) = (1, 1)
            return
        }
        let middle = Double(pairs) / 2
        func tail(_ u: Double) -> Double { erfc((u - middle - 0.5) / variance.squareRoot() / 2.0.squareRoot()) / 2 }
        pGreater = min(1, tail(u))
        pLess = min(1, tail(Double(pairs) - u))
    }

    /// The smallest one-sided p-value that samples of two sizes can have: 1 / C(n + m, n).
    public static func smallestP(_ first: Int, _ second: Int) -> Double {
        (0..<max(0, first)).reduce(1.0) { $0 * Double($1 + 1) / Double(second + $1 + 1) }
    }

    /// The interval of how much larger the first sample's values are, by Hodges and Lehmann; nil where samples of their
    /// sizes give none of that level.
    ///
    /// The exact distribution of `u` cuts the sorted differences of all pairs; ties make the interval a little wider.
    ///
    /// - Parameter level: in 0..<1; each end errs with probability (1 - level) / 2 at most.
    public static func shift(_ first: [Double], over second: [Double], level: Double) -> Interval? {
        guard !first.isEmpty, !second.isEmpty, max(first.count, second.count) <= exactLimit, level >= 0, level < 1
        else { return nil }
        var differences: [Double] = []
        for one in first { differences += second.map { one - $0 } }
        guard differences.allSatisfy(\.isFinite) else { return nil }
        differences.sort()
        let tail = (1 - level) / 2
        let shares = distribution(first.count, second.count)
        var below = 0.0
        var cut = 0
        while cut < shares.count, below + shares[cut] <= tail {
            below += shares[cut]
            cut += 1
        }
        guard cut > 0, cut <= differences.count - cut + 1 else { return nil }
        return Interval(low: differences[cut - 1], high: differences[differences.count - cut], level: level)
    }

    /// Sizes of the groups of equal values, of two and more.
    private static func ties(in sorted: [Double]) -> [Int] {
        var groups: [Int] = []
        var start = 0
        for index in 1...sorted.count where index == sorted.count || sorted[index] != sorted[start] {
            if index - start > 1 { groups.append(index - start) }
            start = index
        }
        return groups
    }

    /// The probability of each `u` where both samples come from one distribution.
    ///
    /// By Mann and Whitney's recurrence: the largest of n + m values belongs to the first sample, and then wins m pairs,
    /// with probability n / (n + m).
    private static func distribution(_ n: Int, _ m: Int) -> [Double] {
        // Row j: the distribution for the current number of first values and j second ones.
        var rows = (0...m).map { _ in [1.0] }
        for i in 1...n {
            var next = [[1.0]]
            for j in 1...m {
                var shares = [Double](repeating: 0, count: i * j + 1)
                let share = Double(i) / Double(i + j)
                for (u, value) in rows[j].enumerated() { shares[u + j] += share * value }
                for (u, value) in next[j - 1].enumerated() { shares[u] += (1 - share) * value }
                next.append(shares)
            }
            rows = next
        }
        return rows[m]
    }
}
