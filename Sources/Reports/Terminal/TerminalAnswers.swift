import LabCore

/// What the terminal says of answers under an evaluation's measurements: a line or two.
enum TerminalAnswers {
    /// - Parameter measurements: those of an evaluation on a backend.
    static func lines(
        of measurements: [LabCore.Measurement], in run: RunRecord, _ terminal: TerminalText
    ) -> [String] {
        guard let first = measurements.first else { return [] }
        func isHere(_ evaluation: String, _ backend: String) -> Bool {
            evaluation == first.evaluation && backend == first.backend
        }
        let sheets = (run.answers ?? []).filter { isHere($0.evaluation, $0.backend) }
        let languages = (run.languages ?? []).filter { isHere($0.evaluation, $0.backend) }
        let candidates = run.artifacts.filter { $0.role == .candidate }
        return candidates.flatMap { candidate -> [String] in
            let prefix = candidates.count > 1 ? "\(run.label(of: candidate.path)), " : ""
            let own = languages.filter { $0.artifact == candidate.path }
            var sentences = own.isEmpty ? [] : ["\(prefix)languages: \(LanguageText.list(own))"]
            for sheet in sheets where sheet.artifact == candidate.path {
                let text = AnswersText(sheet, in: run)
                let mode = sheet.mode.map { "\($0): " } ?? ""
                if text.areRenderings {
                    sentences.append(
                        "\(prefix)\(mode)\(Format.count(sheet.prompts - sheet.right, "prompt")) rendered differently")
                } else {
                    let right = "\(sheet.right)/\(sheet.prompts) right"
                    sentences.append(
                        prefix + mode + [right, text.flips].compactMap { $0 }.joined(separator: "; "))
                }
            }
            return sentences.flatMap { terminal.wrap("  \(VisibleText($0, limit: 1000).text)", indent: 4) }
        }
    }
}
