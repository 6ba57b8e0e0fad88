/// Quantiles of a sample, linearly interpolated.
///
/// Hyndman and Fan's type 7: numpy's default, and the percentiles of `llama-perplexity --kl-divergence`.
public enum Quantile {
    /// The value below which the share `probability` of the sample lies; nil for an empty sample, a value that is not
    /// finite or a probability outside 0...1.
    ///
    /// With x sorted and h = (n - 1) x probability: x[floor h] + (h - floor h) x (x[floor h + 1] - x[floor h]).
    public static func of(_ values: [Double], at probability: Double) -> Double? {
        of(values, at: [probability])?.first
    }

    /// Several quantiles with one sort; nil where one of them would be.
    public static func of(_ values: [Double], at probabilities: [Double]) -> [Double]? {
        guard !values.isEmpty, values.allSatisfy(\.isFinite), probabilities.allSatisfy({ (0...1).contains($0) })
        else { return nil }
        let sorted = values.sorted()
        return probabilities.map { probability in
            let position = Double(sorted.count - 1) * probability
            let index = min(Int(position), sorted.count - 1)
            let next = sorted[min(index + 1, sorted.count - 1)]
            let share = position - Double(index)
            // Not x + share (next - x): the difference may overflow.
            return (1 - share) * sorted[index] + share * next
        }
    }
}
