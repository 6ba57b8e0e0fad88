import Foundation
import History
import LabCore
import Testing

/// The views that docs/history.md describes, on histories that older labs wrote.
@Suite struct MigratedViewsTests {
    /// The columns that people's queries name, in their order. New ones go behind these; none of these ever goes.
    private static let columns = [
        "runs_v": [
            "run_id", "started_at", "suite", "verdict", "duration_seconds", "command", "system", "processor", "device",
            "engine", "branch", "git_commit", "accepted_at", "tags",
        ],
        "measurements_v": [
            "run_id", "started_at", "suite", "evaluation", "metric", "value", "unit", "n", "interval_low",
            "interval_high", "interval_level", "cached", "dataset", "model", "recipe", "role", "backend", "device",
            "engine", "artifact_sha256", "artifact_path",
        ],
        "verdicts_v": [
            "run_id", "started_at", "suite", "evaluation", "metric", "status", "value", "threshold", "reason",
            "backend", "artifact_path", "model", "recipe",
        ],
    ]

    /// What the run that calls a file by another name calls its recipe, by version.
    private static let renamed: [[QueryResult.Value]] = [
        [], [.text("Q4_K_M")], [.text("Q4_K_M-imatrix")], [.text("Q4_K_M-imatrix")], [.text("Q4_K_M-imatrix")],
    ]

    /// Rows of a view of a migrated history, by the promised columns.
    private func rows(of view: String, _ condition: String, version: Int) throws -> [[QueryResult.Value]] {
        let directory = try TemporaryDirectory()
        let history = try History(at: copy(of: version, in: directory))
        let columns = try #require(Self.columns[view])
        let all = try history.query("SELECT * FROM \(view) WHERE \(condition) ORDER BY run_id")
        #expect(Array(all.columns.prefix(columns.count)) == columns)
        return try history.query(
            "SELECT \(columns.joined(separator: ", ")) FROM \(view) WHERE \(condition) ORDER BY run_id"
        ).rows
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func runs(version: Int) throws {
        let rows = try rows(of: "runs_v", "run_id >= '20261121'", version: version)
        let commit = Digest(of: "commit 1").hex.prefix(40)
        let isTold = version > 2
        try #require(rows.count == 3)
        #expect(
            rows[0] == [
                .text("20261121-120000-000001"), .text("2026-11-21T12:00:00.125Z"), .text("balanced"), .text("pass"),
                .real(12.5), .text("./lab run suites/balanced"), .text("Linux"), .text("a processor"),
                .text("x86_64 SSE3 AVX2"), .text("b11434-0123456789ab"), isTold ? .text("main") : .null,
                isTold ? .text(String(commit)) : .null, isTold ? .text("2026-11-21T12:00:00.900Z") : .null,
                isTold ? .text("v1.0") : .null,
            ])
        #expect(rows.map { $0[3] } == [.text("pass"), .text("pass"), .text("fail")])
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func measurements(version: Int) throws {
        let rows = try rows(of: "measurements_v", "metric = 'perplexity_increase'", version: version)
        let own = rows.filter { $0[13] == .text("pajama-tiny") }
        try #require(own.count == 3)
        #expect(
            own[0] == [
                .text("20261121-120000-000001"), .text("2026-11-21T12:00:00.125Z"), .text("balanced"),
                .text("perplexity"), .text("perplexity_increase"), .real(4.25), .text("percent"), .integer(3),
                .real(3.75), .real(4.75), .real(0.95), .integer(0), .text(version > 2 ? "heldout" : ""),
                .text("pajama-tiny"), .text("Q4_K_M"), .text("candidate"), .text("cpu"), .text("x86_64 SSE3 AVX2"),
                .text("b11434-0123456789ab"), .text(Digest(of: "pajama-tiny Q4_K_M").hex),
                .text("store/pajama-tiny-Q4_K_M.gguf"),
            ])
        #expect(own.map { $0[5] } == [.real(4.25), .real(4.25), .real(9.5)])
        #expect(own.map { $0[11] } == [.integer(0), .integer(1), .integer(1)])
        // The same file under another name belongs to what its own run calls it.
        let renamed = rows.filter { $0[13] == .text("renamed") }
        #expect(renamed.map { $0[14] } == Self.renamed[version - 1])
        #expect(renamed.allSatisfy { $0[19] == .text(Digest(of: "pajama-tiny Q4_K_M").hex) })
    }

    @Test(arguments: [1, 2, 3, 4, 5])
    func verdicts(version: Int) throws {
        let rows = try rows(of: "verdicts_v", "run_id = '20261123-120000-000003'", version: version)
        let start: [QueryResult.Value] = [
            .text("20261123-120000-000003"), .text("2026-11-23T12:00:00.125Z"), .text("balanced"), .text("perplexity"),
        ]
        #expect(
            Set(rows) == [
                start + [
                    .text("perplexity_increase"), .text("fail"), .real(9.5), .real(5), .text("9.5 % on all 3 chunks"),
                    .text("cpu"), .text("store/pajama-tiny-Q3_K_M.gguf"), .text("pajama-tiny"), .text("Q3_K_M"),
                ],
                start + [
                    .null, .text("skipped"), .null, .null, .text("no cuda device"), .text("cuda"), .null, .null, .null,
                ],
            ])
        // Each run's verdicts name what that run calls its artifacts.
        let renamed = try self.rows(of: "verdicts_v", "model = 'renamed'", version: version)
        #expect(renamed.map { $0[12] } == Self.renamed[version - 1])
    }
}
