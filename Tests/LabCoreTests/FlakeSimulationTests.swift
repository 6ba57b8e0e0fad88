import Foundation
import LabCore
import Testing

@Suite("Flakes of a comparison")
struct FlakeSimulationTests {
    @Test(
        "a candidate no worse than allowed fails at most 1 % of the comparisons, three metrics together",
        arguments: [0.1, 1, 10], [0, 1.0])
    func unchanged(spread: Double, truth: Double) {
        // Noise with a heavy right tail: exponential by its quantiles, mean 0, standard deviation about 1.
        let raw = (0..<100).map { -log(1 - (Double($0) + 0.5) / 100) }
        let mean = raw.reduce(0, +) / 100
        let noise = raw.map { spread * ($0 - mean) }
        let metrics = [noise, noise.map { -$0 }, Array(noise.reversed())].map { noise in
            (worsenings: noise.map { 0.01 * (truth + $0) }, allowed: 0.01)
        }
        let result = FlakeSimulation(
            metrics: metrics, alpha: 0.01, shuffles: 400, seed: Digest(of: "\(spread) \(truth)"))
        // Of 400 with 1 % each, more than 13 fail with probability 1e-4 (scipy.stats.binom.sf).
        #expect(result.failures <= 13)
        // Little noise and no change: always decided. At the limit itself nearly never.
        if spread == 0.1 { #expect(truth == 0 ? result.undecided == 0 : result.undecided > 350) }
    }

    @Test("a candidate three times as much worse as is allowed fails every time")
    func worse() {
        let worsenings = (0..<100).map { 0.03 + 0.001 * Double($0 % 5 - 2) }
        let result = FlakeSimulation(
            metrics: [(worsenings, 0.01)], alpha: 0.01, shuffles: 50, seed: Digest(of: "worse"))
        #expect(result.failures == 50)
    }
}
