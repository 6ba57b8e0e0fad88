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

    @OptionGroup var place: HistoryOption

    func run() throws {
        try gate.requireWritable()
        let history = try History(at: place.historyFile, for: .reading)
        let outcome = try GateOutcome(
            history.resolve(subject), against: gate.reference(), tolerances: gate.tolerance.map(\.value), in: history)
        try gate.tell(outcome)
        throw LabCore.ExitCode.Ending(exitCode: outcome.verdict.exitCode)
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
    var annotations: Bool?

    /// One `--tolerance`.
    struct Tolerance: ExpressibleByArgument {
        /// More than this is a slip, and no arithmetic's friend.
        static let most = 1e6

        let value: RegressionTolerance

        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let metric = MetricDefinition.named(parts[0]) else { return nil }
            var tolerance = RegressionTolerance(metric: metric.name, relativePercent: nil, absolute: nil)
            for amount in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                let isRelative = amount.hasSuffix("%")
                guard let number = Double(isRelative ? amount.dropLast() : amount), (0...Self.most).contains(number),
                    isRelative ? tolerance.relativePercent == nil : tolerance.absolute == nil
                else { return nil }
                if isRelative { tolerance.relativePercent = number } else { tolerance.absolute = number }
            }
            value = tolerance
        }
    }

    /// Whether any of this was asked for.
    var isAnythingAsked: Bool {
        !against.isEmpty || !tolerance.isEmpty || annotations != nil || !outputs.isEmpty
    }

    /// What to hold the run against; nil for the run accepted last, if there is one.
    func reference() throws -> ReferenceRun? { against.isEmpty ? nil : try ReferenceRun(words: against) }

    private var outputs: [String] { [junit, json, markdown].compactMap { $0 } }

    /// An output that cannot be written is heard of before the work.
    func requireWritable() throws {
        for output in outputs { try Folders.requireWritable(URL(fileURLWithPath: output)) }
    }

    /// Tells an outcome in all the ways that were asked for.
    ///
    /// - Parameter isKnown: whether every judgement stands on the terminal already, so that the last lines suffice.
    func tell(_ outcome: GateOutcome, isKnown: Bool = false) throws {
        print(
            GateTerminal.render(outcome, width: Terminal.width, color: Terminal.hasColor, isBrief: isKnown))
        let environment = ProcessInfo.processInfo.environment
        if annotations ?? (environment["GITHUB_ACTIONS"] == "true") { print(GateAnnotations.render(outcome)) }
        if let json { try AtomicFile.write(GateJSON.render(outcome), to: URL(fileURLWithPath: json)) }
        if let markdown {
            let file = URL(fileURLWithPath: markdown)
            // A step's summary belongs to all that the step runs.
            let before =
                markdown == environment["GITHUB_STEP_SUMMARY"] ? (try? Data(contentsOf: file)) ?? Data() : Data()
            try AtomicFile.write(before + Data(GateMarkdown.render(outcome).utf8), to: file)
        }
        if let junit {
            try AtomicFile.write(Data(JUnitReport.render(outcome.record).utf8), to: URL(fileURLWithPath: junit))
        }
    }
}
