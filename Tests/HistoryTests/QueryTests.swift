import Foundation
import History
import LabCore
import Testing

@Suite struct QueryTests {
    @Test func aQueryAnswersWithNamesAndTypes() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a"))
        let result = try history.query("SELECT run_id, value, n, branch FROM measurements_v JOIN runs_v USING (run_id)")
        #expect(result.columns == ["run_id", "value", "n", "branch"])
        #expect(result.rows == [[.text("a"), .real(1.23), .integer(2), .null]])
    }

    @Test(arguments: [
        "DELETE FROM runs", "UPDATE runs SET id = 'b'", "DROP TABLE runs", "SELECT * FROM nothing", "SELEC 1", "",
        "PRAGMA user_version = 99", "SELECT 1; DELETE FROM runs", "ATTACH 'other.sqlite' AS other",
    ])
    func whatIsNoQueryIsAUsageErrorAndChangesNothing(sql: String) throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        try history.record(run("a"))
        let error = #expect(throws: HistoryError.self) { try history.query(sql) }
        #expect(error?.exitCode == .usage)
        #expect(try history.runs().map(\.id) == ["a"])
        #expect(try HistoryCheck(of: directory.history).problems == [])
    }

    @Test func severalStatementsAreRefusedInWordsOfTheLab() throws {
        let directory = try TemporaryDirectory()
        let error = try #require(throws: HistoryError.self) {
            try History(at: directory.history).query("SELECT 1; SELECT 2")
        }
        #expect(error.description == "the query is more than one statement")
        #expect(error.remedy?.contains("one at a time") == true)
    }

    /// docs/history.md promises these columns; a row of its tables is "| `name` | type | meaning |".
    @Test(arguments: ["runs_v", "measurements_v", "verdicts_v"])
    func theViewsHaveTheColumnsThatTheDocumentPromises(view: String) throws {
        let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/history.md")
        let text = try String(contentsOf: document, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "### `\(view)`\n").dropFirst().first)
            .components(separatedBy: "\n#")[0]
        let promised = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        var accepted = run("a")
        accepted.origin = OriginRecord(branch: "main", commit: "0123abcd")
        try history.record(accepted)
        try history.accept("a", note: "", at: Date(timeIntervalSince1970: 1_795_400_000))
        try history.tag("a", ["v1"])
        let answer = try history.query("SELECT * FROM \(view)")
        let types = try #require(answer.rows.first).map { value in
            switch value {
            case .text: "text"
            case .integer: "integer"
            case .real: "real"
            case .null: "nothing"
            }
        }
        #expect(zip(answer.columns, types).map { [$0, $1] } == promised)
    }

    @Test func tagsAreGivenTakenAndListed() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for minute in 0..<3 { try history.record(run("run-\(minute)", minute: Double(minute))) }
        try history.tag("run-1", ["nightly", "v1.0"])
        try history.tag("run-1", ["v1.0"])
        #expect(try history.tags(of: "run-1") == ["nightly", "v1.0"])
        var filter = RunFilter()
        filter.tag = "v1.0"
        #expect(try history.runs(filter).map(\.id) == ["run-1"])
        #expect(try history.runs(filter).map(\.tags) == [["nightly", "v1.0"]])
        let unknown = #expect(throws: HistoryError.self) { try history.removeTags("run-1", ["v1.0", "v9"]) }
        #expect(unknown?.code == .unknownTag)
        #expect(unknown?.exitCode == .usage)
        #expect(try history.tags(of: "run-1") == ["nightly", "v1.0"])
        try history.requireTag("v1.0")
        try history.removeTags("run-1", ["v1.0"])
        #expect(try history.runs(filter).isEmpty)
        #expect(throws: HistoryError.self) { try history.requireTag("v1.0") }
        for name in ["", "two words", "a,b", "line\nbreak", "\u{9B}31m", "v\u{202E}1", "v\u{200B}1", "v\u{2028}1"] {
            #expect(throws: HistoryError.self) { try history.tag("run-1", [name]) }
        }
        #expect(throws: HistoryError.self) { try history.tag("nobody", ["v1"]) }
    }

    @Test func filtersChooseRuns() throws {
        let directory = try TemporaryDirectory()
        let history = try History(at: directory.history)
        for (minute, suite) in ["balanced", "ultra", "balanced"].enumerated() {
            var run = run("run-\(minute)", minute: Double(minute), suite: suite)
            run.artifacts[1].recipe = minute == 2 ? "Q6_K" : "Q4_K_M"
            run.artifacts[1].sha256 = Digest(of: run.artifacts[1].recipe)
            run.origin = minute == 0 ? OriginRecord(branch: "main", commit: nil) : nil
            try history.record(run)
        }
        func ids(_ change: (inout RunFilter) -> Void) throws -> [String] {
            var filter = RunFilter()
            change(&filter)
            return try history.runs(filter).map(\.id)
        }
        #expect(try ids { $0.suite = "balanced" } == ["run-2", "run-0"])
        #expect(try ids { $0.recipe = "q6_K" } == ["run-2"])
        #expect(try ids { $0.model = "pajama-tiny" } == ["run-2", "run-1", "run-0"])
        #expect(try ids { $0.branch = "main" } == ["run-0"])
        #expect(try ids { $0.since = run("x", minute: 1).startedAt } == ["run-2", "run-1"])
        #expect(try ids { $0.limit = 1 } == ["run-2"])
    }
}
