/// Runs as many additions and multiplications as the vector units can take, for a benchmark to compare searches with.
///
/// One step is 96 operations on single floats, half of them additions. None waits for another of its step.
/// Returns a number that depends on them all.
public func runAtVectorPeak(steps: Int) -> Float {
    let (increment, factor) = (Lanes(repeating: 0x1p-20), Lanes(repeating: 1 - 0x1p-20))
    var (sum0, sum1, sum2) = (Lanes(), Lanes(repeating: 1), Lanes(repeating: 2))
    var (product0, product1, product2) = (Lanes(repeating: 1), Lanes(repeating: 2), Lanes(repeating: 3))
    for _ in 0..<steps {
        sum0 += increment
        sum1 += increment
        sum2 += increment
        product0 = product0 * factor
        product1 = product1 * factor
        product2 = product2 * factor
    }
    let all = (sum0 + sum1) + (sum2 + product0) + (product1 + product2)
    return all.low[0] + all.high[7]
}
