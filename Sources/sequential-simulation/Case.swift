import Foundation
import LabCore

/// A recorded series.
struct Series: Sendable {
    /// File and recipe: "smollm2-135m-wikitext2 Q4_K_M".
    let name: String
    /// NLL differences of its chunks.
    let differences: [Double]

    /// Whether the demand on the share of chunks used is made of it.
    var isLong: Bool { differences.count >= 500 }
}

/// One population and one margin.
struct Case: Sendable {
    /// Truth over margin where the command line names none: below 1 passes.
    static let ratios = [0.25, 0.5, 0.75, 0.9, 0.97, 0.999, 1.001, 1.03, 1.1, 1.33, 2, 4]
    /// The margins of the suites.
    static let margins = [("balanced", log(1.05)), ("hq", log(1.02)), ("ultra", log(1.12))]
    /// What is planted on one chunk.
    static let plantedNats = 5.0

    let series: Series
    /// "own": the series as it is, and the margin that makes the ratio. Else the margin of a suite, and the series
    /// moved so that its mean makes the ratio.
    let margin: String
    let ratio: Double
    let isPlanted: Bool
    let polarity: Polarity

    /// Every case of a series.
    static func all(of series: Series, ratios: [Double]) -> [Case] {
        let margins = ["own"] + margins.map(\.0)
        return margins.flatMap { margin in
            [false, true].flatMap { isPlanted in
                // The other direction is the mirror image, to the last bit: its own orders once are enough.
                (margin == "own" ? [Polarity.lowerIsBetter, .higherIsBetter] : [.lowerIsBetter]).flatMap { polarity in
                    ratios.map {
                        Case(series: series, margin: margin, ratio: $0, isPlanted: isPlanted, polarity: polarity)
                    }
                }
            }
        }
    }

    /// The population and the gate; nil where a series that is no worse than its parent has no margin of its own.
    ///
    /// - Parameter reach: margins to either side of the margin at which values are clipped; nil for the design's own.
    func setUp(reach: Double?) -> (values: [Double], design: SequentialGate.Design)? {
        var values = series.differences
        if isPlanted { values[values.count / 2] += Self.plantedNats }
        let mean = values.reduce(0, +) / Double(values.count)
        let limit: Double
        if let fixed = Self.margins.first(where: { $0.0 == margin })?.1 {
            limit = fixed
            values = values.map { $0 - mean + limit * ratio }
        } else {
            guard mean > 0 else { return nil }
            limit = mean / ratio
        }
        var design = SequentialGate.Design.nllDifferences(limitNats: limit, populationSize: values.count)
        if let reach { design.clip = limit - reach * limit...limit + reach * limit }
        if polarity == .higherIsBetter {
            values = values.map { -$0 }
            design.polarity = .higherIsBetter
            design.limit = -design.limit
            design.clip = -design.clip.upperBound ... -design.clip.lowerBound
        }
        return (values, design)
    }

    /// Whether at most 20 % of the chunks may be used, in the median.
    var isTimed: Bool { series.isLong && margin == "own" && (ratio == 0.5 || ratio == 2) }
}
