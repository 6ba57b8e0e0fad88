import Foundation
import LabCore

/// A file of recorded series that is none.
struct UnreadableRecord: LocalizedError {
    let file: String
    let cause: String
    var errorDescription: String? { "\(file) is no record of ./lab prove sequential record: \(cause)" }
}

extension Series {
    /// The series of a file, one for each recipe.
    static func all(in file: URL) throws -> [Series] {
        let data = try Data(contentsOf: file)
        let recorded: RecordedDifferences
        do {
            recorded = try JSONDecoder().decode(RecordedDifferences.self, from: data)
        } catch {
            throw UnreadableRecord(file: file.path, cause: "\(error)")
        }
        return recorded.recipes.map {
            Series(
                name: "\(file.deletingPathExtension().lastPathComponent) \($0)", differences: recorded.differences($0))
        }
    }
}

/// What came out of one case.
struct Row: Sendable {
    let of: Case
    let limit: Double
    let disagreement: Double
    let disagreementLimit: Double
    let median: Double
    let ninetieth: Double
    let isSound: Bool

    /// Simulates a case; nil for one that cannot be set up.
    init?(_ one: Case, shuffles: Int, seed: Digest, reach: Double?) {
        guard let (values, design) = one.setUp(reach: reach) else { return nil }
        let result = SequentialSimulation(values: values, design: design, shuffles: shuffles, seed: seed)
        guard let upper = result.disagreementLimit, let median = result.shareUsed(at: 0.5),
            let ninetieth = result.shareUsed(at: 0.9)
        else { return nil }
        of = one
        limit = design.limit
        disagreement = result.disagreement
        disagreementLimit = upper
        self.median = median
        self.ninetieth = ninetieth
        isSound = upper <= design.alpha && (!one.isTimed || median <= 0.2)
    }
}

/// The table on standard output.
struct Table {
    let header = """
        series                            margin    nats     truth/margin  planted  better  disagreement  (99 % limit)  \
        chunks used: median   90 %
        """

    func line(_ row: Row) -> String {
        let one = row.of
        return pad(one.series.name, 34) + pad(one.margin, 10) + pad(String(format: "%.5f", row.limit), 9)
            + pad(String(format: "%.3f", one.ratio), 14) + pad(one.isPlanted ? "+5 nats" : "-", 9)
            + pad(one.polarity == .lowerIsBetter ? "lower" : "higher", 8) + pad(percent(row.disagreement), 14)
            + pad(percent(row.disagreementLimit), 14) + pad(percent(row.median), 22) + percent(row.ninetieth)
            + (row.isSound ? "" : "   <-- NOT MET")
    }

    func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }

    private func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count + 1), withPad: " ", startingAt: 0)
    }
}
