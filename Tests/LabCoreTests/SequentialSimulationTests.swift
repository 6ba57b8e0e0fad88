import Foundation
import LabCore
import Testing

@Suite("Sequential gate by simulation")
struct SequentialSimulationTests {
    /// The recorded series, by file and recipe. `./lab prove sequential` runs many more orders of them.
    private static func recorded() throws -> [(name: String, differences: [Double])] {
        let folder = statisticsFixtures.appendingPathComponent("differences")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.flatMap { file in
            let recorded = try JSONDecoder().decode(RecordedDifferences.self, from: Data(contentsOf: file))
            return recorded.recipes.map { ("\(file.lastPathComponent) \($0)", recorded.differences($0)) }
        }
    }

    @Test(
        "on recorded series the early verdict is that of all chunks but for 1 % of the orders",
        arguments: [0.5, 0.97, 1.03, 2], [0, 5.0])
    func disagreement(ratio: Double, planted: Double) throws {
        let series = try Self.recorded()
        #expect(series.count >= 5)
        for (name, differences) in series {
            var values = differences
            values[0] += planted
            let margin = values.reduce(0, +) / Double(values.count) / ratio
            let result = SequentialSimulation(
                values: values, design: .nllDifferences(limitNats: margin, populationSize: values.count),
                shuffles: 200, seed: Digest(of: "\(name) \(ratio) \(planted)"))
            // Of 200 orders with 1 % each, more than 8 are wrong with probability 1e-4 (scipy.stats.binom.sf).
            #expect(result.disagreements <= 8, "\(name)")
            if differences.count == 592, planted == 0, ratio == 0.5 || ratio == 2 {
                #expect(try #require(result.shareUsed(at: 0.5)) <= 0.2, "\(name)")
            }
        }
    }

    @Test("of values that lie at the limit on average and jump between the clip's ends, at most 1 % of the orders err")
    func worstCase() {
        // No clip and no allowance to be cautious with: half the values at each end. Were the capital not the one that
        // the theory has, errors would abound. The mean of 0.5 is outside.
        let values = (0..<400).map { $0.isMultiple(of: 2) ? 0.0 : 1.0 }
        let result = SequentialSimulation(
            values: values, design: .share(limit: 0.5, populationSize: 400), shuffles: 2000, seed: Digest(of: "worst"))
        // 20 expected at most; more than 35 with probability 1e-3 (scipy.stats.binom.sf).
        #expect(result.disagreements > 0 && result.disagreements <= 35)
    }

    @Test("the same seed gives the same simulation")
    func seeded() {
        let values = (0..<100).map { Double($0 % 7) / 10 }
        let runs = (0..<2).map { _ in
            SequentialSimulation(
                values: values, design: .share(limit: 0.35, populationSize: 100), shuffles: 50, seed: Digest(of: "a"))
        }
        #expect(runs[0].counts == runs[1].counts && runs[0].disagreements == runs[1].disagreements)
    }
}
