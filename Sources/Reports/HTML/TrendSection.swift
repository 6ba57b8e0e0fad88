import LabCore

/// A judged metric over time, on the page.
///
/// Property names are the template's tags.
struct TrendSection {
    let summary: Markup
    let wide: Markup
    let narrow: Markup

    /// The trends of a page.
    static func all(_ trends: [Trend]) -> [TrendSection] {
        let names = TrendNames(trends)
        return trends.enumerated().compactMap { TrendSection($1, among: names, id: "trend\($0)") }
    }

    /// Nil for a trend with one point: a dot is no trend.
    private init?(_ trend: Trend, among names: TrendNames, id: String) {
        guard trend.points.count > 1, let first = trend.points.first, let last = trend.points.last else { return nil }
        var text = "\(Format.count(trend.points.count, "run")) from \(Format.day(first.startedAt)) to "
        text += "\(Format.day(last.startedAt)); the last has \(trend.shown(last.value))."
        if let shift = trend.shifts.last, trend.points.indices.contains(shift.index) {
            let run = trend.points[shift.index]
            text += " The level last changed with run \(run.runID) of \(Format.day(run.startedAt)): "
            text += "from \(trend.shown(shift.before)) to \(trend.shown(shift.after))."
        } else {
            text += " The level never changed."
        }
        summary = Markup(text)
        wide = Markup(html: TrendSVG.svg(trend, among: names, width: 720, height: 260, id: "\(id)w"))
        narrow = Markup(
            html: TrendSVG.svg(trend, among: names, width: 340, height: 240, id: "\(id)n", hasTooltips: false))
    }
}
