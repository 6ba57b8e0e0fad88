import Foundation
import Testing

/// Packs that hold only some of a text's windows.
@Suite("Packs of a part", .serialized)
struct PartialPackTests {
    private let lab: LabCommand
    private static let onText = ["--evaluations", "perplexity,fidelity"]

    init() throws { lab = try LabCommand() }

    private func windows(of lab: LabCommand) -> [URL] {
        let packs = lab.store.appendingPathComponent("packs")
        let walker = FileManager.default.enumerator(at: packs, includingPropertiesForKeys: nil)
        return (walker?.compactMap { $0 as? URL } ?? []).filter {
            $0.deletingLastPathComponent().lastPathComponent == "windows" && !$0.lastPathComponent.contains(".")
        }
    }

    @Test(
        "a pack without the windows asked for is refused at the start; with a limit that it has it serves",
        arguments: ["perplexity", "fidelity"])
    func refused(evaluation: String) throws {
        #expect(try lab.run("suites/balanced", Self.onText + ["--limit", "3"]).status != 4)
        #expect(windows(of: lab).count == 3)
        let made = try lab.report()
        let artifact = try #require(made.artifacts.last?.path)
        let id = try #require(made.fidelity.first?.pack?.id)
        let fresh = lab.folder.appendingPathComponent("fresh.sqlite").path
        func run(_ arguments: [String]) throws -> LabCommand.Result {
            try lab.run(
                "suites/balanced",
                ["--artifact", artifact, "--pack", id, "--model", "/nonexistent", "--history", fresh]
                    + ["--evaluations", evaluation] + arguments)
        }
        for (arguments, part) in [([], "105"), (["--full"], "105"), (["--limit", "5"], "first 5")] {
            let result = try run(arguments)
            #expect(result.status == 2, "\(result.errors)")
            #expect(
                result.errors.contains("pack \(id.prefix(12)) has 3 of the \(part) windows of pajama-heldout"),
                "\(result.errors)")
            #expect(result.errors.contains("ask for the first 3, which are there, with --limit 3; or"))
            #expect(result.errors.contains("--full"))
            #expect(!result.errors.contains("Q4_K_M on cpu"), "nothing is measured before: \(result.errors)")
        }
        let served = try run(["--limit", "3", "--full"])
        #expect(served.status == 0 || served.status == 3, "\(served.errors)")
        let values = made.measurements.filter { $0.evaluation == evaluation }
        #expect(try lab.report().measurements.map(\.value) == values.map(\.value))
    }

    @Test("a damaged record is no reason to judge the others: exit 4 names its window")
    func damaged() throws {
        #expect(try lab.run("suites/balanced", Self.onText + ["--limit", "2"]).status != 4)
        let made = try lab.report()
        for file in windows(of: lab) { try Data("LPCHUNK".utf8).write(to: file) }
        let result = try lab.run(
            "suites/balanced",
            Self.onText + [
                "--artifact", try #require(made.artifacts.last?.path), "--limit", "2",
                "--pack", try #require(made.fidelity.first?.pack?.id),
                "--history", lab.folder.appendingPathComponent("fresh.sqlite").path,
            ])
        #expect(result.status == 4)
        #expect(result.errors.contains("has no whole record of window 0"), "\(result.errors)")
    }

    @Test("a killed run's records are whole, and the next one uses them as they are")
    func killed() throws {
        let arguments = ["--evaluations", "fidelity"]
        let running = try lab.start(run: "suites/smoke", arguments)
        let deadline = Date(timeIntervalSinceNow: 120)
        while windows(of: lab).count < 20, running.isRunning, Date() < deadline { usleep(2_000) }
        running.kill()
        #expect(try running.wait().status == 9)
        let kept = windows(of: lab)
        #expect((20..<96).contains(kept.count))
        func states() throws -> [[FileAttributeKey: NSObject]] {
            try kept.map { file in
                let all = try FileManager.default.attributesOfItem(atPath: file.path)
                return [FileAttributeKey.modificationDate, .systemFileNumber, .size].reduce(into: [:]) {
                    $0[$1] = all[$1] as? NSObject
                }
            }
        }
        let before = try states()
        // Another history, so that nothing but the pack is known.
        let other = lab.folder.appendingPathComponent("other.sqlite").path
        #expect(try lab.run("suites/smoke", arguments + ["--history", other]).status == 0)
        #expect(try states() == before)

        let fresh = try LabCommand()
        #expect(try fresh.run("suites/smoke", arguments).status == 0)
        let (resumed, whole) = (try lab.report(), try fresh.report())
        #expect(resumed.reuse.samplesComputed == whole.reuse.samplesComputed - kept.count)
        #expect(resumed.measurements.map(\.value) == whole.measurements.map(\.value))
        #expect(Set(windows(of: lab).map(\.lastPathComponent)) == Set(windows(of: fresh).map(\.lastPathComponent)))
    }

    @Test("side by side there is no pack at all")
    func lockstep() throws {
        let result = try lab.run("suites/smoke", Self.onText + ["--lockstep", "--limit", "4"])
        #expect(result.status != 4, "\(result.errors)")
        let report = try lab.report()
        #expect(report.fidelity.count == 1 && report.fidelity.first?.pack == nil)
        #expect(!FileManager.default.fileExists(atPath: lab.store.appendingPathComponent("packs").path))
        let files = FileManager.default.enumerator(atPath: lab.store.path)?.compactMap { $0 as? String } ?? []
        #expect(!files.isEmpty && !files.contains { $0.contains("windows") })
    }
}
