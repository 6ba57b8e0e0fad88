import LabCore

/// What backends compute beside each other, on the page: a table of predictions and one of texts, where they differ most,
/// and how each was held against itself.
///
/// Property names are the template's tags.
struct ConsistencySection {
    let predictions: [Row]
    let hasPredictions: Bool
    let texts: [Row]
    let hasTexts: Bool
    let flaws: [Flaw]
    let worst: [Worst]
    let pairs: [Pair]
    let hasPairs: Bool
    let notes: [Note]

    /// A comparison, or a backend beside itself. The values are of predictions, or of texts.
    struct Row {
        let name: Markup
        let against: Markup
        let first: Markup
        let second: Markup
        let third: Markup
    }

    /// Tokens that are not the same on both sides.
    struct Flaw {
        let text: Markup
    }

    /// Tokens at which two sides differ most.
    struct Worst {
        let heading: Markup
        let parent: Markup
        let candidate: Markup
        let first = Markup("CPU")
        let second = Markup("here")
        let tokens: [FidelitySection.WorstRow]
    }

    /// Two texts that part.
    struct Pair {
        let place: Markup
        let note: Markup
        let prompt: Markup
        let reference: Markup
        let other: Markup
    }

    struct Note {
        let text: Markup
    }

    /// Pairs of texts and tokens of a comparison on a page; report.json has all that were kept.
    private static let (pairLimit, tokenLimit) = (3, 4)

    /// Nil where nothing was compared.
    init?(_ run: RunRecord) {
        guard let records = run.consistency, !records.isEmpty else { return nil }
        predictions = records.flatMap { record in
            Self.rows(record, record.predictions, record.predictionsFloor, in: run) { figures in
                [
                    Format.significant(figures.klMeanNats, 3), Format.share(figures.topAgreementPercent / 100),
                    Format.significant(figures.logitDifferenceMaxNats, 3),
                ]
            }
        }
        hasPredictions = !predictions.isEmpty
        texts = records.flatMap { record in
            Self.rows(record, record.texts, record.textsFloor, in: run) { figures in
                [
                    Format.share(figures.similarityPercent / 100), Format.share(figures.exactPercent / 100),
                    figures.firstDivergence.map { "token \($0)" } ?? "nowhere",
                ]
            }
        }
        hasTexts = !texts.isEmpty
        flaws = ConsistencyText.flaws(in: run).map { Flaw(text: Markup($0, limit: 300)) }
        worst = records.compactMap { record in
            guard let reference = record.reference, !record.worst.isEmpty else { return nil }
            let name = ConsistencyText.name(of: record.side, in: run)
            return Worst(
                heading: Markup("Where \(name) differs most", limit: 300),
                parent: Markup(ConsistencyText.name(of: reference, in: run), limit: 300),
                candidate: Markup(name, limit: 300),
                tokens: record.worst.prefix(Self.tokenLimit).map(FidelitySection.row))
        }
        pairs = records.flatMap { record in
            record.differences.prefix(Self.pairLimit).map { Self.pair($0, of: record, in: run) }
        }
        hasPairs = !pairs.isEmpty
        notes = records.compactMap { record in
            ConsistencyText.floor(record, in: run).map { Note(text: Markup($0, limit: 300)) }
        }
    }

    private static func rows<Figures>(
        _ record: ConsistencyRecord, _ figures: Figures?, _ floor: Figures?, in run: RunRecord,
        values: (Figures) -> [String]
    ) -> [Row] {
        let name = Markup("\(ConsistencyText.name(of: record.side, in: run)), \(record.evaluation)", limit: 300)
        func row(_ against: String, _ figures: Figures) -> Row {
            let values = values(figures).map { Markup($0) }
            return Row(
                name: name, against: Markup(against, limit: 300), first: values[0], second: values[1],
                third: values[2])
        }
        let compared = record.reference.flatMap { reference in
            figures.map { row("against \(ConsistencyText.name(of: reference, in: run))", $0) }
        }
        return [compared, floor.map { row("against itself, computed otherwise", $0) }].compactMap { $0 }
    }

    private static func pair(
        _ difference: ConsistencyRecord.Difference, of record: ConsistencyRecord, in run: RunRecord
    ) -> Pair {
        let marked = MarkedTexts(difference.reference, difference.other, reach: .end)
        let token = difference.firstDivergence
        return Pair(
            place: Markup("\(ConsistencyText.name(of: record.side, in: run)), \(record.evaluation)", limit: 300),
            note: Markup(
                token == 0 ? "Parts at the first token" : "The same for \(Format.count(token, "token"))"),
            prompt: Markup(prose: difference.prompt, limit: 800), reference: marked.first, other: marked.second)
    }
}
