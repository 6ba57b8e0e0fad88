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
        commandName: "gate",
        abstract: "Judge a run by its suite's limits and against an earlier run, chunk by chunk.")

    @Argument(help: ArgumentHelp("The run to judge: an id, the beginning of one, or 'last'.", valueName: "run"))
    var subject: String = "last"

    @OptionGroup var gate: GateOptions

    @OptionGroup var places: PlaceOptions

    func run() throws {
        let history = try History(at: places.historyFile, for: .reading)
        let verdict = try gate.judge(history.resolve(subject), against: gate.reference(), in: history)
        throw LabCore.ExitCode.Ending(exitCode: verdict.exitCode)
    }
}

/// What a gate compares with, what it allows, and where it tells.
struct GateOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            What to hold the run against: last-accepted, a run, or branch NAME. Default: the run accepted last, if \
            there is one.
            """, valueName: "reference"))
    var against: [String] = []

    @Option(
        help: ArgumentHelp(
            "How much worse a metric may be: perplexity=1%, kl_mean=0.002, or both, kl_mean=10%,0.001. Repeatable.",
            valueName: "metric=amount"))
    var tolerance: [Tolerance] = []

    @Option(help: "Write a JUnit XML file here.")
    var junit: String?

    @Option(help: "Write a JSON file here.")
    var json: String?

    @Option(help: "Write a Markdown summary here, such as $GITHUB_STEP_SUMMARY.")
    var markdown: String?

    @Flag(inversion: .prefixedNo, help: "Print annotations for GitHub. Default: in GitHub Actions.")
    var annotations: Bool = ProcessInfo.processInfo.environment["GITHUB_ACTIONS"] == "true"

    /// One `--tolerance`.
    struct Tolerance: ExpressibleByArgument {
        let value: RegressionTolerance

        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let metric = MetricDefinition.named(parts[0]) else { return nil }
            var tolerance = RegressionTolerance(metric: metric.name, relativePercent: nil, absolute: nil)
            for amount in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                let isRelative = amount.hasSuffix("%")
                guard let number = Double(isRelative ? amount.dropLast() : amount), number.isFinite, number >= 0,
                    isRelative ? tolerance.relativePercent == nil : tolerance.absolute == nil
                else { return nil }
                if isRelative { tolerance.relativePercent = number } else { tolerance.absolute = number }
            }
            value = tolerance
        }
    }

    /// Whether any of this was asked for.
    var isAnythingAsked: Bool {
        !against.isEmpty || !tolerance.isEmpty || junit != nil || json != nil || markdown != nil
    }

    /// What to hold the run against; nil for the run accepted last, if there is one.
    func reference() throws -> ReferenceRun? { against.isEmpty ? nil : try ReferenceRun(words: against) }

    /// Judges, tells, and returns the verdict.
    func judge(_ run: RunRecord, against reference: ReferenceRun?, in history: History) throws -> VerdictStatus {
        let outcome = try GateOutcome(run, against: reference, tolerances: tolerance.map(\.value), in: history)
        print(GateTerminal.render(outcome, width: Terminal.width, color: Terminal.hasColor))
        if annotations { print(GateAnnotations.render(outcome)) }
        if let json { try AtomicFile.write(GateJSON.render(outcome), to: URL(fileURLWithPath: json)) }
        if let markdown {
            try AtomicFile.write(Data(GateMarkdown.render(outcome).utf8), to: URL(fileURLWithPath: markdown))
        }
        if let junit {
            var record = run
            record.verdicts = outcome.verdicts
            record.verdict = outcome.verdict
            try AtomicFile.write(Data(JUnitReport.render(record).utf8), to: URL(fileURLWithPath: junit))
        }
        return outcome.verdict
    }
}
