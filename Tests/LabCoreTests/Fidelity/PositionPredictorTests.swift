import Foundation
import LabCore
import Testing

@Suite("What is kept of a parent's prediction")
struct PositionPredictorTests {
    @Test("the likeliest tokens are those of a full sort, equal ones by their ids", arguments: [7, 100, 1003, 40_001])
    func top(vocabulary: Int) throws {
        var synthetic = SyntheticLogits(seed: UInt64(vocabulary))
        // Rounded to a tenth, so that many are equal.
        let row = synthetic.row(vocabulary: max(8, vocabulary)).map { ($0 * 10).rounded() / 10 }
        let order = row.indices.sorted { (row[$0], -$0) > (row[$1], -$1) }
        for count in [1, 5, 64, 128] {
            let kept = try predictions(of: [row], PredictionSettings(topCount: count, tailCount: 4)).positions[0]
            #expect(kept.top.map { Int($0.id) } == Array(order.prefix(count)))
        }
    }

    @Test("probabilities are those of the definition, to half a step of 2^-11 nats")
    func values() throws {
        var synthetic = SyntheticLogits(seed: 4)
        let row = synthetic.row(vocabulary: 20_000)
        let expected = probabilities(row)
        let record = try predictions(of: [row], PredictionSettings())
        let kept = record.positions[0]
        #expect(abs(record.score.nllSumNats + log(expected[7])) < 2e-6)
        #expect(kept.nats == Float(record.score.nllSumNats))
        for token in kept.top + kept.samples {
            #expect(abs(token.logProbability - log(expected[Int(token.id)])) < 0.5 / 2048 + 1e-5)
        }
        let top = Set(kept.top.map(\.id))
        let tail = expected.indices.filter { !top.contains(Int32($0)) }.reduce(0) { $0 + expected[$1] }
        #expect(abs(Double(kept.tailMass) / tail - 1) < 1e-6)
    }

    @Test("tail tokens are drawn as often as they are likely")
    func frequencies() throws {
        var synthetic = SyntheticLogits(seed: 5)
        let row = synthetic.row(vocabulary: 200)
        let record = try predictions(
            of: Array(repeating: row, count: 500), PredictionSettings(topCount: 100, tailCount: 100))
        var counts = [Double](repeating: 0, count: row.count)
        for sample in record.positions.flatMap(\.samples) { counts[Int(sample.id)] += 1 }
        let top = Set(record.positions[0].top.map { Int($0.id) })
        let expected = probabilities(row)
        let mass = expected.indices.filter { !top.contains($0) }.reduce(0) { $0 + expected[$1] }
        var chiSquare = 0.0
        for token in row.indices {
            if top.contains(token) {
                #expect(counts[token] == 0)
            } else {
                let mean = 50_000 * expected[token] / mass
                chiSquare += (counts[token] - mean) * (counts[token] - mean) / mean
            }
        }
        // scipy.stats.chi2.interval(0.999, 99): 60.3 to 151.9.
        #expect((60.3...151.9).contains(chiSquare))
    }

    @Test("a tail without mass has no samples, nor has a vocabulary that is kept whole")
    func noTail() throws {
        var row = [Float](repeating: -200, count: 50)
        for index in 0..<10 { row[index] = Float(index) }
        let record = try predictions(of: [row, row], PredictionSettings(topCount: 10, tailCount: 3))
        #expect(record.positions[0].tailMass == 0)
        #expect(record.positions[0].samples == Array(repeating: PredictedToken(id: 0, code: 0), count: 3))
        #expect(try ChunkPredictions(decoding: record.encoded()) == record)
        #expect(estimate(record, [row, row]).sumVariance == 0)

        let whole = try predictions(of: [row], PredictionSettings(topCount: 128, tailCount: 64))
        #expect(whole.positions[0].top.count == 50 && whole.positions[0].samples.isEmpty)
        #expect(try ChunkPredictions(decoding: whole.encoded()) == whole)
    }

    @Test("logits that are no numbers are not described", arguments: [Float.nan, .infinity])
    func notFinite(value: Float) {
        var row = [Float](repeating: 0, count: 500)
        row[300] = value
        #expect(throws: CancellationError.self) { try predictions(of: [row], PredictionSettings()) }
    }
}
