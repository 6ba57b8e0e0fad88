import Foundation

/// A file of fixtures/statistics/cases: numbers by an independent tool, which it names.
struct StatisticsCases<Case: Decodable>: Decodable {
    let source: String
    let cases: [Case]

    /// The cases of a file, by its name.
    static func load(_ name: String) throws -> [Case] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let file = statisticsFixtures.appendingPathComponent("cases/\(name).json")
        return try decoder.decode(StatisticsCases.self, from: Data(contentsOf: file)).cases
    }
}

let statisticsFixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("fixtures/statistics")

/// Whether a result is the expected one, to a part in 10^9 (or `within`), and missing where it must be.
func agrees(_ value: Double?, _ expected: Double?, within tolerance: Double = 1e-9) -> Bool {
    guard let value, let expected else { return value == nil && expected == nil }
    return value == expected || abs(value - expected) <= tolerance * max(1, abs(expected))
}
