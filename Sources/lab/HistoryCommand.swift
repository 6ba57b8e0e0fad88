import ArgumentParser
import Foundation
import History
import LabCore
import LabRunner

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Look at what was measured.", subcommands: [List.self],
        defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest runs.")

        @Option(help: "How many.")
        var limit: Int = 20

        @OptionGroup var places: PlaceOptions

        func run() throws {
            let runs = try History(at: places.historyFile).runs(limit: limit)
            guard !runs.isEmpty else {
                print("no runs yet in \(places.historyFile.path)")
                return
            }
            for run in runs {
                let verdict = run.verdict.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
                print("\(run.id)  \(verdict)  \(run.suite)  \(run.candidates.joined(separator: ", "))")
            }
        }
    }
}
