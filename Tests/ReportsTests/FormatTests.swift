import Foundation
import LabCore
import Reports
import Testing

@Suite struct FormatTests {
    @Test(arguments: [
        (1.234, nil as Double?, "+1.23 %"), (-1.235, nil, "\u{2212}1.24 %"), (0.004, nil, "0.00 %"),
        (-0.004, nil, "0.00 %"), (0, nil, "0.00 %"), (4.999, 5, "+4.999 %"), (5.0004, 5, "+5.0004 %"),
        (5, 5, "+5.00 %"), (0.15, 0.2, "+0.15 %"), (4.99999999, 5, "+5.000000 %"), (.nan, nil, "invalid %"),
    ])
    func percentagesCarryASignAndStayApartFromTheirLimit(value: Double, limit: Double?, text: String) {
        #expect(plain(Format.value(value, unit: "percent", limit: limit)) == text)
    }

    @Test(arguments: [(6.35981952, "1", "6.3598"), (0.5, "nats_per_token", "0.5000 nats per token")])
    func otherUnitsHaveFourDecimals(value: Double, unit: String, text: String) {
        #expect(plain(Format.value(value, unit: unit)) == text)
    }

    @Test(arguments: [(5.0, "< 5 %"), (0.2, "< 0.2 %"), (0.005, "< 0.005 %"), (12.5, "< 12.5 %")])
    func limitsAreShownAsTheyWereWritten(limit: Double, text: String) {
        #expect(plain(Format.limit(Threshold(metric: .perplexityIncrease, limit: limit))) == text)
    }

    @Test func intervalsNameTheirLevel() {
        let narrow = Interval(low: 0.611, high: 1.229, level: 0.95)
        #expect(plain(Format.interval(narrow, unit: "percent")) == "95 % CI 0.61 to 1.23")
        let odd = Interval(low: -0.5, high: 6.12345, level: 0.995)
        #expect(plain(Format.interval(odd, unit: "1")) == "99.5 % CI \u{2212}0.5000 to 6.1235")
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
