import Foundation
import GRDB
import History
import LabCore
import Testing

/// What is kept of the shifts of long series, and that nobody can tell that it is.
@Suite struct TrendStatesTests {
    /// Uniform noise around a level that shifts every 170 points.
    private static let values: [Double] = {
        var state: UInt64 = 7
        return (0..<600).map { index in
            // Knuth's MMIX generator; any noise will do.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(UInt64(1) << 53) + 2 * Double(index / 170)
        }
    }()

    private static func record(_ number: Int, _ value: Double) -> RunRecord {
        var record = run("run-\(1000 + number)", minute: Double(number))
        record.measurements[0].value = value
        return record
    }

    private func expectTrends(of history: History, toBe values: [(number: Int, value: Double)]) throws {
        for end in [values.count, values.count - 1, 300, 129, 128, 127, 40] where end <= values.count {
            let prefix = Array(values.prefix(end))
            let shifts = try #require(ChangePoints.shifts(in: prefix.map(\.value)))
            let last = try #require(try history.run(id: "run-\(1000 + prefix[end - 1].number)"))
            for limit in [30, 100, 200, 10_000] {
                let trend = try #require(try history.trends(upTo: last, limit: limit).first)
                #expect(trend.points.map(\.value) == prefix.suffix(limit).map(\.value))
                let hidden = max(0, end - limit)
                #expect(
                    trend.shifts
                        == shifts.filter { $0.index > hidden }.map { shift in
                            var shift = shift
                            shift.index -= hidden
                            return shift
                        })
            }
        }
    }

    private func states(in file: URL) throws -> Int {
        let queue = try DatabaseQueue(path: file.path)
        defer { try? queue.close() }
        return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM trend_states") ?? 0 }
    }

    private func change(_ file: URL, _ sql: String) throws {
        let queue = try DatabaseQueue(path: file.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// A history of all values, one run after another in batches.
    private func fill(_ file: URL, by batch: Int = 50) throws -> History {
        let history = try History(at: file)
        for start in stride(from: 0, to: Self.values.count, by: batch) {
            try history.record(
                (start..<min(start + batch, Self.values.count)).map { Self.record($0, Self.values[$0]) })
        }
        return history
    }

    private var all: [(number: Int, value: Double)] { Self.values.enumerated().map { ($0, $1) } }

    @Test(arguments: [1, 50, 600])
    func aLongSeriesHasTheShiftsOfAllItsPoints(batch: Int) throws {
        let directory = try TemporaryDirectory()
        let history = try fill(directory.history, by: batch)
        #expect(try states(in: directory.history) == 600 / 128)
        try expectTrends(of: history, toBe: all)
        #expect(try HistoryCheck(of: directory.history).problems == [])
    }

    @Test func aRunThatComesInBetweenChangesWhatFollows() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        let late = [3, 200, 201, 450]
        try history.record(all.filter { !late.contains($0.number) }.map { Self.record($0.number, $0.value) })
        for number in late.reversed() {
            try history.record(Self.record(number, Self.values[number]))
            #expect(try HistoryCheck(of: directory.history).problems == [])
        }
        try expectTrends(of: history, toBe: all)
    }

    @Test func whatIsPrunedImportedOrExportedInPartIsFollowedToo() throws {
        let directory = try TemporaryDirectory()
        let history = try fill(directory.history)
        let part = directory.url.appending(path: "part.sqlite")
        #expect(try history.export(to: part, since: run("x", minute: 250).startedAt) == 350)
        #expect(try HistoryCheck(of: part).problems == [])
        #expect(try states(in: part) == 350 / 128)
        try expectTrends(of: History(at: part, for: .reading), toBe: all.filter { $0.number >= 250 })

        _ = try history.prune(before: run("x", minute: 60).startedAt, keeping: nil, isDryRun: false)
        #expect(try HistoryCheck(of: directory.history).problems == [])
        try expectTrends(of: history, toBe: all.filter { $0.number >= 60 })

        let merged = try History(at: directory.url.appending(path: "merged.sqlite"))
        try merged.record(all.filter { $0.number < 60 || $0.number % 3 == 0 }.map { Self.record($0.number, $0.value) })
        _ = try merged.importHistory(from: directory.history)
        #expect(try HistoryCheck(of: merged.url).problems == [])
        try expectTrends(of: merged, toBe: all)
        #expect(try states(in: merged.url) == 600 / 128)
    }

    @Test func aHistoryOfAnOlderLabIsLookedAtOnceWhenItIsBroughtUp() throws {
        let directory = try TemporaryDirectory()
        _ = try fill(directory.history)
        try change(
            directory.history,
            """
            DROP TRIGGER measurement_added; DROP TRIGGER measurement_removed; DROP TABLE trend_states;
            DROP TABLE trend_shifts; DROP INDEX runs_engines; DROP INDEX run_artifacts_files; PRAGMA user_version = 4
            """)
        let history = try History(at: directory.history)
        #expect(try states(in: directory.history) == 600 / 128)
        try expectTrends(of: history, toBe: all)
    }

    @Test(arguments: [
        "UPDATE trend_states SET older_mean = older_mean + 1 WHERE points = 256",
        "DELETE FROM trend_states WHERE points = 256", "UPDATE trend_shifts SET shift = shift - 1",
        "DELETE FROM trend_shifts",
        "UPDATE trend_states SET newest = zeroblob(length(newest)) WHERE points = 512",
    ])
    func aStateThatDoesNotFollowFromTheValuesIsFound(sql: String) throws {
        let directory = try TemporaryDirectory()
        _ = try fill(directory.history)
        try change(directory.history, sql)
        #expect(try HistoryCheck(of: directory.history).problems.contains { $0.contains("kept of its shifts") })
    }

    @Test func aRescuedHistoryHasThemAgain() throws {
        let directory = try TemporaryDirectory()
        _ = try fill(directory.history)
        let rescued = directory.url.appending(path: "rescued.sqlite")
        _ = try HistoryRescue(from: directory.history, into: rescued)
        #expect(try states(in: rescued) == 600 / 128)
        #expect(try HistoryCheck(of: rescued).problems == [])
    }
}
