import Foundation

/// What the command line asks for.
struct Options {
    var shuffles = 10_000
    var seed = "sequential-simulation"
    var series: String?
    var reach: Double?
    var flakes = false
    var changePoints = false
    var ratios = Case.ratios
    var folder = "fixtures/statistics/differences"

    static let usage = """
        usage: sequential-simulation [--shuffles N] [--seed TEXT] [--series TEXT] [--ratios R,...] [--reach MARGINS]
                                     [--differences FOLDER] [--flakes] [--change-points]
          --shuffles N           random orders of each case; default: 10000; with fewer, 1 % may not be shown
          --seed TEXT            decides the orders
          --series TEXT          only series whose name contains the text, such as wikitext2 or Q4_K_M
          --ratios R,...         truths in margins; default: twelve from 0.25 to 4
          --reach MARGINS        another clip: so many margins to either side of the margin
          --differences FOLDER   the recorded series; default: fixtures/statistics/differences
          --flakes               instead: how often a comparison with an accepted run fails a candidate that did not get
                                 worse than allowed
          --change-points        instead: false alarms and delays of the change points of trends

        """

    /// Reads the arguments; nil where they make no sense.
    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if name == "--flakes" {
                flakes = true
                continue
            }
            if name == "--change-points" {
                changePoints = true
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--shuffles":
                guard let count = Int(value), count > 0 else { return nil }
                shuffles = count
            case "--seed": seed = value
            case "--series": series = value
            case "--reach":
                guard let margins = Double(value), margins > 0, margins.isFinite else { return nil }
                reach = margins
            case "--ratios":
                let numbers = value.split(separator: ",").map { Double($0) ?? .nan }
                guard !numbers.isEmpty, numbers.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
                ratios = numbers
            case "--differences": folder = value
            default: return nil
            }
        }
    }

    /// The recorded series, in the order of their files' names.
    func readSeries() throws -> [Series] {
        let folder = URL(fileURLWithPath: folder, isDirectory: true)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.flatMap { file in
            try Series.all(in: file)
        }.filter { series.map($0.name.contains) ?? true }
    }
}
