public import ArgumentParser
import CommandSupport
import Foundation
public import Fuzzing
import LabCore

@main
struct FuzzReaders: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Damage files in many ways and see that the readers refuse them, or read only what is there.",
        discussion: """
            Readers: safetensors, index and shards, GGUF, JSON, and whole checkpoints. A case fails when its reader \
            crashes, takes more than 2 s of processor time, holds more memory than the file justifies (with the GNU C \
            library), says what is not so, or throws an error without file or remedy. Seed and number decide a case.

            Exit codes: 0 every case held, 1 one failed, 2 bad usage, 4 the work could not be done.
            """)

    @Option(help: "The number of cases.")
    var cases: Int = 100_000

    @Option(help: "What decides the damage.")
    var seed: UInt64 = 1

    @Option(help: "Repeat one case of the seed.")
    var `case`: Int?

    @Option(help: ArgumentHelp("Where the files of failed cases are kept.", valueName: "dir"))
    var keep: String = "reports/fuzz"

    @Option(
        help: ArgumentHelp(
            "Replace the reader of the last case by a bad one: \(Misbehaviour.allCases.map(\.rawValue).joined(separator: ", ")).",
            visibility: .hidden))
    var misbehave: Misbehaviour?

    @Option(help: ArgumentHelp("Be a worker, with files in this folder.", visibility: .hidden))
    var worker: String?

    @Option(help: ArgumentHelp("The first case.", visibility: .hidden))
    var first: Int = 0

    func validate() throws {
        if cases < 1 { throw ValidationError("--cases must be at least 1") }
        if first < 0 || (`case` ?? 0) < 0 { throw ValidationError("cases are numbered from 0") }
        if first.addingReportingOverflow(cases).overflow || `case` == .max {
            throw ValidationError("there are no cases of such numbers")
        }
    }

    func run() throws {
        let numbers = `case`.map { $0..<($0 + 1) } ?? first..<(first + cases)
        if let worker {
            var fuzzWorker = FuzzWorker(seed: seed, cases: numbers, folder: URL(fileURLWithPath: worker))
            fuzzWorker.misbehaviour = misbehave
            return try fuzzWorker.run()
        }
        var run = FuzzRun(cases: numbers, worker: Self.executable, keep: URL(fileURLWithPath: keep))
        run.seed = seed
        run.misbehaviour = misbehave
        let clock = ContinuousClock.now
        let summary = try run.run(progress: TerminalProgress().show)
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        for failure in summary.failures {
            print(
                """
                case \(failure.number) of seed \(seed): \(failure.kind.rawValue): \(failure.message)
                  files: \(failure.folder.path)
                  again: ./lab fuzz --seed \(seed) --case \(failure.number)
                """)
        }
        print(
            "\(summary.cases) cases: \(summary.accepted) accepted, \(summary.refused) refused, "
                + "\(summary.failures.count) failed; \(seconds.fixed(1)) s, "
                + (CaseLimits.countMemory
                    ? "at most \(ByteSize(Int64(summary.mostHeldBytes))) held by a case, "
                        + "at most \((100 * summary.mostHeldOfLimit).fixed(0)) % of what its size allows"
                    : "memory not limited on this system"))
        if !summary.failures.isEmpty { throw LabCore.ExitCode.Ending(exitCode: .gateFailed) }
    }

    private static var executable: URL {
        Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    }

    static func main() { runToEnd() }
}

extension Misbehaviour: ExpressibleByArgument {}
