import Foundation
import LabCore
import Testing

@Suite("Divergence from the parent")
struct DivergenceTests {
    private static func exact(_ parent: [Float], _ candidate: [Float]) -> Double {
        parent.withUnsafeBufferPointer { p in
            candidate.withUnsafeBufferPointer { q in
                ExactDivergence.nats(parent: p, LogSoftmax(p), candidate: q, LogSoftmax(q))
            }
        }
    }

    @Test(
        "over the whole vocabulary it is the definition's, from next to nothing to an unrelated model",
        arguments: [1e-4, 1e-3, 0.02, 0.2, 1, 4], [300, 49_152, 151_939])
    func exactly(noise: Double, vocabulary: Int) {
        var synthetic = SyntheticLogits(seed: 8)
        let parent = synthetic.row(vocabulary: vocabulary)
        let candidate = synthetic.candidate(of: parent, noise: noise)
        let expected = divergence(parent, candidate)
        #expect(abs(Self.exact(parent, candidate) / expected - 1) < (noise < 0.01 ? 1e-3 : 1e-5))
    }

    @Test("equal logits give exactly 0, and so do logits that are shifted")
    func equal() {
        var synthetic = SyntheticLogits(seed: 9)
        let row = synthetic.row(vocabulary: 5001).map { ($0 * 64).rounded() / 64 }
        #expect(Self.exact(row, row) == 0)
        #expect(Self.exact(row, row.map { $0 + 3 }) == 0)
    }

    @Test("the largest difference of logits is that of the normalized ones; a pack knows that of the tokens it keeps")
    func logitDifference() throws {
        var synthetic = SyntheticLogits(seed: 12)
        let parent = synthetic.row(vocabulary: 300)
        let candidate = synthetic.candidate(of: parent, noise: 0.2).map { $0 + 5 }
        let differences = zip(probabilities(parent), probabilities(candidate)).map { abs(log($0) - log($1)) }
        let largest = try #require(differences.max())
        let exact = parent.withUnsafeBufferPointer { p in
            candidate.withUnsafeBufferPointer { q in
                ExactDivergence.logitDifferenceMax(parent: p, LogSoftmax(p), candidate: q, LogSoftmax(q))
            }
        }
        #expect(abs(exact - largest) < 1e-4)
        // All tokens are kept; then 20 of them.
        for (settings, kept) in [
            (300, parent.indices.map { $0 }), (20, Array(parent.indices.sorted { parent[$0] > parent[$1] }.prefix(20))),
        ] {
            let record = try predictions(of: [parent], PredictionSettings(topCount: settings, tailCount: 2, seed: 1))
            var tail = TailMass(vocabulary: 300)
            let found = candidate.withUnsafeBufferPointer { row in
                DivergenceEstimate(
                    record.positions[0], candidate: row, softmax: tail.softmax(row), tail: &tail)
            }.logitDifferenceMax
            let ofKept = try #require(kept.map { differences[$0] }.max())
            // The two that were drawn may differ more.
            #expect(found > ofKept - 1 / 4096 - 1e-4 && found < largest + 1 / 4096 + 1e-4)
        }
    }

    /// From a good candidate to one whose tail has little to do with the parent's.
    static let noises = [0.05, 0.3, 1.0, 2.0]

    @Test("its estimate is unbiased and its standard error covers the truth as often as it claims", arguments: noises)
    func covers(noise: Double) throws {
        var synthetic = SyntheticLogits(seed: 10)
        let parents = (0..<24).map { _ in synthetic.row(vocabulary: 2000) }
        let candidates = parents.map { synthetic.candidate(of: $0, noise: noise) }
        let truth = zip(parents, candidates).reduce(0) { $0 + divergence($1.0, $1.1) }
        let seeds = 400
        var (covered, errors, variances) = (0, [Double](), 0.0)
        for seed in 0..<seeds {
            let record = try predictions(
                of: parents, PredictionSettings(topCount: 64, tailCount: 32, seed: UInt64(seed)))
            let (klNats, variance) = estimate(record, candidates)
            let error = klNats.reduce(0, +) - truth
            if abs(error) <= 1.96 * variance.squareRoot() { covered += 1 }
            errors.append(error)
            variances += variance / Double(seeds)
        }
        let mean = errors.reduce(0, +) / Double(seeds)
        let spread = errors.reduce(0) { $0 + $1 * $1 } / Double(seeds)
        #expect(abs(mean) < 4 * (spread / Double(seeds)).squareRoot())
        #expect(abs(spread / variances - 1) < 0.3)
        #expect((0.92...0.98).contains(Double(covered) / Double(seeds)))
    }

    @Test("no positions have no divergence and no error, and one alone keeps its own")
    func few() throws {
        let none = DivergenceEstimate.combine([])
        #expect(none.klNats.isEmpty && none.sumVariance == 0)
        var synthetic = SyntheticLogits(seed: 13)
        let parent = [synthetic.row(vocabulary: 2000)]
        let candidate = parent.map { synthetic.candidate(of: $0, noise: 0.3) }
        let record = try predictions(of: parent, PredictionSettings())
        let (klNats, variance) = estimate(record, candidate)
        #expect(klNats.count == 1 && variance > 0)
        #expect(abs(klNats[0] - divergence(parent[0], candidate[0])) < 4 * variance.squareRoot())
    }

    @Test("the parent against itself is 0 but for the rounding of what is kept")
    func itself() throws {
        var synthetic = SyntheticLogits(seed: 12)
        let rows = (0..<8).map { _ in synthetic.row(vocabulary: 3000) }
        let (klNats, variance) = estimate(try predictions(of: rows, PredictionSettings()), rows)
        // p d²/2 with d at most 2^-12 and the same for the samples: 6e-8 nats.
        #expect(klNats.allSatisfy { $0 >= -1e-9 && $0 < 6e-8 })
        #expect(variance < 1e-14)
    }

    @Test("where the whole vocabulary is kept the estimate is exact")
    func whole() throws {
        var synthetic = SyntheticLogits(seed: 13)
        let parent = synthetic.row(vocabulary: 100)
        let candidate = synthetic.candidate(of: parent, noise: 0.5)
        let record = try predictions(of: [parent], PredictionSettings())
        let (klNats, variance) = estimate(record, [candidate])
        #expect(abs(klNats[0] / divergence(parent, candidate) - 1) < 1e-3)
        #expect(variance == 0)
    }
}
