import Foundation
import LabCore

/// Logits with a language model's shape, made anew from a seed.
struct SyntheticLogits {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    /// Marsaglia's xorshift64*: another generator than the one under test.
    mutating func uniform() -> Double {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return (Double((state &* 0x2545_F491_4F6C_DD1D) >> 11) + 0.5) * 0x1p-53
    }

    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }

    mutating func row(vocabulary: Int, spread: Double = 2.5) -> [Float] {
        (0..<vocabulary).map { _ in Float(spread * normal()) }
    }

    /// Other logits: each with its own error, of standard deviation `noise`.
    mutating func candidate(of row: [Float], noise: Double) -> [Float] {
        row.map { $0 + Float(noise * normal()) }
    }
}

/// Softmax by its definition, in double precision.
func probabilities(_ logits: [Float]) -> [Double] {
    let maximum = Double(logits.max() ?? 0)
    let terms = logits.map { exp(Double($0) - maximum) }
    let sum = terms.reduce(0, +)
    return terms.map { $0 / sum }
}

/// KL(p || q) by its definition, in double precision.
func divergence(_ parent: [Float], _ candidate: [Float]) -> Double {
    zip(probabilities(parent), probabilities(candidate)).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }
}

/// A chunk's digest.
let someTokens = Digest(ofTokens: [1, 2, 3])

/// What is kept of some positions, in which token 7 is always the text's.
func predictions(of rows: [[Float]], _ settings: PredictionSettings) throws -> ChunkPredictions {
    var predictor = PositionPredictor(vocabulary: rows[0].count, settings: settings, tokens: someTokens)
    var sum = 0.0
    let positions = try rows.enumerated().map { index, row in
        guard let (nats, kept) = row.withUnsafeBufferPointer({ predictor.predict($0, token: 7, position: index) })
        else { throw CancellationError() }
        sum += nats
        return kept
    }
    return ChunkPredictions(
        vocabulary: rows[0].count, settings: settings, tokens: someTokens,
        score: ChunkScore(nllSumNats: sum, tokenCount: rows.count), positions: positions)
}

/// The estimated divergences of positions, and the variance of their sum.
func estimate(_ parent: ChunkPredictions, _ candidates: [[Float]]) -> (klNats: [Double], sumVariance: Double) {
    var tail = TailMass(vocabulary: parent.vocabulary)
    return DivergenceEstimate.combine(
        zip(parent.positions, candidates).map { position, row in
            row.withUnsafeBufferPointer { logits in
                let softmax = tail.softmax(logits)
                return DivergenceEstimate(position, candidate: logits, softmax: softmax, tail: &tail)
            }
        })
}
