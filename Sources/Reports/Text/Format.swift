package import Foundation
package import LabCore

/// Numbers and names the way people read them.
///
/// A minus is U+2212; groups of a kind are as wide as each other.
package enum Format {
    /// A percent sign that stays on the line of its number.
    package static let percentSign = "\u{A0}%"

    /// A number with a fixed count of decimals.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "invalid" }
        let text = Digits.fixed(abs(value), decimals) ?? String(format: "%.\(decimals)f", abs(value))
        return value < 0 && !isZero(text) ? "\u{2212}" + text : text
    }

    /// Whether a number that was written without a sign shows as zero.
    private static func isZero(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    }

    /// A number with a sign, unless it shows as zero.
    package static func signed(_ value: Double, _ decimals: Int) -> String {
        let text = fixed(value, decimals)
        return value > 0 && value.isFinite && !isZero(text) ? "+" + text : text
    }

    /// A number as a person wrote it: so many significant digits at most, no trailing zeros.
    package static func plain(_ value: Double, digits: Int = 6) -> String {
        guard value.isFinite else { return "invalid" }
        let text = Digits.printed("%.\(digits)g", value)
        return text.utf8.contains(UInt8(ascii: "-")) ? text.replacingOccurrences(of: "-", with: "\u{2212}") : text
    }

    /// A number with so many significant digits, in tens below 0.0001: "0.01234", "12.34", "1.2×10⁻⁷".
    package static func significant(_ value: Double, _ digits: Int = 4) -> String {
        guard value.isFinite else { return "invalid" }
        guard value != 0 else { return "0" }
        let exponent = decimalExponent(value, digits)
        guard exponent < -4 else { return fixed(value, max(0, digits - 1 - exponent)) }
        let rounded = decimalExponent(value, 2)
        let raised = String(rounded).map { $0 == "-" ? "\u{207B}" : superscripts[$0.wholeNumberValue ?? 0] }.joined()
        return "\(fixed(value / pow(10, Double(rounded)), 1))\u{D7}10\(raised)"
    }

    private static let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]

    /// The power of ten of the first digit, after rounding to so many.
    private static func decimalExponent(_ value: Double, _ digits: Int) -> Int {
        let text = Digits.printed("%.\(digits - 1)e", value).utf8
        return text.lastIndex(of: UInt8(ascii: "e")).flatMap { Int(Substring(text[text.index(after: $0)...])) } ?? 0
    }

    /// Metrics whose values are changes, and carry a sign.
    private static let changes = [
        MetricDefinition.perplexityIncrease.name, MetricDefinition.logRatio.name,
        MetricDefinition.thoughtLengthChange.name, MetricDefinition.languageDegradation.name,
    ]

    /// Units of things that are counted, each with a singular.
    private static let counts: Set = ["texts", "prompts", "languages"]

    /// Whether a value in a unit is a whole number of things.
    static func isCount(_ value: Double, unit: String) -> Bool { counts.contains(unit) && value == value.rounded() }

    /// A number of a unit with the digits that people read it with; `extra` more for one that would look like another.
    private static func number(_ value: Double, unit: String, extra: Int = 0) -> String {
        switch unit {
        case "percent", "percentage_points": fixed(value, 2 + extra)
        case "1": fixed(value, 4 + extra)
        case "tokens": fixed(value, 1 + extra)
        case let unit where counts.contains(unit): fixed(value, isCount(value, unit: unit) ? 0 : 1 + extra)
        default: significant(value, 4 + extra)
        }
    }

    /// A measured value in its unit, with enough digits to tell it from the limit it is judged by.
    package static func value(_ value: Double, of metric: String, unit: String, limit: Double? = nil) -> String {
        let number = valueBesideUnit(value, of: metric, unit: unit, limit: limit)
        return number + unitWords(unit, behind: number)
    }

    /// The same where the unit's words stand elsewhere; a percent sign stays.
    static func valueBesideUnit(_ value: Double, of metric: String, unit: String, limit: Double? = nil) -> String {
        let sign = (changes.contains(metric) || metric.hasSuffix("_change")) && value > 0 ? "+" : ""
        var extra = 0
        while extra < 4, let limit, value != limit,
            number(value, unit: unit, extra: extra) == number(limit, unit: unit, extra: extra)
        {
            extra += 1
        }
        let text = number(value, unit: unit, extra: extra)
        return (isZero(text) ? "" : sign) + text + Format.sign(unit)
    }

    /// The value that a gate judged; nil when there is none.
    static func value(of verdict: Verdict) -> String? {
        verdict.value.map {
            value(
                $0, of: verdict.metric ?? "", unit: verdict.threshold?.unit ?? "1", limit: verdict.threshold?.limit)
        }
    }

    /// What a measurement rests on: "n = 592", "n = 590, 2 without a score".
    static func sample(_ measurement: LabCore.Measurement) -> String {
        let unscored = measurement.unscored ?? 0
        return "n = \(measurement.n)" + (unscored > 0 ? ", \(unscored) without a score" : "")
    }

    /// A unit behind a number that follows others in it: the percent sign, or nothing.
    static func sign(_ unit: String) -> String { unit == "percent" ? percentSign : "" }

    /// A unit behind its number.
    static func suffix(_ unit: String) -> String { sign(unit) + unitWords(unit) }

    /// A unit of words behind its number, with its space; empty for others.
    ///
    /// - Parameter number: the number; "1" is followed by a singular, "1 text".
    static func unitWords(_ unit: String, behind number: String? = nil) -> String {
        switch unit {
        case "percent", "1": ""
        case "texts", "prompts", "languages", "tokens", "percentage_points":
            " " + words(number == "1" ? String(unit.dropLast()) : unit)
        // A number and its unit stay on one line, which has an end.
        default: " " + (unit.count > 32 ? words(String(unit.prefix(32))) + "\u{2026}" : words(unit))
        }
    }

    /// A limit in its unit, with the side that passes: "< 5 %".
    package static func limit(_ threshold: Threshold) -> String {
        let side = threshold.polarity == .lowerIsBetter ? "<" : ">"
        return "\(side)\u{A0}\(amount(threshold.limit, unit: threshold.unit))"
    }

    /// A limit beside a value in its unit: "limit < 5 %", "limit < 0.08".
    static func limitBesideValue(_ threshold: Threshold) -> String {
        let side = threshold.polarity == .lowerIsBetter ? "<" : ">"
        return "limit \(side)\u{A0}\(plain(threshold.limit))\(sign(threshold.unit))"
    }

    /// A limit's amount in its unit: "5 %".
    package static func amount(_ value: Double, unit: String) -> String {
        let number = plain(value)
        return number + sign(unit) + unitWords(unit, behind: number)
    }

    /// A difference of two amounts of a unit: "0.31 percentage points".
    package static func change(_ value: Double, unit: String) -> String {
        if unit == "percent" { return "\(significant(value, 2)) percentage points" }
        let number = isCount(value, unit: unit) ? fixed(value, 0) : significant(value, 2)
        return number + sign(unit) + unitWords(unit, behind: number)
    }

    /// An interval with its level and without its unit: "95 % CI 0.61 to 1.23".
    package static func interval(_ interval: Interval, unit: String) -> String {
        "\(plain(interval.level * 100, digits: 4))\(percentSign) CI \(range(interval, unit: unit))"
    }

    /// The ends of an interval, with equally many decimals: "0.61 to 1.23".
    package static func range(_ interval: Interval, unit: String) -> String {
        let reach = max(abs(interval.low), abs(interval.high))
        let exponent = reach.isFinite && reach > 0 ? decimalExponent(reach, 4) : 0
        switch unit {
        case "percent", "percentage_points": return "\(fixed(interval.low, 2)) to \(fixed(interval.high, 2))"
        case "tokens": return "\(fixed(interval.low, 1)) to \(fixed(interval.high, 1))"
        case "1": return "\(fixed(interval.low, 4)) to \(fixed(interval.high, 4))"
        default:
            guard exponent >= -4 else { return "\(significant(interval.low)) to \(significant(interval.high))" }
            let decimals = max(0, 3 - exponent)
            return "\(fixed(interval.low, decimals)) to \(fixed(interval.high, decimals))"
        }
    }

    /// A probability given as -ln p: "93.1 %", "< 0.01 %".
    package static func probability(nats: Double) -> String {
        guard nats.isFinite else { return "invalid" }
        let percent = 100 * exp(-nats)
        if percent >= 99.95 { return "> 99.9" + percentSign }
        if percent < 0.01 { return "< 0.01" + percentSign }
        return fixed(percent, percent < 1 ? 2 : 1) + percentSign
    }

    /// A share in 0...1, of so many things that a tenth of a percent tells them apart: "97.1 %".
    static func share(_ value: Double) -> String { fixed(100 * value, 1) + percentSign }

    /// A text from outside as a part of a sentence: its start, and in quotes where it has spaces or nothing else.
    ///
    /// ``VisibleText`` still has to make the sentence safe to show.
    static func excerpt(_ raw: String, limit: Int) -> String {
        let isCut = raw.unicodeScalars.dropFirst(limit).first != nil
        let isWord = !raw.isEmpty && !isCut && !raw.unicodeScalars.contains { $0.properties.isWhitespace }
        return isWord ? raw : quote(raw, limit: limit)
    }

    /// The start of a text from outside in quotes.
    static func quote(_ raw: String, limit: Int) -> String {
        "\u{201C}\(start(of: raw, limit: limit))\u{201D}"
    }

    /// The start of a text from outside, with an ellipsis where something is left out.
    static func start(of raw: String, limit: Int) -> String {
        let isCut = raw.unicodeScalars.dropFirst(limit).first != nil
        return VisibleToken.context(String(raw.unicodeScalars.prefix(limit))) + (isCut ? "\u{2026}" : "")
    }

    /// A whole number with its thousands apart: "151,552".
    package static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return value < 0 ? "\u{2212}" + text : text
    }

    /// A size in decimal units: "6.7 MB", "5.03 GB".
    package static func bytes(_ bytes: Int64) -> String { ByteSize(bytes).description }

    /// A wall time: "0.42 s", "12.3 s", "3 min 05 s", "2 h 07 min".
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "invalid" }
        if seconds < 9.995 { return fixed(seconds, 2) + " s" }
        if seconds < 59.95 { return fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
        let minutes = Int((seconds / 60).rounded())
        return String(format: "%d h %02d min", minutes / 60, minutes % 60)
    }

    /// A moment in UTC: "2026-11-22 22:35:00 UTC".
    package static func moment(_ date: Date) -> String {
        date.formatted(.iso8601).replacingOccurrences(of: "T", with: " ").replacingOccurrences(of: "Z", with: " UTC")
    }

    /// A day in UTC: "2026-11-22".
    package static func day(_ date: Date) -> String { String(date.formatted(.iso8601).prefix(10)) }

    /// A count with its noun: "1 chunk", "64 chunks".
    package static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// What computed: "llama.cpp b11434-1a2b3c", or mlx-lm, whose build names it.
    static func engine(_ engine: EngineRecord) -> String {
        engine.build.hasPrefix("mlx") ? engine.build : "llama.cpp \(engine.build)"
    }

    /// A metric's or unit's name in words: "perplexity increase", "KL p99", "top-1 agreement".
    package static func words(_ name: String) -> String {
        if name == MetricDefinition.followedAgreement.name { return "teacher-forced agreement" }
        return name.split(separator: "_", omittingEmptySubsequences: false)
            .map { $0 == "kl" ? "KL" : $0 == "top1" ? "top-1" : String($0) }.joined(separator: " ")
    }

    /// "importance matrix of 39 windows of wiki.valid.raw".
    static func calibration(_ calibration: CalibrationRecord) -> String {
        "importance matrix of \(count(calibration.windows, "window")) of \(calibration.datasets.joined(separator: ", "))"
    }

    /// What was found in history rather than computed.
    package static func reuse(_ reuse: ReuseRecord) -> String {
        let samples = reuse.samplesReused + reuse.samplesComputed
        let artifacts = reuse.artifactsReused + reuse.artifactsBuilt
        return "reused \(reuse.samplesReused) of \(count(samples, "sample")), "
            + "\(reuse.artifactsReused) of \(count(artifacts, "artifact"))"
    }
}
