import Foundation
import Fuzzing
import TestSupport
import Testing

@Suite("Fuzzing", .serialized)
struct FuzzRunTests {
    private static let worker = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("fuzz-readers")
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ cases: Range<Int>) -> FuzzRun {
        FuzzRun(cases: cases, worker: Self.worker, keep: folder.url.appendingPathComponent("kept"))
    }

    @Test("damaged files are refused or read truly: no crash, no hang, no hoarding")
    func readers() throws {
        let began = ContinuousClock.now
        var summary = FuzzRun.Summary()
        // In steps, so that a slow machine runs fewer cases and not longer than half a minute.
        while summary.cases < 10_000, summary.failures.isEmpty, ContinuousClock.now - began < .seconds(25) {
            let step = try run(summary.cases..<(summary.cases + 1000)).run()
            summary.cases += step.cases
            summary.accepted += step.accepted
            summary.refused += step.refused
            summary.failures += step.failures
        }
        print("fuzzing: \(summary.cases) cases, \(summary.accepted) accepted, \(summary.refused) refused")
        #expect(summary.failures.isEmpty, "\(summary.failures)")
        #expect(summary.cases >= 1000)
        // A run that accepts or refuses everything would test one half of the readers only.
        #expect(summary.accepted > summary.cases / 50)
        #expect(summary.refused > summary.cases / 2)
    }

    static let expected: [(Misbehaviour, FuzzRun.Failure.Kind)] = [
        (.crash, .crash), (.overflow, .crash), (.hang, .hang), (.sleep, .hang), (.lie, .lie),
    ]

    @Test("a bad reader is caught, and the case is kept", arguments: expected)
    func caught(misbehaviour: Misbehaviour, kind: FuzzRun.Failure.Kind) throws {
        try expectCaught(misbehaviour, kind)
    }

    @Test(
        "a reader that believes a count is caught before the memory is there",
        .enabled(if: CaseLimits.countMemory, "needs the GNU C library: run the tests on Linux with glibc"))
    func hoarder() throws {
        try expectCaught(.hoard, .hoard)
    }

    private func expectCaught(_ misbehaviour: Misbehaviour, _ kind: FuzzRun.Failure.Kind) throws {
        var bad = run(20..<24)
        bad.misbehaviour = misbehaviour
        bad.silence = .seconds(misbehaviour == .sleep ? 3 : 60)
        let summary = try bad.run()
        #expect(summary.cases == 4)
        let failure = try #require(summary.failures.first)
        #expect(summary.failures.count == 1)
        #expect(failure.number == 23)
        #expect(failure.kind == kind, "\(failure)")
        let files = FuzzCase(seed: 1, number: 23)
        for file in files.files {
            #expect(try Data(contentsOf: failure.folder.appendingPathComponent(file.name)) == Data(file.bytes))
        }
    }

    @Test("seed and number decide a case; every seed file is cut at every byte")
    func repeatable() {
        var cuts: [String: Set<Int>] = [:]
        for number in stride(from: 0, to: 100_000, by: 8) {
            let words = FuzzCase(seed: 1, number: number).damage.components(separatedBy: ": cut at byte ")
            cuts[words[0], default: []].insert(Int(words[1]) ?? -1)
        }
        // Three safetensors seeds and four of GGUF share their names.
        #expect(cuts.count == 12)
        for (name, lengths) in cuts { #expect(lengths == Set(0...(lengths.max() ?? 0)), "\(name)") }
        let one = FuzzCase(seed: 7, number: 12_345)
        let again = FuzzCase(seed: 7, number: 12_345)
        #expect(one.damage == again.damage)
        #expect(one.files.map(\.bytes) == again.files.map(\.bytes))
        #expect(FuzzCase(seed: 8, number: 12_345).files.map(\.bytes) != one.files.map(\.bytes))
    }
}
