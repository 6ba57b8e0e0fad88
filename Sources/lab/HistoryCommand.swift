import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import LabRunner
import Reports

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Look at what was measured, and keep it in order.",
        subcommands: [
            List.self, Show.self, HistoryTrend.self, HistoryAccept.self, HistoryTag.self, HistoryPrune.self,
            HistoryExport.self, HistoryImport.self, HistoryCheckCommand.self, HistorySQL.self,
        ],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")

        @Option(help: "Runs of this suite.")
        var suite: String?

        @Option(help: "Runs of this model.")
        var model: String?

        @Option(help: "Runs of this recipe.")
        var recipe: String?

        @Option(help: "Runs from this branch.")
        var branch: String?

        @Option(help: "Runs with this tag.")
        var tag: String?

        @Option(help: "Runs since a date (2026-11-01) or for so many days (30d).")
        var since: Moment?

        @Option(help: "How many.")
        var limit: Int = 20

        @Option(help: "How to show them: table or json.")
        var format: ListFormat = .table

        @OptionGroup var places: PlaceOptions

        func validate() throws {
            if limit < 1 { throw ValidationError("--limit must be at least 1") }
        }

        func run() throws {
            var filter = RunFilter()
            filter.suite = suite
            filter.model = model
            filter.recipe = recipe
            filter.branch = branch
            filter.tag = tag
            filter.since = since?.date
            filter.limit = limit
            let history = try History(at: places.historyFile, for: .reading)
            if let tag { try history.requireTag(tag) }
            let runs = try history.runs(filter)
            switch format {
            case .table: print(Self.table(runs, in: places.historyFile))
            case .json: print(try Output.json(runs.map(RunLine.init)))
            }
        }

        private static func table(_ runs: [RunSummary], in file: URL) -> String {
            guard !runs.isEmpty else { return "no such runs in \(file.path)" }
            var table = TextTable(
                Array(repeating: ("", .left), count: 6))
            for run in runs {
                let names = (run.acceptedAt == nil ? [] : ["accepted"]) + run.tags
                table.append(
                    [
                        run.id, run.verdict.rawValue,
                        Format.moment(run.startedAt).replacingOccurrences(of: " UTC", with: ""), run.suite,
                        run.candidates.joined(separator: ", "), names.joined(separator: " "),
                    ].map { VisibleText($0).text })
            }
            // Without titles: scripts take the first word of each line.
            return table.lines.dropFirst().joined(separator: "\n")
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What a run found, from its record.")

        @Argument(help: ArgumentHelp("The run: an id, the beginning of one, or 'last'.", valueName: "run"))
        var reference: String

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let history = try History(at: places.historyFile, for: .reading)
            let record = try history.resolve(reference)
            print(TerminalReport.render(record, width: Terminal.width, color: Terminal.hasColor))
            print("started \(Format.moment(record.startedAt))")
            if let origin = record.origin, let place = origin.branch ?? origin.commit {
                let commit = origin.branch == nil ? nil : origin.commit.map { " at \($0.prefix(12))" }
                print("from \(VisibleText(place).text)\(commit ?? "")")
            }
            print("command \(VisibleText(record.command).text)")
            let tags = try history.tags(of: record.id)
            if !tags.isEmpty { print("tags \(VisibleText(tags.joined(separator: ", ")).text)") }
            for acceptance in try history.acceptances(of: record.id) {
                let note = acceptance.note.isEmpty ? "" : ": \(VisibleText(acceptance.note).text)"
                print("accepted \(Format.moment(acceptance.acceptedAt))\(note)")
            }
        }
    }
}

/// A run in a list, as JSON.
private struct RunLine: Encodable {
    let run: String
    let startedAt: Date
    let suite: String
    let verdict: String
    let candidates: [String]
    let durationSeconds: Double
    let branch: String?
    let tags: [String]
    let acceptedAt: Date?
    let command: String

    init(_ run: RunSummary) {
        self.run = run.id
        startedAt = run.startedAt
        suite = run.suite
        verdict = run.verdict.rawValue
        candidates = run.candidates
        durationSeconds = run.durationSeconds
        branch = run.branch
        tags = run.tags
        acceptedAt = run.acceptedAt
        command = run.command
    }
}

/// How a list is shown.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json
}
