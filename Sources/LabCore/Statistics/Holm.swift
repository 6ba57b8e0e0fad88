/// Holm's correction for many tests at once.
public enum Holm {
    /// The adjusted p-values, in the order given; nil when one is no number in 0...1.
    ///
    /// Rejecting where the adjusted value is at most alpha keeps the probability of any false alarm at alpha, whatever
    /// the tests have to do with each other. With p sorted upwards: max over j <= i of min(1, (n - j + 1) p_j).
    /// Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
    public static func adjusted(_ pValues: [Double]) -> [Double]? {
        guard pValues.allSatisfy({ (0...1).contains($0) }) else { return nil }
        var result = pValues
        var largest = 0.0
        for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
            largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
            result[index] = largest
        }
        return result
    }
}
