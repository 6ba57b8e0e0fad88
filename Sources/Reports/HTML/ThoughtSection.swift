import LabCore

/// Tasks to think about, on the page.
///
/// Property names are the template's tags.
struct ThoughtSection {
    let summary: Markup
    let tasks: [Task]
    let isFolded: Bool
    let omitted: Markup
    /// Tasks that are not folded away.
    private static let shown = 8

    struct Task {
        let word: Markup
        let status: Markup
        /// What else is wrong: a thought without an end, a text that is not coherent.
        let flaws: [Flaw]
        let task: Markup
        let note: Markup
        let text: Markup
        /// In front of the first task that is folded away: how many are.
        var fold = Markup("")

        struct Flaw {
            let flaw: Markup
        }
    }

    /// Nil without tasks.
    init?(_ records: [ThoughtRecord], in run: RunRecord) {
        guard !records.isEmpty else { return nil }
        summary = Markup(Self.summary(records))
        var tasks: [Task] = []
        var used = 0
        for record in Self.sorted(records) {
            let task = Self.task(record, in: run)
            used += [task.task, task.text, task.note].reduce(0) { $0 + $1.renderText.utf8.count }
            guard used <= TextPairSection.room || tasks.isEmpty else { break }
            tasks.append(task)
        }
        let fold = Folding.label(of: tasks.count, after: Self.shown)
        if let fold { tasks[Self.shown].fold = fold }
        isFolded = fold != nil
        self.tasks = tasks
        omitted = TextPairSection.omission(records.count - tasks.count)
    }

    private static func summary(_ records: [ThoughtRecord]) -> String {
        let solved = records.count { $0.isSolved }
        var text = "\(solved) of \(Format.count(records.count, "task")) solved"
        let asked = records.compactMap(\.isParentSolved)
        if !asked.isEmpty {
            let parent = asked.count { $0 }
            text +=
                asked.count == records.count
                ? "; the parent solves \(parent)" : "; the parent solves \(parent) of \(asked.count)"
        }
        text += "."
        let unclosed = records.count { $0.isClosed == false }
        if unclosed > 0 { text += " \(Format.count(unclosed, "thought")) \(unclosed == 1 ? "does" : "do") not end." }
        let incoherent = records.count { $0.problem != nil }
        if incoherent > 0 {
            text += " \(Format.count(incoherent, "text")) \(incoherent == 1 ? "is" : "are") not coherent."
        }
        guard solved < records.count else { return text }
        let hasLost = records.contains { !$0.isSolved && $0.isParentSolved == true }
        return text + (hasLost ? " Those that only the parent solves come first." : " Those that are not come first.")
    }

    /// Tasks that only the parent solves, that are not solved, that only the candidate solves, with a flaw; then the rest.
    static func sorted(_ records: [ThoughtRecord]) -> [ThoughtRecord] {
        func rank(_ record: ThoughtRecord) -> Int {
            switch (record.isSolved, record.isParentSolved) {
            case (false, true): 0
            case (false, _): 1
            case (true, false): 2
            case (true, _): record.isClosed == false || record.problem != nil ? 3 : 4
            }
        }
        return (0...4).flatMap { place in records.filter { rank($0) == place } }
    }

    private static func task(_ record: ThoughtRecord, in run: RunRecord) -> Task {
        let word =
            switch (record.isSolved, record.isParentSolved) {
            case (false, true): "Only the parent solves it"
            case (false, false): "Neither solves it"
            case (true, false): "Only the candidate solves it"
            case (true, _): "Solved"
            case (false, nil): "Not solved"
            }
        var notes = record.problem.map { [Format.start(of: $0, limit: 120)] } ?? []
        notes += record.expected.map { ["expected \(Format.excerpt($0, limit: 80))"] } ?? []
        notes.append(
            "\(Format.grouped(record.thinkingTokens)) thinking tokens"
                + (record.parentThinkingTokens.map { ", the parent \(Format.grouped($0))" } ?? ""))
        notes.append("\(run.label(of: record.artifact)), \(record.evaluation) on \(record.backend)")
        let flaws = [
            record.isClosed == false ? "The thought does not end" : nil,
            record.problem == nil ? nil : "Not coherent",
        ]
        return Task(
            word: Markup(word), status: Markup(record.isSolved ? "pass" : "fail"),
            flaws: flaws.compactMap { $0 }.map { Task.Flaw(flaw: Markup($0, limit: 300)) },
            task: Markup(VisibleToken.context(record.task), limit: 600),
            note: Markup(notes.joined(separator: "; "), limit: 400), text: Markup(prose: record.text, limit: 6000))
    }
}
