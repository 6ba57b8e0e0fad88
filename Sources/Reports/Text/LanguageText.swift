import LabCore

/// What a language's record says, in words.
struct LanguageText {
    private let record: LanguageRecord

    init(_ record: LanguageRecord) { self.record = record }

    /// "48 of 49": answers in the language asked, of those whose language can be told; nil where it was not looked at.
    var told: String? {
        record.inLanguage.map { "\($0) of \($0 + (record.inOther ?? 0))" }
    }

    /// "1 in another, 2 undecided, confidence 98 %".
    var toldNote: String {
        guard let inLanguage = record.inLanguage else { return "" }
        let other = record.inOther ?? 0
        let undecided = record.right + record.wrong - inLanguage - other
        let notes = [
            other > 0 ? "\(other) in another" : nil, undecided > 0 ? "\(undecided) undecided" : nil,
            record.confidencePercent.map { "median confidence \(Format.fixed($0, 0))\(Format.percentSign)" },
        ]
        return notes.compactMap { $0 }.joined(separator: ", ")
    }

    /// "+0.0123", nats per token.
    var loss: String? { record.lossNats.map { Format.signed($0, 4) } }

    /// "+0.0123", nats per token.
    var excess: String? { record.excessNats.map { Format.signed($0, 4) } }

    /// "95 % CI −0.0021 to 0.0267".
    var interval: String? {
        record.excessInterval.map { interval in
            "\(Format.plain(interval.level * 100, digits: 4))\(Format.percentSign) CI "
                + "\(Format.fixed(interval.low, 4)) to \(Format.fixed(interval.high, 4))"
        }
    }

    /// "en 50/50, de 49/50", of one evaluation's records.
    static func list(_ records: [LanguageRecord]) -> String {
        records.map { "\(Format.excerpt($0.language, limit: 20)) \($0.right)/\($0.prompts)" }.joined(separator: ", ")
    }
}
