import ArgumentParser
import CommandSupport
import Evaluation
import Foundation
import History
import LabCore
import LabRunner
import Reports

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Quantize, measure, judge and report, as a suite says.")

    @Argument(help: "The suite: a folder with a suite.yaml, such as suites/balanced, or the file itself.")
    var suite: String

    @Option(
        help: "In place of the suite's model: a Hugging Face checkpoint folder, or a repository such as Qwen/Qwen3-8B.")
    var model: String?

    @Option(help: "A recipe in place of the suite's, such as Q3_K_M, or 8bit for MLX.")
    var recipe: String?

    @Option(help: "A GGUF file, or an MLX folder, to judge in place of one made by the recipe.")
    var artifact: String?

    @Option(help: "A backend to run on in place of the suite's; may be given several times.")
    var backend: [String] = []

    @Option(help: "Evaluations to run, separated by commas. Default: all of the suite.")
    var evaluations: String?

    @Option(
        help: """
            A data set in place of the suite's: wikitext2, gsm8k or mgsm-LANGUAGE, which is fetched; or any name, with \
            --dataset-path.
            """)
    var dataset: String?

    @Option(help: "A text file to measure on in place of the suite's.")
    var datasetPath: String?

    @Option(help: "Score at most so many chunks; the verdict then rests on the interval.")
    var limit: Int?

    @Flag(help: "Measure every chunk, whatever the gates say before.")
    var full = false

    @Flag(help: "Run parent and artifact side by side: exact divergences, no pack.")
    var lockstep = false

    @Option(help: "A pack in place of the parent: its file, or the beginning of its identifier.")
    var pack: String?

    @Option(help: "The branch that the run is made for. Default: $LAB_BRANCH, or what GitHub or GitLab say.")
    var branch: String?

    @Flag(help: "Judge the run against an earlier one too, as `lab gate` does.")
    var gate = false

    @OptionGroup(title: "With --gate") var gateOptions: GateOptions

    @OptionGroup(title: "How the engine computes") var compute: ComputeOptions

    @OptionGroup var places: PlaceOptions

    @Option(help: "Folder for the reports.")
    var output: String = "reports"

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        if let problem = NamedDatasets.problem(dataset, path: datasetPath) { throw ValidationError(problem) }
        if lockstep, pack != nil { throw ValidationError("--lockstep needs the parent; leave out --pack") }
        if !gate, gateOptions.isAnythingAsked { throw ValidationError("--against and the like belong to --gate") }
        if recipe != nil, artifact != nil { throw ValidationError("--recipe and --artifact exclude each other") }
    }

    func run() throws {
        var options = RunOptions(
            suite: try Suite(at: URL(fileURLWithPath: suite)), output: URL(fileURLWithPath: output),
            command: CommandLine.text(as: "./lab"))
        options.recipe = recipe
        options.artifact = artifact.map { URL(fileURLWithPath: $0) }
        options.backends = try backend.map { try Self.backendName($0.lowercased()) }
        options.evaluations = evaluations.map { $0.split(separator: ",").map(String.init) } ?? []
        options.limit = limit
        options.isFull = full
        options.isLockstep = lockstep
        options.pack = pack
        options.compute = compute.settings(defaultThreads: Machine.defaultThreads)
        options.history = places.historyFile
        options.store = places.storeFolder

        var origin = OriginRecord(environment: ProcessInfo.processInfo.environment)
        if let branch { origin = OriginRecord(branch: branch, commit: origin?.commit) }
        options.origin = origin

        options.isGated = gate
        options.reference = try gateOptions.reference()
        try gateOptions.requireWritable()
        options.tolerances = gateOptions.tolerance.map(\.value)
        let progress = TerminalProgress()
        if let dataset {
            let found = try NamedDatasets(progress: progress.show, notice: { progress.say("note: \($0)") })
                .resolve(dataset, at: datasetPath)
            options.dataset = Suite.Dataset(name: found.name, file: found.file)
        }
        options.model = try model.map {
            // A pack and an artifact need no checkpoint, so none is fetched, unless backends are compared.
            let comparesBackends = options.suite.evaluations.contains { $0.evaluator.comparesBackends }
            guard pack == nil || artifact == nil || comparesBackends else { return URL(fileURLWithPath: $0) }
            return try ModelSource.checkpoint($0, progress: progress.show, notice: { progress.say("note: \($0)") })
        }
        let outcome = try SuiteRun(options: options, progress: progress.show).run()
        print(TerminalReport.render(outcome.record, width: Terminal.width, color: Terminal.hasColor))
        print("report: \(outcome.folder.appendingPathComponent("report.html").relativePath)")
        if gate {
            print("")
            try gateOptions.tell(
                GateOutcome(outcome.record, against: outcome.reference, tolerances: options.tolerances), isKnown: true)
        }
        throw LabCore.ExitCode.Ending(exitCode: outcome.record.verdict.exitCode)
    }

    private static func backendName(_ name: String) throws -> String {
        guard BackendNames.isKnown(name) else {
            throw RunnerError(
                "there is no backend '\(name)'", remedy: "known: \(BackendNames.choices.joined(separator: ", "))",
                exitCode: .usage)
        }
        return name
    }
}

/// Where a command keeps and finds things.
struct PlaceOptions: ParsableArguments {
    @OptionGroup var place: HistoryOption

    @Option(help: "The artifact store. Default: $LAB_STORE or the per-user one.")
    var store: String?

    var historyFile: URL { place.historyFile }
    var storeFolder: URL { store.map { URL(fileURLWithPath: $0) } ?? Locations.store }
}

/// The history that a command reads.
struct HistoryOption: ParsableArguments {
    @Option(help: "The history file. Default: $LAB_HISTORY or the per-user one.")
    var history: String?

    var historyFile: URL { history.map { URL(fileURLWithPath: $0) } ?? Locations.history }
}
