import LabCore

/// The judged value and its interval on a line from the best that can be, zero or all, to past the limit.
struct Gauge {
    private let value: Double
    private let interval: Interval?
    private let threshold: Threshold
    private let status: VerdictStatus
    private let metric: String
    /// The best value there can be: 100 % of a share that must be high, else zero.
    private let origin: Double
    private let low: Double
    private let high: Double

    /// Nil when the gate has no value, no limit, or no room between them to draw.
    ///
    /// - Parameter known: the value's interval where neither the verdict nor a measurement has it.
    init?(_ verdict: Verdict?, in run: RunRecord, interval known: Interval? = nil) {
        guard let verdict, let value = verdict.value, let threshold = verdict.threshold else { return nil }
        let interval = known ?? verdict.evidence?.interval ?? run.measurement(under: verdict)?.interval
        let isShare = threshold.polarity == .higherIsBetter && threshold.unit == "percent" && value <= 100
        origin = isShare ? 100 : 0
        let marks = [origin, value, threshold.limit] + (interval.map { [$0.low, $0.high] } ?? [])
        guard let smallest = marks.min(), let largest = marks.max(), largest > smallest else { return nil }
        let margin = 0.06 * (largest - smallest)
        low = !isShare && smallest >= 0 ? 0 : smallest - margin
        high = isShare && largest <= 100 ? 100 : largest + margin
        metric = verdict.metric ?? ""
        self.value = value
        self.interval = interval
        self.threshold = threshold
        status = verdict.status
    }

    private var shown: String {
        Format.value(value, of: metric, unit: threshold.unit, limit: threshold.limit)
    }
    private var limitText: String { "limit \(Format.amount(threshold.limit, unit: threshold.unit))" }
    private var range: String? { interval.map { Format.interval($0, unit: threshold.unit) } }

    /// The line alone, for a place where the numbers stand beside it.
    var strip: String { scale("strip \(status.rawValue)") }

    /// The line under its reading.
    var html: String {
        // Where the two would lie on each other, the limit is the one to read.
        let isCrowded = abs(percent(origin) - percent(threshold.limit)) < 10
        let best = origin == 0 ? "0" : Format.amount(origin, unit: threshold.unit)
        return """
            <figure class="gauge \(status.rawValue)">
            <p class="reading" aria-hidden="true"><b>\(VisibleText(shown).escaped)</b> \
            <span>\(VisibleText(range ?? "").escaped)</span></p>
            \(scale("scale"))
            <div class="ticks" aria-hidden="true">\(isCrowded ? "" : tick(best, at: origin))\
            \(tick(limitText, at: threshold.limit))</div>
            </figure>
            """
    }

    private func scale(_ name: String) -> String {
        let label = [shown, range, limitText].compactMap { $0 }.joined(separator: ", ")
        let passing: (Double, Double) =
            threshold.polarity == .lowerIsBetter ? (low, threshold.limit) : (threshold.limit, high)
        let zone = threshold.polarity == .lowerIsBetter ? "zone" : "zone upper"
        var parts = [span(zone, from: passing.0, to: passing.1)]
        if let interval { parts.append(span("band", from: interval.low, to: interval.high)) }
        if low < origin, high > origin { parts.append(mark("zero", at: origin)) }
        parts += [mark("limit", at: threshold.limit), mark("value", at: value)]
        return """
            <div class="\(name)" role="img" aria-label="\(VisibleText(label).escaped)">\(parts.joined())</div>
            """
    }

    private func span(_ name: String, from start: Double, to end: Double) -> String {
        let left = max(0, percent(start))
        let width = max(0, min(100, percent(end)) - left)
        return #"<i class="\#(name)" style="left:\#(text(left))%;width:\#(text(width))%"></i>"#
    }

    private func mark(_ name: String, at position: Double) -> String {
        #"<i class="\#(name)" style="left:\#(text(percent(position)))%"></i>"#
    }

    /// Anchored so that a label at either end stays inside the scale.
    private func tick(_ label: String, at position: Double) -> String {
        let place = percent(position)
        let anchor = place < 12 ? "start" : place > 75 ? "end" : "middle"
        return #"<span class="\#(anchor)" style="left:\#(text(place))%">\#(VisibleText(label).escaped)</span>"#
    }

    private func percent(_ position: Double) -> Double { 100 * (position - low) / (high - low) }

    private func text(_ percent: Double) -> String {
        Format.fixed(percent, 2).replacingOccurrences(of: "\u{2212}", with: "-")
    }
}
