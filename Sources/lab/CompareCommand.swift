import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import LabRunner
import ModelFormats
import Reports

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Two runs, or the newest runs of two artifacts, side by side.",
        discussion: """
            A run is named by its id, the beginning of one, or 'last'; an artifact by its file or the beginning of its \
            SHA-256. Exit code 0 whatever is better: `lab gate` judges.
            """)

    @Argument(help: "The run or artifact to compare with.")
    var a: String

    @Argument(help: "The run or artifact to look at.")
    var b: String

    @Option(help: "Write a page here.")
    var html: String?

    @Option(help: "Write a JSON file here.")
    var json: String?

    @Option(
        help: ArgumentHelp(
            "What counts as the same, as for `lab gate`: perplexity=1%, kl_mean=10%,0.001. Repeatable.",
            valueName: "metric=amount"))
    var tolerance: [GateOptions.Tolerance] = []

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let history = try History(at: places.historyFile, for: .reading)
        let finder = RunFinder(history: history, store: places.storeFolder)
        let (reference, run) = (try finder.run(named: a), try finder.run(named: b))
        let tolerances = RegressionTolerance.ofComparison(
            suite: run.tolerances ?? [], own: tolerance.map(\.value))
        let comparison = RunComparison(run, against: reference, tolerances: tolerances)
        print(CompareTerminal.render(comparison, width: Terminal.width, color: Terminal.hasColor))
        if let html {
            try AtomicFile.write(Data(ComparePage.render(comparison).utf8), to: URL(fileURLWithPath: html))
        }
        if let json { try AtomicFile.write(CompareJSON.render(comparison), to: URL(fileURLWithPath: json)) }
    }
}
