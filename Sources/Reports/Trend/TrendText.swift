import Foundation
package import LabCore

/// Which parts of their keys trends of a metric that are shown together differ in, beyond those that are always named.
package struct TrendNames: Sendable {
    let hasDevices: Bool
    let hasEvaluations: Bool
    let hasDatasets: Bool
    let hasSuites: Bool

    package init(_ trends: [Trend]) {
        let metrics = Dictionary(grouping: trends.map(\.key), by: \.metric).values
        func differ(_ part: (SeriesKey) -> String) -> Bool { metrics.contains { Set($0.map(part)).count > 1 } }
        hasDevices = differ(\.device)
        hasEvaluations = differ(\.evaluation)
        hasDatasets = differ(\.dataset)
        hasSuites = differ(\.suite)
    }
}

/// What a trend says, in words.
package struct TrendText {
    /// "perplexity increase, pajama-tiny Q4_K_M on cpu".
    package let heading: String
    /// "perplexity increase, percent".
    package let quantity: String
    /// "pajama-tiny Q4_K_M on cpu, wikitext2, suite balanced".
    package let subject: String
    /// What the trend shows, in sentences.
    package let description: String
    /// "+0.31 percentage points (1.20 % to 1.51 %) from run 20261122-223500-3f9c1a on, 2026-11-22", for each shift.
    package let shifts: [String]

    /// - Parameter others: the trends that are shown together with this one, which its names must tell it from.
    package init(_ trend: Trend, among others: TrendNames = TrendNames([])) {
        let key = trend.key
        let unit = key.unit == "1" ? "" : ", \(Format.words(key.unit))"
        quantity = Format.words(key.metric) + unit
        let model = [key.model, key.recipe].filter { !$0.isEmpty }.joined(separator: " ")
        let whose = key.role == .parent ? "\(model) (parent)" : model
        let device = others.hasDevices ? " (\(key.device))" : ""
        let place = "\(whose) on \(key.backend)\(device)"
        let evaluation = others.hasEvaluations ? ["evaluation \(key.evaluation)"] : []
        subject = ([place, key.dataset, "suite \(key.suite)"] + evaluation).filter { !$0.isEmpty }
            .joined(separator: ", ")
        let rest = (others.hasDatasets ? [key.dataset] : []) + (others.hasSuites ? ["suite \(key.suite)"] : [])
        heading = ([Format.words(key.metric), place] + (rest + evaluation).filter { !$0.isEmpty })
            .joined(separator: ", ")
        shifts = trend.shifts.compactMap { shift in
            guard trend.points.indices.contains(shift.index) else { return nil }
            let point = trend.points[shift.index]
            return "\(trend.shownChange(shift)) (\(trend.shown(shift.before)) to \(trend.shown(shift.after))) "
                + "from run \(point.runID) on, \(Self.day(point.startedAt))"
        }
        var text = "Line chart of \(Format.count(trend.points.count, "run"))"
        if let first = trend.points.first, let last = trend.points.last {
            let values = trend.points.map(\.value)
            let (low, high) = (values.min() ?? 0, values.max() ?? 0)
            text += " from \(Self.day(first.startedAt)) to \(Self.day(last.startedAt)). "
            text += "The newest value is \(trend.shown(last.value)), "
            text += "the lowest \(trend.shown(low)), the highest \(trend.shown(high))"
        }
        text +=
            shifts.isEmpty ? ". The level did not shift." : ". The level shifted: \(shifts.joined(separator: "; "))."
        description = text
    }

    /// The day of a moment, in UTC.
    static func day(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }
}

extension Trend {
    /// A value in the trend's unit.
    func shown(_ value: Double) -> String { Format.value(value, of: key.metric, unit: key.unit) }

    /// A value where its unit stands beside it; the percent sign stays.
    func shownBesideUnit(_ value: Double) -> String {
        Format.valueBesideUnit(value, of: key.metric, unit: key.unit)
    }

    /// By how much a shift changed the level, with a sign: "+0.31 percentage points".
    func shownChange(_ shift: Shift) -> String {
        let change = shift.after - shift.before
        return (change < 0 ? "" : "+") + Format.change(change, unit: key.unit)
    }
}
