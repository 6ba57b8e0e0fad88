import Foundation

/// The softmax of one position's logits, as all its probabilities need it.
package struct LogSoftmax {
    /// The largest logit.
    package let maximum: Float
    /// Σ exp(logit - maximum).
    package let sum: Double

    /// Two passes over the vocabulary in SIMD lanes: the maximum, then the sum of exp(logit - maximum).
    ///
    /// The lanes of each block of 4,096 logits are summed in single precision and the blocks in double, so that the
    /// error stays below 1e-6 at vocabularies of 150,000.
    ///
    /// - Parameter exponentials: where each exp(logit - maximum) is kept, as many as there are logits; nil where they
    ///   are not needed again.
    package init(_ logits: UnsafeBufferPointer<Float>, exponentials: UnsafeMutablePointer<Float>? = nil) {
        let whole = logits.count & ~7
        let raw = UnsafeRawPointer(logits.baseAddress)
        let kept = UnsafeMutableRawPointer(exponentials)

        var maxima = Lanes(repeating: -.infinity)
        for index in stride(from: 0, to: whole, by: 8) {
            guard let raw else { break }
            let lanes = raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
            maxima.replace(with: lanes, where: lanes .> maxima)
        }
        var maximum = maxima.max()
        for index in whole..<logits.count { maximum = max(maximum, logits[index]) }

        var sum = 0.0
        for block in stride(from: 0, to: whole, by: 4096) {
            guard let raw else { break }
            var partial = Lanes.zero
            for index in stride(from: block, to: min(block + 4096, whole), by: 8) {
                let terms = exponential(raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self) - maximum)
                kept?.storeBytes(of: terms, toByteOffset: index * 4, as: Lanes.self)
                partial += terms
            }
            sum += Double(partial.sum())
        }
        for index in whole..<logits.count {
            let term = exp(logits[index] - maximum)
            exponentials?[index] = term
            sum += Double(term)
        }
        self.maximum = maximum
        self.sum = sum
    }

    /// -ln softmax of a logit, in nats.
    package func nats(_ logit: Float) -> Double { log(sum) - Double(logit - maximum) }

    /// Whether the logits were numbers.
    package var isFinite: Bool { maximum.isFinite && sum.isFinite }

    /// The index of the largest logit, the lowest where several are.
    package func likeliest(in logits: UnsafeBufferPointer<Float>) -> Int {
        logits.firstIndex(of: maximum) ?? 0
    }
}

/// What numeric loops over a vocabulary take at a time.
typealias Lanes = SIMD8<Float>

/// exp(x) for x <= 0, relative error below 2e-7; 0 below -87.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of degree 7 (remainder below 6e-9), 2^n by
/// the exponent bits. ln 2 is split in two parts so that r keeps its low bits (Cody and Waite).
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
    var clamped = x
    clamped.replace(with: -87, where: x .< -87)
    // Adding 1.5 x 2^23 rounds to the nearest integer and leaves it in the low bits. (Swift's conversion of float
    // vectors to integers goes lane by lane.)
    let rounder: Float = 12_582_912
    let shifted = clamped * 1.442_695_04 + rounder
    let n = shifted - rounder
    let r = (clamped - n * 0.693_359_375) + n * 2.121_944_4e-4
    var p = Lanes(repeating: 1.0 / 5040)
    p = p * r + (1.0 / 720)
    p = p * r + (1.0 / 120)
    p = p * r + (1.0 / 24)
    p = p * r + (1.0 / 6)
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let integer = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- rounder.bitPattern
    let exponent = (integer &+ 127) &<< 23
    var result = p * unsafeBitCast(exponent, to: Lanes.self)
    result.replace(with: 0, where: x .< -87)
    return result
}
