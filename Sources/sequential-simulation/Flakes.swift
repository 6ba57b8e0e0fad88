import Foundation
import LabCore

/// How often a comparison with an accepted run fails a candidate that did not get worse than allowed.
struct Flakes {
    /// What perplexity may get worse by where nothing else is said: 1 %.
    private static let allowed = log1p(0.01)
    /// Standard deviations of the chunks' changes, in what is allowed.
    private static let spreads = [0.1, 0.5, 1, 3, 10]
    /// Mean changes, in what is allowed: none, and just as much.
    private static let truths = [0, 0.5, 1]

    /// Prints a row for each series, spread and truth; false where one fails more often than 1 %, by the upper 99 %
    /// limit.
    static func print(_ series: [Series], shuffles: Int, seed: String) -> Bool {
        Swift.print(
            "series                            spread/allowed  truth/allowed  failures   (99 % limit)  undecided")
        var isSound = true
        for one in series {
            let mean = one.differences.reduce(0, +) / Double(one.differences.count)
            let residuals = one.differences.map { $0 - mean }
            let spread = (residuals.reduce(0) { $0 + $1 * $1 } / Double(residuals.count)).squareRoot()
            for ratio in spreads {
                for truth in truths {
                    let noise = residuals.map { ratio * $0 / spread }
                    // The same spread in three ways that have little to do with each other.
                    let metrics = [noise, noise.map { -$0 }, Array(noise.reversed())].map { noise in
                        (worsenings: noise.map { allowed * (truth + $0) }, allowed: allowed)
                    }
                    let result = FlakeSimulation(
                        metrics: metrics, alpha: 0.01, shuffles: shuffles,
                        seed: Digest(of: "\(seed) \(one.name) \(ratio) \(truth)"))
                    let limit = result.failureLimit ?? 1
                    isSound = isSound && limit <= 0.01
                    let cells = [
                        String(format: "%.1f", ratio), String(format: "%.1f", truth), percent(result.failure),
                        percent(limit), percent(Double(result.undecided) / Double(shuffles)),
                    ]
                    Swift.print(
                        pad(one.name, 34) + zip(cells, [16, 15, 11, 15, 0]).map(pad).joined()
                            + (limit <= 0.01 ? "" : "   <-- NOT MET"))
                }
            }
        }
        return isSound
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }

    private static func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
}
