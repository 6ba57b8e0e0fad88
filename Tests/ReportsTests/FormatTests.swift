import Foundation
import LabCore
import Reports
import Testing

@Suite struct FormatTests {
    @Test func fixedDecimalsAreThoseOfPrintf() {
        var state: UInt64 = 7
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 11
        }
        var values = [0, 0.5, 1.5, 2.5, 0.125, 0.375, 0.05, 0.15, 1.005, 999.995, 1e-300, 0x1p51, 0x1p52, 1e17]
        // Halves of every decimal, exact and with a neighbour on each side.
        for _ in 0..<3000 {
            let half = (Double(random() % 2_000_000) + 0.5) / [1, 2, 4, 8, 10, 100, 1e4, 1e6][Int(random() % 8)]
            values += [half, half.nextUp, half.nextDown, Double(random()) / 0x1p40, Double(random()) / 0x1p53]
        }
        for value in values {
            for decimals in 0...9 {
                let expected = String(format: "%.\(decimals)f", value)
                if let text = Digits.fixed(value, decimals) { #expect(text == expected) }
                #expect(Format.fixed(value, decimals) == expected)
            }
        }
        #expect(Digits.fixed(1.25, 1) == "1.2" && Digits.fixed(0.05, 2) == "0.05" && Digits.fixed(1e17, 0) == nil)
    }

    @Test(arguments: [
        (1.234, nil as Double?, "+1.23 %"), (-1.235, nil, "\u{2212}1.24 %"), (0.004, nil, "0.00 %"),
        (-0.004, nil, "0.00 %"), (0, nil, "0.00 %"), (4.999, 5, "+4.999 %"), (5.0004, 5, "+5.0004 %"),
        (5, 5, "+5.00 %"), (0.15, 0.2, "+0.15 %"), (4.99999999, 5, "+5.000000 %"), (.nan, nil, "invalid %"),
    ])
    func percentagesCarryASignAndStayApartFromTheirLimit(value: Double, limit: Double?, text: String) {
        #expect(plain(Format.value(value, of: "perplexity_increase", unit: "percent", limit: limit)) == text)
    }

    @Test(arguments: [
        (6.35981952, "perplexity", "1", "6.3598"), (0.5, "kl_mean", "nats_per_token", "0.5000 nats per token"),
        (0.0123456, "kl_mean", "nats_per_token", "0.01235 nats per token"),
        (-0.00031, "kl_mean_excess", "nats_per_token", "\u{2212}0.0003100 nats per token"),
        (0.0123456, "log_ratio", "nats_per_token", "+0.01235 nats per token"),
        (-3.3333, "accuracy_change", "percentage_points", "\u{2212}3.33 percentage points"),
        (1.5, "plain_accuracy_change", "percentage_points", "+1.50 percentage points"),
        (0, "accuracy_change", "percentage_points", "0.00 percentage points"),
        (94.1667, "accuracy", "percent", "94.17 %"),
        (6.35, "thought_length_change", "percent", "+6.35 %"), (88.74, "shared_prefix", "tokens", "88.7 tokens"),
        (0, "incoherent_texts", "texts", "0 texts"), (1, "incoherent_texts", "texts", "1 text"),
        (2, "incoherent_texts", "texts", "2 texts"), (1.5, "incoherent_texts", "texts", "1.5 texts"),
        (6, "languages_right", "languages", "6 languages"), (12, "thinking_switch_ignored", "prompts", "12 prompts"),
        (0.0123456, "language_degradation", "nats_per_token", "+0.01235 nats per token"),
        (93.21, "top1_agreement", "percent", "93.21 %"), (0, "log_ratio", "nats_per_token", "0 nats per token"),
    ])
    func onlyChangesCarryASign(value: Double, metric: String, unit: String, text: String) {
        #expect(plain(Format.value(value, of: metric, unit: unit)) == text)
    }

    @Test(arguments: [(0.049999, "0.05000"), (0.0499999, "0.0500000")])
    func divergencesStayApartFromTheirLimit(value: Double, wrong: String) {
        let text = plain(Format.value(value, of: "kl_mean", unit: "nats_per_token", limit: 0.05))
        #expect(!text.hasPrefix(wrong), "\(text)")
        #expect(text.hasPrefix("0.0499"))
    }

    @Test(arguments: [
        (0.0, "0"), (12.3456, "12.35"), (9.9996, "10.00"), (1234.5, "1234"), (0.000123456, "0.0001235"),
        (0.0001, "0.0001000"), (0.00009999, "1.0\u{D7}10\u{207B}\u{2074}"), (1.2345e-7, "1.2\u{D7}10\u{207B}\u{2077}"),
        (-3e-12, "\u{2212}3.0\u{D7}10\u{207B}\u{00B9}\u{00B2}"), (9.96e-7, "1.0\u{D7}10\u{207B}\u{2076}"),
        (.nan, "invalid"),
    ])
    func significantDigitsStayAndTinyNumbersAreInTens(value: Double, text: String) {
        #expect(Format.significant(value) == text)
    }

    @Test(arguments: [
        (0.0, "> 99.9 %"), (0.0004, "> 99.9 %"), (0.0513, "95.0 %"), (0.693147, "50.0 %"), (4.7, "0.91 %"),
        (9.2, "0.01 %"), (9.3, "< 0.01 %"), (40, "< 0.01 %"), (.infinity, "invalid"),
    ])
    func probabilitiesAreReadable(nats: Double, text: String) {
        // exp(-0.0513) = 0.94999, exp(-4.7) = 0.0090953, exp(-9.2) = 1.0104e-4, exp(-9.3) = 9.142e-5.
        #expect(plain(Format.probability(nats: nats)) == text)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (151_552, "151,552"), (-1_234_567, "\u{2212}1,234,567")])
    func thousandsAreApart(value: Int, text: String) {
        #expect(Format.grouped(value) == text)
    }

    @Test(arguments: [
        ("kl_mean_excess", "KL mean excess"), ("top1_agreement", "top-1 agreement"), ("kl_p99", "KL p99"),
        ("perplexity_increase", "perplexity increase"), ("teacher_forced_agreement", "teacher-forced agreement"),
    ])
    func metricsHaveNamesForPeople(metric: String, words: String) {
        #expect(Format.words(metric) == words)
    }

    @Test(arguments: [(5.0, "< 5 %"), (0.2, "< 0.2 %"), (0.005, "< 0.005 %"), (12.5, "< 12.5 %")])
    func limitsAreShownAsTheyWereWritten(limit: Double, text: String) {
        #expect(plain(Format.limit(Threshold(metric: .perplexityIncrease, limit: limit))) == text)
    }

    @Test(arguments: [
        (MetricDefinition.incoherentTexts, 1.0, "< 1 text"), (.incoherentTexts, 3, "< 3 texts"),
        (.languagesRight, 4, "> 4 languages"), (.plainAccuracyChange, -3, "> \u{2212}3 percentage points"),
    ])
    func limitsCountAsPeopleDo(metric: MetricDefinition, limit: Double, text: String) {
        #expect(plain(Format.limit(Threshold(metric: metric, limit: limit))) == text)
    }

    @Test func intervalsNameTheirLevel() {
        let narrow = Interval(low: 0.611, high: 1.229, level: 0.95)
        #expect(plain(Format.interval(narrow, unit: "percent")) == "95 % CI 0.61 to 1.23")
        let points = Interval(low: -8.912, high: 0.61, level: 0.95)
        #expect(plain(Format.interval(points, unit: "percentage_points")) == "95 % CI \u{2212}8.91 to 0.61")
        let prefix = Interval(low: 74.912, high: 102.6, level: 0.95)
        #expect(plain(Format.interval(prefix, unit: "tokens")) == "95 % CI 74.9 to 102.6")
        let odd = Interval(low: -0.5, high: 6.12345, level: 0.995)
        #expect(plain(Format.interval(odd, unit: "1")) == "99.5 % CI \u{2212}0.5000 to 6.1235")
        let divergence = Interval(low: -0.000_123, high: 0.0312, level: 0.95)
        #expect(plain(Format.interval(divergence, unit: "nats_per_token")) == "95 % CI \u{2212}0.00012 to 0.03120")
    }

    @Test(arguments: [
        (0 as Int64, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
        (6_700_000, "6.7 MB"), (999_949_999, "999.9 MB"), (999_950_000, "1.00 GB"), (5_030_000_000, "5.03 GB"),
    ])
    func sizesAreDecimal(bytes: Int64, text: String) {
        #expect(Format.bytes(bytes) == text)
    }

    @Test(arguments: [
        (0.0, "0.00 s"), (9.994, "9.99 s"), (9.996, "10.0 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"),
        (83.4, "1 min 23 s"), (3599.6, "1 h 00 min"), (7620, "2 h 07 min"), (-1, "invalid"), (.infinity, "invalid"),
    ])
    func durationsNeverShowSixtyOfAUnit(seconds: Double, text: String) {
        #expect(Format.duration(seconds: seconds) == text)
    }

    private func plain(_ text: String) -> String { text.replacingOccurrences(of: "\u{A0}", with: " ") }
}
