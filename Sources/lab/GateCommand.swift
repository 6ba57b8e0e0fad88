import ArgumentParser
import CommandSupport
import Foundation
import History
import LabCore
import LabRunner
import ModelFormats
import Reports

struct GateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate", abstract: "Judge a run by its suite's limits and against another run, chunk by chunk.")

    @Argument(help: ArgumentHelp("The run under test: an id, the beginning of one, or 'last'.", valueName: "run"))
    var subject: String

    @Option(help: "The run to hold it against.")
    var against: String

    @Option(help: "How many percent higher than the reference's the perplexity may be.")
    var tolerance: Double = 1

    @Option(help: "Write a JUnit XML file here.")
    var junit: String?

    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if !tolerance.isFinite || tolerance < 0 { throw ValidationError("--tolerance must be 0 or more") }
    }

    func run() throws {
        let history = try History(at: places.historyFile)
        var record = try history.resolve(subject)
        let comparison = RunComparison(record, against: try history.resolve(against), tolerancePercent: tolerance)
        for verdict in comparison.verdicts {
            print("\(verdict.status.rawValue)  \(verdict.evaluation) on \(verdict.backend): \(verdict.reason)")
        }
        if let junit {
            record.verdicts = comparison.verdicts
            record.verdict = comparison.verdict
            try AtomicFile.write(Data(JUnitReport.render(record).utf8), to: URL(fileURLWithPath: junit))
        }
        print("gate: \(comparison.verdict.rawValue)")
        throw LabCore.ExitCode.Ending(exitCode: comparison.verdict.exitCode)
    }
}
