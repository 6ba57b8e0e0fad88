import LabCore

/// What the terminal says of a fidelity record under its measurements.
enum TerminalFidelity {
    /// How many of the worst tokens are shown.
    private static let worstCount = 3

    /// The noise floor, the flips, the parent's predictions and the worst tokens.
    static func lines(_ record: FidelityRecord, in run: RunRecord, _ terminal: TerminalText) -> [String] {
        let text = FidelityText(record, in: run)
        var sentences: [String] = []
        if let floor = record.floor, let origin = text.floorOrigin {
            sentences.append(
                "noise floor: KL mean \(Format.significant(floor.klMeanNats)), max \(Format.significant(floor.klMaxNats)), "
                    + "top-1 agreement \(Format.fixed(floor.topAgreementPercent, 2)) % (\(origin))")
        } else {
            sentences.append("noise floor: \(FidelityText.unknownFloor)")
        }
        if let mcNemar = text.mcNemar {
            let flips = record.flips
            sentences.append(
                "flips: only \(text.parent) is right at \(Format.count(flips.onlyParentRight, "position")), "
                    + "only \(text.candidate) at \(flips.onlyCandidateRight) (exact McNemar test, \(mcNemar))")
        }
        if let pack = record.pack, record.source == .pack {
            sentences.append(
                "parent's predictions: pack \(pack.id.short), \(FidelityText.size(of: pack)); "
                    + "mean KL estimated with a standard error of \(text.standardError)")
        } else {
            sentences.append("parent's predictions: computed side by side; every divergence is exact")
        }
        let worst = record.worst.prefix(worstCount).map { line($0.token, text, terminal) }
        return sentences.flatMap { terminal.wrap("  \(VisibleText($0).text)", indent: 4) } + worst
    }

    /// "  KL 9.123  …the capital of France is[␣Paris]  BF16 ␣Paris, Q4_K_M ␣the".
    private static func line(_ token: DivergentToken, _ text: FidelityText, _ terminal: TerminalText) -> String {
        func shown(_ raw: String, columns: Int) -> String {
            TerminalText.start(of: VisibleText(VisibleToken.token(raw)).text, columns: columns)
        }
        let choice = terminal.width >= 100 ? 16 : 10
        let start = "  KL \(Format.significant(token.klNats))  "
        let end =
            "[\(shown(token.token, columns: choice))]  \(shorten(text.parent)) \(shown(token.parentChoice, columns: choice)), "
            + "\(shorten(text.candidate)) \(shown(token.candidateChoice, columns: choice))"
        let room = terminal.width - TerminalText.columns(start) - TerminalText.columns(end)
        let context = VisibleText(VisibleToken.context(token.context)).text
        let line = start + (room > 1 ? TerminalText.end(of: context, columns: room) : "") + end
        return TerminalText.start(of: line, columns: terminal.width)
    }

    private static func shorten(_ label: String) -> String {
        TerminalText.start(of: VisibleText(label).text, columns: 12)
    }
}
