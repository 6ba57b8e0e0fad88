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
        let text = String(format: "%.\(decimals)f", abs(value))
        let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
        return value < 0 && !isZero ? "\u{2212}" + text : text
    }

    /// A number with a sign, unless it shows as zero.
    package static func signed(_ value: Double, _ decimals: Int) -> String {
        let text = fixed(value, decimals)
        let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
        return value > 0 && value.isFinite && !isZero ? "+" + text : text
    }

    /// A number as a person wrote it: six significant digits at most, no trailing zeros.
    package static func plain(_ value: Double) -> String {
        guard value.isFinite else { return "invalid" }
        return String(format: "%.6g", value).replacingOccurrences(of: "-", with: "\u{2212}")
    }

    /// A measured value in its unit, with enough decimals to tell it from the limit it is judged by.
    package static func value(_ value: Double, unit: String, limit: Double? = nil) -> String {
        switch unit {
        case "percent":
            var decimals = 2
            while decimals < 6, let limit, value != limit, fixed(value, decimals) == fixed(limit, decimals) {
                decimals += 1
            }
            return signed(value, decimals) + percentSign
        case "1": return fixed(value, 4)
        default: return fixed(value, 4) + " " + unit.replacingOccurrences(of: "_", with: " ")
        }
    }

    /// A limit in its unit, with the side that passes: "< 5 %".
    package static func limit(_ threshold: Threshold) -> String {
        let side = threshold.polarity == .lowerIsBetter ? "<" : ">"
        return "\(side)\u{A0}\(amount(threshold.limit, unit: threshold.unit))"
    }

    /// A limit's amount in its unit: "5 %".
    package static func amount(_ value: Double, unit: String) -> String {
        switch unit {
        case "percent": "\(plain(value))\(percentSign)"
        case "1": plain(value)
        default: "\(plain(value)) \(unit.replacingOccurrences(of: "_", with: " "))"
        }
    }

    /// An interval without its unit: "95 % CI 0.61 to 1.23".
    package static func interval(_ interval: Interval, unit: String) -> String {
        let decimals = unit == "percent" ? 2 : 4
        let level = plain(interval.level * 100)
        return "\(level)\(percentSign) CI \(fixed(interval.low, decimals)) to \(fixed(interval.high, decimals))"
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

    /// A count with its noun: "1 chunk", "64 chunks".
    package static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// A metric's or unit's name in words: "perplexity increase".
    package static func words(_ name: String) -> String {
        name.replacingOccurrences(of: "_", with: " ")
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
