import Foundation

/// KL(parent || candidate) at one position, from what a pack keeps of the parent and all logits of the candidate.
///
/// With l = ln p - ln q, f(l) = l + exp(-l) - 1, and T and Q the masses of the tail by parent and candidate:
///
///     KL = Σ_top p f(l) + (Q - T) + T E[l],   l under the parent's tail
///
/// as Σ_top p f(l) = Σ_top p l + Q_top - P_top, and both distributions add up to 1. f is flat at 0, so that the rounding
/// of ln p by d costs p d²/2 there and not p d. All of it is known but E[l], which is estimated from the m samples with
/// a control variate, h = (q / Q) / (p / T) - 1, whose mean under the parent's tail is exactly 0:
///
///     estimate = known + T mean(l + c h),   variance = T² s² / m with s² the sample variance of l + c h.
///
/// Near a good candidate l + h is nearly constant, so c = 1 (Schulman's k3, here between the two normalized tails) has
/// next to no variance; where the candidate is bad h has a heavy tail and c = 0 is safer. See ``combine(_:)``.
package struct DivergenceEstimate {
    /// The part without error, nats.
    package var known: Double
    /// T, 0 where there is nothing to estimate.
    package var tailMass: Double
    /// Samples.
    package var sampleCount: Int
    /// Mean of l, nats, and of h.
    package var mean: (l: Double, h: Double)
    /// Sample variances of l and h and their covariance.
    package var variance: (l: Double, h: Double, both: Double)
    /// The largest |l| of the tokens that the pack keeps, nats; those too unlikely for its codes are left out.
    package var logitDifferenceMax: Double

    /// Compares a position.
    ///
    /// - Parameters:
    ///   - tail: scratch space for the vocabulary; it must have computed the position's softmax last.
    package init(
        _ parent: PredictedPosition, candidate logits: UnsafeBufferPointer<Float>, softmax: LogSoftmax,
        tail: inout TailMass
    ) {
        let candidateTail = tail.sum(without: parent.top.lazy.map(\.id)) / softmax.sum
        tailMass = Double(parent.tailMass)
        known = candidateTail - tailMass
        logitDifferenceMax = 0
        for token in parent.top {
            let logP = token.logProbability
            let logQ = -softmax.nats(logits[Int(token.id)])
            if !token.isClipped { logitDifferenceMax = max(logitDifferenceMax, abs(logP - logQ)) }
            let (p, q) = (exp(logP), exp(logQ))
            known += p * (logP - logQ) + q - p
        }
        mean = (0, 0)
        variance = (0, 0, 0)
        sampleCount = parent.hasSamples ? parent.samples.count : 0
        guard sampleCount > 1 else {
            tailMass = 0
            return
        }
        // A candidate's tail may vanish in floats; then there is no control variate.
        let ratio = candidateTail > 0 ? tailMass / candidateTail : 0
        let values = parent.samples.map { sample -> (l: Double, h: Double) in
            let l = sample.logProbability + softmax.nats(logits[Int(sample.id)])
            if !sample.isClipped { logitDifferenceMax = max(logitDifferenceMax, abs(l)) }
            return (l, ratio > 0 ? exp(-l) * ratio - 1 : 0)
        }
        let count = Double(sampleCount)
        for value in values { mean = (mean.l + value.l / count, mean.h + value.h / count) }
        for value in values {
            let (l, h) = (value.l - mean.l, value.h - mean.h)
            variance = (variance.l + l * l, variance.h + h * h, variance.both + l * h)
        }
        variance = (variance.l / (count - 1), variance.h / (count - 1), variance.both / (count - 1))
    }

    /// The KL divergence with a coefficient of the control variate, nats.
    package func nats(coefficient: Double) -> Double {
        known + tailMass * (mean.l + coefficient * mean.h)
    }

    /// The variance of ``nats(coefficient:)``, nats squared.
    package func variance(coefficient c: Double) -> Double {
        guard sampleCount > 0 else { return 0 }
        let one = variance.l + 2 * c * variance.both + c * c * variance.h
        return tailMass * tailMass * max(0, one) / Double(sampleCount)
    }

    /// The divergences of a chunk's positions, and the variance of their sum.
    ///
    /// c is what minimizes the variance of the sum, clamped to 0...1: -Σ T² cov(l, h) / Σ T² var(h). The even positions
    /// take it from the odd ones and these from the even ones: a c that had seen its own samples would bias the estimate.
    package static func combine(_ positions: [DivergenceEstimate]) -> (klNats: [Double], sumVariance: Double) {
        let coefficients = (0...1).map { half in
            var (covariance, variance) = (0.0, 0.0)
            for index in stride(from: 1 - half, to: positions.count, by: 2) {
                let weight = positions[index].tailMass * positions[index].tailMass
                covariance += weight * positions[index].variance.both
                variance += weight * positions[index].variance.h
            }
            return variance > 0 ? min(max(-covariance / variance, 0), 1) : 1
        }
        let nats = positions.enumerated().map { $1.nats(coefficient: coefficients[$0 % 2]) }
        let sumVariance = positions.enumerated().reduce(0) {
            $0 + $1.element.variance(coefficient: coefficients[$1.offset % 2])
        }
        return (nats, sumVariance)
    }
}
