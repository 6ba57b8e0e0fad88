import Foundation

extension SequentialGate {
    /// What is laid down before the first value is seen: the margin, the population, the error, and how values far out
    /// are counted.
    public struct Design: Sendable, Hashable, Codable {
        /// The margin, in the unit of the values; a mean strictly on the better side passes.
        public var limit: Double
        /// Which side is better.
        public var polarity: Polarity
        /// N, the number of values in the population, at least 1.
        public var populationSize: Int
        /// Values outside count as its ends while the gate may still stop early.
        public var clip: ClosedRange<Double>
        /// The sum by which the values not yet seen may together lie beyond one end of the clip, in the unit of the
        /// values; 0 where the ends are bounds that no value can pass.
        public var allowance: Double
        /// Whether no value can lie below the clip; the allowance is then for the upper end only.
        public var isBoundedBelow: Bool
        /// The probability that an early verdict differs from that of the whole population, at most. Default 0.01.
        public var alpha: Double

        /// Creates a design; a gate with a design that makes no sense (`isSound`) never decides.
        public init(
            limit: Double, polarity: Polarity, populationSize: Int, clip: ClosedRange<Double>, allowance: Double,
            isBoundedBelow: Bool = false, alpha: Double = 0.01
        ) {
            self.limit = limit
            self.polarity = polarity
            self.populationSize = populationSize
            self.clip = clip
            self.allowance = allowance
            self.isBoundedBelow = isBoundedBelow
            self.alpha = alpha
        }

        /// Whether there is a population and the numbers are finite, with 0 < alpha < 1, an allowance of at least 0
        /// and a clip that is not a single point.
        public var isSound: Bool {
            populationSize > 0 && limit.isFinite && clip.lowerBound.isFinite && clip.upperBound.isFinite
                && clip.lowerBound < clip.upperBound && allowance.isFinite && allowance >= 0 && alpha > 0 && alpha < 1
        }

        /// How many margins to either side of the margin a value of unbounded size counts in full.
        static let clipMargins = 2.0
        /// The smallest margin that the clip is made from: one of 0 needs a clip too.
        static let smallestMarginNats = 0.01
        /// A chunk may be wholly spoilt: 5 nats per token, a factor of 150 in perplexity.
        static let allowanceNats = 5.0

        /// A gate on mean NLL differences, d_i = NLL_candidate - NLL_parent per token of chunk i; lower is better.
        ///
        /// - Parameter limitNats: the margin; ln 1.05 for 5 % in perplexity.
        public static func nllDifferences(
            limitNats: Double, populationSize: Int, alpha: Double = 0.01
        ) -> Design {
            let reach = clipMargins * max(abs(limitNats), smallestMarginNats)
            return Design(
                limit: limitNats, polarity: .lowerIsBetter, populationSize: populationSize,
                clip: range(from: limitNats - reach, to: limitNats + reach), allowance: allowanceNats, alpha: alpha)
        }

        /// A gate on means that are never below 0, the KL divergences or NLLs of chunks; lower is better.
        ///
        /// - Parameter limitNats: the margin.
        public static func divergences(limitNats: Double, populationSize: Int, alpha: Double = 0.01) -> Design {
            Design(
                limit: limitNats, polarity: .lowerIsBetter, populationSize: populationSize,
                clip: range(from: 0, to: (1 + clipMargins) * max(limitNats, smallestMarginNats)),
                allowance: allowanceNats, isBoundedBelow: true, alpha: alpha)
        }

        /// A gate on shares in 0...1, such as the top-1 agreement of chunks; higher is better, the bounds are exact.
        public static func share(limit: Double, populationSize: Int, alpha: Double = 0.01) -> Design {
            Design(
                limit: limit, polarity: .higherIsBetter, populationSize: populationSize, clip: 0...1, allowance: 0,
                isBoundedBelow: true, alpha: alpha)
        }

        /// A range, or a point, which is unsound, where the limit is no number.
        private static func range(from low: Double, to high: Double) -> ClosedRange<Double> {
            low < high ? low...high : 0...0
        }

        /// What the values not yet seen may add beyond the upper end, and take beyond the lower.
        var allowanceAbove: Double { allowance }
        var allowanceBelow: Double { isBoundedBelow ? 0 : allowance }
    }
}
