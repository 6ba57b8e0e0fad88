import Foundation

/// -ln softmax(logits)[token], in nats.
///
/// Two passes over the vocabulary in SIMD lanes: the maximum, then the sum of exp(logit - maximum). The lanes of
/// each block of 4,096 logits are summed in single precision and the blocks in double, so that the error stays
/// below 1e-6 at vocabularies of 150,000.
func negativeLogLikelihood(logits: UnsafeBufferPointer<Float>, token: Int) -> Double {
    typealias Lanes = SIMD8<Float>
    let whole = logits.count & ~7
    guard let base = logits.baseAddress else { return .nan }
    let raw = UnsafeRawPointer(base)

    var maxima = Lanes(repeating: -.infinity)
    for index in stride(from: 0, to: whole, by: 8) {
        let lanes = raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
        maxima.replace(with: lanes, where: lanes .> maxima)
    }
    var maximum = maxima.max()
    for index in whole..<logits.count { maximum = max(maximum, logits[index]) }

    var sum = 0.0
    for block in stride(from: 0, to: whole, by: 4096) {
        var partial = Lanes.zero
        for index in stride(from: block, to: min(block + 4096, whole), by: 8) {
            partial += exponential(raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self) - maximum)
        }
        sum += Double(partial.sum())
    }
    for index in whole..<logits.count { sum += Double(exp(logits[index] - maximum)) }
    return log(sum) - Double(logits[token] - maximum)
}

/// exp(x) for x <= 0, relative error below 2e-7; 0 below -87.
///
/// x = n ln 2 + r with |r| <= ln 2 / 2; exp(r) by its Taylor polynomial of degree 7 (remainder below 6e-9), 2^n by
/// the exponent bits. ln 2 is split in two parts so that r keeps its low bits (Cody and Waite).
@inline(__always)
private func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
    var clamped = x
    clamped.replace(with: -87, where: x .< -87)
    // Adding 1.5 x 2^23 rounds to the nearest integer and leaves it in the low bits. (Swift's conversion of float
    // vectors to integers goes lane by lane.)
    let rounder: Float = 12_582_912
    let shifted = clamped * 1.442_695_04 + rounder
    let n = shifted - rounder
    let r = (clamped - n * 0.693_359_375) + n * 2.121_944_4e-4
    var p = SIMD8<Float>(repeating: 1.0 / 5040)
    p = p * r + (1.0 / 720)
    p = p * r + (1.0 / 120)
    p = p * r + (1.0 / 24)
    p = p * r + (1.0 / 6)
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let integer = unsafeBitCast(shifted, to: SIMD8<UInt32>.self) &- rounder.bitPattern
    let exponent = (integer &+ 127) &<< 23
    var result = p * unsafeBitCast(exponent, to: SIMD8<Float>.self)
    result.replace(with: 0, where: x .< -87)
    return result
}
