import Foundation

/// KL(parent || candidate) over the whole vocabulary, nats.
package enum ExactDivergence {
    /// Σ p f(l) / Σ p with f(l) = l + exp(-l) - 1 and l = ln p - ln q.
    ///
    /// This equals Σ p l, as p and q both add up to 1; but no term is negative, so that nothing cancels and even a
    /// divergence of 1e-9 has six right digits. Terms are computed in single precision, added up in double. Equal logits
    /// give exactly 0.
    package static func nats(
        parent: UnsafeBufferPointer<Float>, _ p: LogSoftmax, candidate: UnsafeBufferPointer<Float>, _ q: LogSoftmax
    ) -> Double {
        precondition(parent.count == candidate.count, "two vocabularies")
        let shift = Float(log(p.sum) - log(q.sum))
        let scale = Float(p.sum / q.sum)
        let whole = parent.count & ~7
        let (left, right) = (UnsafeRawBufferPointer(parent), UnsafeRawBufferPointer(candidate))
        var sum = 0.0
        for block in stride(from: 0, to: whole, by: 256) {
            var partial = Lanes.zero
            for index in stride(from: block, to: min(block + 256, whole), by: 8) {
                let a = left.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self) - p.maximum
                let b = right.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self) - q.maximum
                partial += terms(a, b, shift: shift, scale: scale)
            }
            sum += Double(partial.sum())
        }
        if whole < parent.count {
            // The padding is a token that neither model ever predicts.
            var (a, b) = (Lanes(repeating: -1000), Lanes(repeating: -1000))
            for index in whole..<parent.count {
                a[index - whole] = parent[index] - p.maximum
                b[index - whole] = candidate[index] - q.maximum
            }
            sum += Double(terms(a, b, shift: shift, scale: scale).sum())
        }
        return sum / p.sum
    }

    /// The largest |ln p - ln q| of any token, nats; a logit that is not finite is passed over.
    package static func logitDifferenceMax(
        parent: UnsafeBufferPointer<Float>, _ p: LogSoftmax, candidate: UnsafeBufferPointer<Float>, _ q: LogSoftmax
    ) -> Double {
        precondition(parent.count == candidate.count, "two vocabularies")
        let shift = Float(log(p.sum) - log(q.sum))
        var largest: Float = 0
        for index in parent.indices {
            let difference = abs((parent[index] - p.maximum) - (candidate[index] - q.maximum) - shift)
            if difference > largest, difference.isFinite { largest = difference }
        }
        return Double(largest)
    }

    /// exp(a) f(a - b - shift), where scale = exp(shift).
    @inline(__always)
    private static func terms(_ a: Lanes, _ b: Lanes, shift: Float, scale: Float) -> Lanes {
        let l = (a - b) - shift
        let p = exponential(a)
        // Near 0 the three parts of f cancel; its series is l²/2 - l³/6 + ..., here to the eighth power.
        var series = Lanes(repeating: 1.0 / 40_320)
        series = series * l - (1.0 / 5040)
        series = series * l + (1.0 / 720)
        series = series * l - (1.0 / 120)
        series = series * l + (1.0 / 24)
        series = series * l - (1.0 / 6)
        series = series * l + 0.5
        var result = p * l + exponential(b) * scale - p
        result.replace(with: p * (series * l * l), where: (l .< 0.5) .& (l .> -0.5))
        return result
    }
}
