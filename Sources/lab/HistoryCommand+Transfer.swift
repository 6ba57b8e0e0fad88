import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import Reports

struct HistoryExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a whole copy of the history, or a part of it, while others go on writing.")

    @Argument(help: "The file; a history that is there is replaced.")
    var file: String

    @Option(help: "Only runs since a date (2026-11-01) or of so many days (30d).")
    var since: Moment?

    @Option(help: "Only runs of this suite.")
    var suite: String?

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let runs = try History(at: places.historyFile, for: .reading)
            .export(to: URL(fileURLWithPath: file), since: since?.date, suite: suite)
        print("wrote \(Format.count(runs, "run")) to \(file)")
    }
}

struct HistoryImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over what other histories have. Doing it again changes nothing.")

    @Argument(help: "The files, of this lab's version or older.")
    var files: [String]

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let history = try History(at: places.historyFile)
        for file in files {
            let summary = try history.importHistory(from: URL(fileURLWithPath: file))
            print(
                "\(file): \(Format.count(summary.runs, "new run")), \(summary.knownRuns) known; "
                    + "\(Format.count(summary.measurements, "new measurement")), "
                    + "\(Format.count(summary.samples, "new sample")); "
                    + "\(Format.count(summary.acceptances, "new acceptance")), \(Format.count(summary.tags, "new tag"))"
            )
            if summary.conflicts > 0 {
                print(
                    "  \(Format.count(summary.conflicts, "sample")) had another result there; the one computed first is kept"
                )
            }
        }
    }
}

struct HistoryCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read every row: whether the file is whole and says what its records say.",
        discussion: "Ends with 4 where something is wrong.")

    @Option(help: "Save what can be read into this new file.")
    var rescue: String?

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let check = try HistoryCheck(of: places.historyFile)
        for problem in check.problems { print("problem: \(VisibleText(problem).text)") }
        if let content = check.content {
            print("history \(places.historyFile.path) is whole")
            print(
                "schema \(check.version), \(Format.count(check.runs, "run")), "
                    + "\(Format.count(check.measurements, "measurement")), \(Format.count(check.samples, "sample"))")
            print("content \(content)")
        } else if rescue == nil {
            print("check --rescue FILE saves what can be read into a new history")
        }
        if let rescue {
            let saved = try HistoryRescue(from: places.historyFile, into: URL(fileURLWithPath: rescue))
            for table in saved.tables {
                let spoilt = table.spoilt > 0 ? ", \(table.spoilt) spoilt" : ""
                print(
                    "\(table.name): \(table.saved) saved\(spoilt)\(table.isDamaged ? ", the rest cannot be read" : "")")
            }
            print("the rescued history is \(rescue)")
        }
        if check.content == nil { throw LabCore.ExitCode.Ending(exitCode: .unavailable) }
    }
}

struct HistorySQL: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql", abstract: "Ask with SQL; nothing can be changed.",
        discussion: "runs_v, measurements_v and verdicts_v keep their columns in every version: docs/history.md.")

    enum Style: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv
    }

    @Argument(help: "One SELECT.")
    var query: String

    @Option(help: "How to show the answer: table, json or csv.")
    var format: Style = .table

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let result = try History(at: places.historyFile, for: .reading).query(query)
        switch format {
        case .table: print(Output.table(result))
        case .json: print(try Output.json(result))
        case .csv: print(Output.csv(result.columns, result.rows.map { $0.map(\.text) }))
        }
    }
}
