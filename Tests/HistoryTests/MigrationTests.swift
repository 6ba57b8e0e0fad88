import Foundation
import History
import LabCore
import Testing

/// Opens copies of fixtures/history, which has what older labs wrote.
@Suite struct MigrationTests {
    @Test(arguments: [1, 2, 3, 4, 5])
    func anOlderHistoryKeepsItsRuns(version: Int) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: version, in: directory))
        let runs = try history.runs()
        #expect(runs.map(\.id).sorted() == expectedRuns(version))
        #expect(runs.filter { $0.verdict == .fail }.map(\.candidates) == [["pajama-tiny Q3_K_M"]])
        for run in runs {
            let record = try #require(try history.run(id: run.id))
            #expect(record.measurements.count == 3)
            #expect(record.measurements[2].interval?.level == 0.95)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func anOlderHistoryKeepsItsSamplesAndOutputs(version: Int) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: version, in: directory))
        let samples = (0..<3).map { Digest(of: "chunk \($0)") }
        let keys = samples.map { conditions("pajama-tiny Q3_K_M", "perplexity/1").key(sample: $0) }
        #expect(try history.samples(for: keys).values.map(\.nllSumNats).sorted() == [700.1, 701.1, 702.1])
        let outputs = samples.enumerated().map { index, sample in
            conditions("pajama-tiny BF16", "fidelity/1").key(sample: sample, parent: Digest(of: "parent of \(index)"))
        }
        #expect(try history.outputs(for: outputs, as: [String: [Double]].self).count == (version == 1 ? 0 : 3))
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func anOlderHistoryShowsItsTrends(version: Int) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: version, in: directory))
        let trends = try history.trends(metric: "perplexity_increase").trends
        let q4 = try #require(trends.first { $0.key.recipe == "Q4_K_M" && $0.key.model == "pajama-tiny" })
        #expect(q4.points.map(\.value) == [4.25, 4.25])
        #expect(q4.points.map(\.runID) == ["20261121-120000-000001", "20261122-120000-000002"])
        #expect(q4.points[0].startedAt == Date(timeIntervalSinceReferenceDate: 816_868_800.125 + 86_400))
        #expect(q4.points[0].interval == Interval(low: 3.75, high: 4.75, level: 0.95))
        #expect(q4.points[0].artifact == Digest(of: "pajama-tiny Q4_K_M"))
        #expect(q4.points[0].engine == "b11434-0123456789ab")
        #expect(q4.key.dataset == (version < 3 ? "" : "heldout"))
        // The record, not the first name that the file had, says whose value it is.
        #expect(
            trends.filter { $0.key.model == "renamed" }.map { $0.points.map(\.value) } == (version == 1 ? [] : [[4]]))
        let parents = try history.trends(metric: "perplexity").trends.filter { $0.key.role == .parent }
        #expect(parents.map(\.points.count).sorted() == (version == 1 ? [3] : [1, 3]))
    }

    @Test(arguments: [(2, "Q4_K_M"), (3, "Q4_K_M-imatrix"), (4, "Q4_K_M-imatrix"), (5, "Q4_K_M-imatrix")])
    func aRunKeepsTheNamesThatItsOwnRecordHas(version: Int, recipe: String) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: version, in: directory))
        let candidates = Dictionary(uniqueKeysWithValues: try history.runs().map { ($0.id, $0.candidates) })
        #expect(candidates["20261120-120000-000000"] == ["renamed \(recipe)"])
        #expect(candidates["20261121-120000-000001"] == ["pajama-tiny Q4_K_M"])
        var filter = RunFilter()
        filter.model = "renamed"
        #expect(try history.runs(filter).map(\.id) == ["20261120-120000-000000"])
    }

    @Test func anOlderHistoryKeepsItsTagsAndAcceptances() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: 3, in: directory))
        #expect(try history.tags(of: "20261121-120000-000001") == ["v1.0"])
        #expect(try history.acceptances(of: "20261121-120000-000001").map(\.note) == ["as shipped"])
        #expect(try history.runs().allSatisfy { $0.branch == "main" })
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func rowsOfAMigratedHistoryAgreeWithItsRecords(version: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try copy(of: version, in: directory)
        let before = try HistoryCheck(of: file)
        #expect(before.problems == [])
        #expect(before.version == version)
        #expect(before.measurements == (version == 1 ? 9 : 12))
        _ = try History(at: file)
        let after = try HistoryCheck(of: file)
        #expect(after.problems == [])
        #expect(after.version == 6)
        #expect(after.content == before.content)
        #expect(after.content != nil)
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func anOlderHistoryIsImportedAndLeftAsItIs(version: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try copy(of: version, in: directory)
        let bytes = try Data(contentsOf: file)
        let history = try History(at: directory.history)
        let summary = try history.importHistory(from: file)
        #expect(summary.runs == expectedRuns(version).count)
        #expect(summary.samples == (version == 1 ? 9 : 18))
        #expect(try Data(contentsOf: file) == bytes)
        #expect(try HistoryCheck(of: directory.history).content == HistoryCheck(of: file).content)
    }

    private func expectedRuns(_ version: Int) -> [String] {
        ((version == 1 ? 1 : 0)...3).map { "202611\(20 + $0)-120000-00000\($0)" }
    }

    private func conditions(_ artifact: String, _ evaluator: String) -> SampleConditions {
        SampleConditions(
            artifact: Digest(of: artifact), evaluator: evaluator, parameters: ["n_ctx": "512", "kv": "f16"],
            engine: "b11434-0123456789ab", backend: "cpu", device: "x86_64 SSE3 AVX2")
    }
}

/// A copy of a fixture.
func copy(of version: Int, in directory: borrowing TemporaryDirectory) throws -> URL {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/history")
    let copy = directory.url.appending(path: "version\(version).sqlite")
    try FileManager.default.copyItem(at: fixtures.appending(path: "version\(version).sqlite"), to: copy)
    return copy
}
