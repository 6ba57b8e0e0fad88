import Foundation
import History
import LabCore
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `lab history` as a user calls it, on a copy of what an older lab left, or after a run.
@Suite("lab history")
struct HistoryCommandTests {
    /// A folder with a history of three runs and two recipes.
    private func withRuns() throws -> LabCommand {
        let lab = try LabCommand()
        try FileManager.default.copyItem(
            at: LabCommand.root.appendingPathComponent("fixtures/history/version1.sqlite"), to: lab.history)
        return lab
    }

    private func call(_ lab: LabCommand, _ words: String...) throws -> LabCommand.Result {
        try LabCommand.command(
            [LabCommand.executable.path, "history"] + words + [
                "--history", lab.history.path, "--store", lab.store.path,
            ])
    }

    private func object(_ text: String) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test("runs are listed, filtered and shown")
    func listAndShow() throws {
        let lab = try withRuns()
        let all = try call(lab, "list")
        #expect(
            all.output.split(separator: "\n").map { $0.prefix(22) } == [
                "20261123-120000-000003", "20261122-120000-000002", "20261121-120000-000001",
            ])
        let json = try object(call(lab, "list", "--recipe", "q3_k_m", "--format", "json").output)
        #expect(json.map { $0["verdict"] as? String } == ["fail"])
        #expect(json.map { $0["candidates"] as? [String] } == [["pajama-tiny Q3_K_M"]])
        let untagged = try call(lab, "list", "--tag", "none")
        #expect(untagged.status == 2)
        #expect(untagged.errors.contains("has no tag 'none'"))
        #expect(try call(lab, "list", "--suite", "none").output.contains("no such runs"))

        #expect(try call(lab, "accept", "20261122", "--note", "as shipped").status == 0)
        #expect(try call(lab, "tag", "20261122", "v1", "nightly").output.contains("nightly, v1"))
        let shown = try call(lab, "show", "20261122")
        #expect(shown.status == 0)
        #expect(shown.output.hasPrefix("PASS"))
        #expect(shown.output.contains("tags nightly, v1"))
        #expect(shown.output.contains("as shipped"))
        #expect(shown.output.contains("command ./lab run suites/balanced"))
        #expect(try call(lab, "list", "--tag", "v1").output.contains("accepted nightly v1"))
        #expect(try call(lab, "show", "nobody").status == 2)
        #expect(try call(lab, "tag", "20261122", "two words").status == 2)
        #expect(try call(lab, "tag", "20261122", "\u{9B}31m").status == 2)
        let never = try call(lab, "tag", "20261122", "v1", "never", "--remove")
        #expect(never.status == 2)
        #expect(never.errors.contains("has no tag 'never'"))
        #expect(try call(lab, "list", "--tag", "v1").output.contains("accepted nightly v1"))
    }

    @Test(
        "a history that is not there is an error of whoever only reads or changes it, and nothing is made",
        arguments: [
            ["history", "list"], ["history", "show", "last"], ["history", "trend", "perplexity"],
            ["history", "accept", "last"], ["history", "tag", "last", "v1"], ["history", "prune", "--keep", "1"],
            ["history", "export", "COPY"], ["history", "sql", "SELECT 1"], ["history", "check"], ["gate"],
            ["compare", "last", "last"], ["report", "last"], ["report", "index", "--output", "SITE"],
        ])
    func missing(words: [String]) throws {
        let lab = try withRuns()
        let copy = lab.folder.appendingPathComponent("copy.sqlite")
        #expect(try call(lab, "export", copy.path).status == 0)
        let backup = try Data(contentsOf: copy)
        func files() throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: lab.folder.path).sorted()
        }
        let before = try files()
        let names = ["COPY": copy.path, "SITE": lab.folder.appendingPathComponent("site").path]
        let mistyped = lab.folder.appendingPathComponent("no/such/history.sqlite").path
        let result = try LabCommand.command(
            [LabCommand.executable.path] + words.map { names[$0] ?? $0 } + ["--history", mistyped])
        #expect(result.status == 4, "\(result.output)")
        #expect(result.errors.contains("there is no history \(mistyped)"))
        #expect(try files() == before)
        #expect(try Data(contentsOf: copy) == backup)
    }

    @Test("tags of another lab that would drive a terminal are shown as code points")
    func hostileTag() throws {
        let lab = try withRuns()
        #expect(try call(lab, "tag", "20261122", "XX").status == 0)
        let edit = """
            import sqlite3, sys
            database = sqlite3.connect(sys.argv[1])
            database.execute("UPDATE tags SET name = 'a' || char(27) || '[31m'")
            database.commit()
            """
        #expect(try LabCommand.command(["python3", "-c", edit, lab.history.path]).status == 0)
        for words in [["show", "20261122"], ["tag", "20261122", "v1"], ["list"]] {
            let shown = try LabCommand.command(
                [LabCommand.executable.path, "history"] + words + ["--history", lab.history.path])
            #expect(shown.status == 0)
            #expect(shown.output.contains("a\u{27E8}U+001B\u{27E9}[31m"))
            #expect(!shown.output.contains("\u{1B}[31m"))
        }
    }

    @Test("a trend is drawn, and written as JSON, CSV and SVG")
    func trend() throws {
        let lab = try withRuns()
        let table = try call(lab, "trend", "perplexity_increase", "--recipe", "Q4_K_M")
        #expect(table.status == 0, "\(table.errors)")
        #expect(table.output.contains("pajama-tiny Q4_K_M on cpu, suite balanced"))
        #expect(table.output.contains("+4.25 %, mean +4.25 %, 2 runs, no shift"))

        let json = try object(call(lab, "trend", "perplexity-increase", "--format", "json").output)
        #expect(json.count == 2)
        #expect((json.first?["points"] as? [[String: Any]])?.first?["value"] as? Double == 9.5)

        let csv = try call(lab, "trend", "perplexity_increase", "--format", "csv").output
        #expect(csv.split(separator: "\r\n").count == 1 + 3)
        #expect(csv.hasPrefix("suite,evaluation,metric,unit,dataset,model,recipe,"))

        let file = lab.folder.appendingPathComponent("trend.svg")
        #expect(try call(lab, "trend", "perplexity_increase", "--format", "svg", "--output", file.path).status == 0)
        #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("<svg "))

        let unknown = try call(lab, "trend", "speed")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("perplexity, perplexity_increase"))
        #expect(try call(lab, "trend", "perplexity", "--since", "yesterday").status == 2)
    }

    @Test("a shift is told with the run that it begins with, in every form for programs")
    func shifts() throws {
        let lab = try LabCommand()
        let history = try History(at: lab.history)
        for (index, value) in [2.0, 2, 2, 3.5, 3.5].enumerated() {
            // Every sixth is of the same model and suite.
            var run = SyntheticHistory.run(6 * index)
            for place in run.measurements.indices where run.measurements[place].metric == "perplexity_increase" {
                run.measurements[place].value = value
            }
            try history.record(run)
        }
        let trends = try object(call(lab, "trend", "perplexity_increase", "--format", "json").output)
        let shifts = try #require(trends.first?["shifts"] as? [[String: Any]])
        #expect(shifts.map { $0["run_id"] as? String } == ["2026-000018-3f9c1a"])
        #expect(shifts.map { $0["started_at"] as? String } == ["2026-09-22T08:13:20.000Z"])
        #expect(shifts.map { $0["index"] as? Int } == [3])
        #expect(shifts.map { [$0["before"], $0["after"], $0["noise"]] as? [Double] } == [[2, 3.5, 0]])
        let csv = try call(lab, "trend", "perplexity_increase", "--format", "csv").output.split {
            $0 == "\r\n" || $0 == "\n"
        }
        #expect(csv.first?.hasSuffix(",shift") == true)
        #expect(
            csv.dropFirst().map { String($0.split(separator: ",", omittingEmptySubsequences: false).last ?? "") }
                == ["", "", "", "1.5", ""])
        // Only what is shown is told, and a shift at its first point has nothing before it.
        let few = try object(call(lab, "trend", "perplexity_increase", "--limit", "2", "--format", "json").output)
        #expect((few.first?["shifts"] as? [Any])?.isEmpty == true)
    }

    @Test("what a trend is written as has the columns and fields that the document describes")
    func trendFields() throws {
        let lab = try LabCommand()
        try SyntheticHistory.write(13, to: lab.history)
        let text = try String(
            contentsOf: LabCommand.root.appendingPathComponent("docs/history.md"), encoding: .utf8)
        func described(_ heading: String) throws -> [String] {
            let section = try #require(text.components(separatedBy: "### \(heading)\n").dropFirst().first)
                .components(separatedBy: "\n#")[0]
            return section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
                String($0.dropFirst(3).prefix { $0 != "`" })
            }
        }
        let csv = try call(lab, "trend", "perplexity_increase", "--format", "csv").output
        #expect(
            try csv.split(separator: "\r\n")[0].split(separator: ",").map(String.init) == described("Trends as CSV"))
        let json = try #require(try object(call(lab, "trend", "perplexity_increase", "--format", "json").output).first)
        var fields: Set<String> = []
        func collect(_ value: Any, _ path: String) {
            if let list = value as? [Any] {
                for item in list { collect(item, path + "[]") }
            } else if let object = value as? [String: Any], !object.isEmpty {
                for (name, item) in object { collect(item, path.isEmpty ? name : "\(path).\(name)") }
            } else {
                fields.insert(path)
            }
        }
        collect(json, "")
        let shifts = ["run_id", "started_at", "index", "before", "after", "noise"].map { "shifts[].\($0)" }
        #expect(try fields.union(shifts) == Set(described("Trends as JSON")))
    }

    @Test("a history is exported, imported again without a change, and checked")
    func transfer() throws {
        let lab = try withRuns()
        let copy = lab.folder.appendingPathComponent("copy.sqlite").path
        #expect(try call(lab, "export", copy).output.contains("wrote 3 runs"))
        let again = try call(lab, "import", copy)
        #expect(again.output.contains("0 new runs, 3 known"))
        #expect(again.output.contains("0 new samples"))
        let check = try call(lab, "check")
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("3 runs, 9 measurements, 9 samples"))
        #expect(try call(lab, "import", copy + "x").status == 4)
        #expect(try call(lab, "list").status == 0)
        #expect(try call(lab, "export", copy).output.contains("wrote 3 runs"))
        let folder = try call(lab, "import", lab.folder.path)
        #expect(folder.status == 4)
        #expect(folder.errors.contains("is a directory") && !folder.errors.contains("--history"))
    }

    @Test("a damaged history is reported with exit 4, and what can be read is saved")
    func damage() throws {
        let lab = try withRuns()
        #expect(try call(lab, "list").status == 0)
        let copy = lab.folder.appendingPathComponent("copy.sqlite")
        #expect(try call(lab, "export", copy.path).status == 0)
        // The history of version 3 has its table of samples somewhere in the middle; what is damaged is up to SQLite.
        var bytes = try Data(contentsOf: copy)
        let middle = bytes.count / 2 / 512 * 512
        bytes.replaceSubrange(middle..<middle + 1024, with: Data(repeating: 0xA5, count: 1024))
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: lab.history.path + suffix) }
        try bytes.write(to: lab.history)

        let check = try call(lab, "check")
        #expect(check.status == 4)
        #expect(check.output.contains("problem: "))
        let rescued = lab.folder.appendingPathComponent("rescued.sqlite").path
        let rescue = try call(lab, "check", "--rescue", rescued)
        #expect(rescue.status == 4)
        #expect(rescue.output.contains("runs: "))
        let sound = try LabCommand.command([LabCommand.executable.path, "history", "check", "--history", rescued])
        #expect(sound.status == 0, "\(sound.output)\(sound.errors)")
        let other = lab.folder.appendingPathComponent("other.sqlite").path
        let refused = try LabCommand.command([
            LabCommand.executable.path, "history", "import", lab.history.path, "--history", other,
        ])
        #expect(refused.status == 4)
        #expect(refused.errors.contains("--rescue"))
    }

    @Test("questions in SQL are answered, and what is none is refused with SQLite's words and exit 2")
    func sql() throws {
        let lab = try withRuns()
        let question =
            "SELECT run_id, value FROM measurements_v WHERE metric = 'perplexity_increase' ORDER BY value DESC LIMIT 1"
        #expect(
            try call(lab, "sql", question, "--format", "csv").output
                == "run_id,value\r\n20261123-120000-000003,9.5\n")
        #expect(
            try call(lab, "sql", question, "--format", "json").output
                == "[{\"run_id\":\"20261123-120000-000003\",\"value\":9.5}]\n")
        #expect(
            try call(lab, "sql", question).output == "run_id                  value\n20261123-120000-000003    9.5\n")
        let refused = try call(lab, "sql", "SELECT missing FROM runs_v")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("no such column: missing"))
        #expect(try call(lab, "sql", "DELETE FROM runs").status == 2)
        let twice = try call(lab, "sql", "SELECT 1 AS a, 2 AS a", "--format", "json")
        #expect(twice.status == 2)
        #expect(twice.errors.contains("two columns are called 'a'"))
        #expect(try call(lab, "sql", "SELECT 1 AS a, 2 AS a", "--format", "csv").output == "a,a\r\n1,2\n")
    }

    @Test("pruning keeps tagged runs, and takes a run's samples, artifacts and packs with it")
    func prune() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke").status == 0)
        func files(_ ending: String) -> [String] {
            let walker = FileManager.default.enumerator(atPath: lab.store.path)
            return (walker?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(ending) }
        }
        #expect(files(".gguf").count == 2)
        #expect(files("pack.json").count == 1)
        #expect(try call(lab, "prune").status == 2)

        #expect(try call(lab, "tag", "last", "keep").status == 0)
        #expect(try call(lab, "prune", "--keep", "0").output.contains("removed 0 runs"))
        #expect(try call(lab, "tag", "last", "keep", "--remove").status == 0)
        #expect(try call(lab, "prune", "--keep", "1").output.contains("removed 0 runs"))
        #expect(try call(lab, "prune", "--before", "30d").output.contains("removed 0 runs"))

        let dry = try call(lab, "prune", "--keep", "0", "--dry-run")
        #expect(dry.output.contains("would remove 1 run"))
        #expect(files(".gguf").count == 2)
        // While another process makes an artifact of the same checkpoint, or a run goes on here, nothing goes.
        let locks = try FileManager.default.contentsOfDirectory(atPath: lab.store.path).filter { $0.hasSuffix(".lock") }
            .map { lab.store.appendingPathComponent($0).path }
        #expect(locks.count == 2)
        for lock in locks + [lab.history.path + "-lock"] {
            let held = open(lock, O_RDWR)
            #expect(held >= 0 && flock(held, LOCK_SH) == 0)
            let refused = try call(lab, "prune", "--keep", "0")
            #expect(refused.status == 4)
            #expect(refused.errors.contains("nothing was pruned"))
            #expect(files(".gguf").count == 2)
            #expect(try call(lab, "list").output.split(separator: "\n").count == 1)
            close(held)
        }

        let pruned = try call(lab, "prune", "--keep", "0")
        #expect(pruned.status == 0, "\(pruned.errors)")
        #expect(pruned.output.contains("removed 1 run"))
        #expect(files(".gguf").isEmpty)
        #expect(files("pack.json").isEmpty)
        #expect(try call(lab, "check").output.contains("0 runs, 0 measurements, 0 samples"))
    }

    @Test("pruning a copy leaves the usual store alone, and says so")
    func pruneACopy() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke").status == 0)
        let copy = lab.folder.appendingPathComponent("copy.sqlite").path
        #expect(try call(lab, "export", copy).status == 0)
        func prune(_ arguments: String...) throws -> LabCommand.Result {
            let places = ["LAB_HISTORY=\(lab.history.path)", "LAB_STORE=\(lab.store.path)"]
            return try LabCommand.command(
                places + [LabCommand.executable.path, "history", "prune", "--keep", "0"] + arguments)
        }
        func artifacts() -> Int {
            let walker = FileManager.default.enumerator(atPath: lab.store.path)
            return (walker?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".gguf") }.count
        }
        let pruned = try prune("--history", copy)
        #expect(pruned.status == 0, "\(pruned.errors)")
        #expect(pruned.output.contains("removed 1 run"))
        #expect(pruned.output.contains("the store was left alone"))
        #expect(artifacts() == 2)
        let usual = try prune()
        #expect(usual.output.contains("removed 1 run"))
        #expect(!usual.output.contains("left alone"))
        #expect(artifacts() == 0)
    }

    @Test("a history that a newer lab wrote is exit 4 of every command, and left as it is")
    func newer() throws {
        let lab = try withRuns()
        #expect(try call(lab, "list").status == 0)
        let edit = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')"
        #expect(try LabCommand.command(["python3", "-c", edit, lab.history.path]).status == 0)
        let before = try Data(contentsOf: lab.history)
        let copy = lab.folder.appendingPathComponent("copy.sqlite").path
        for words in [
            ["history", "list"], ["history", "show", "last"], ["history", "accept", "last"], ["history", "check"],
            ["history", "export", copy], ["history", "sql", "SELECT 1"], ["gate"], ["report", "last"],
            ["run", "suites/smoke", "--store", lab.store.path, "--output", lab.reports.path],
        ] {
            let result = try LabCommand.command(
                [LabCommand.executable.path] + words + ["--history", lab.history.path])
            #expect(result.status == 4, "\(words): \(result.output)")
            #expect(result.errors.contains("schema version 99"), "\(words): \(result.errors)")
        }
        #expect(try Data(contentsOf: lab.history) == before)
        // Nor is it taken over into another history.
        let other = lab.folder.appendingPathComponent("other.sqlite").path
        let imported = try LabCommand.command([
            LabCommand.executable.path, "history", "import", lab.history.path, "--history", other,
        ])
        #expect(imported.status == 4 && imported.errors.contains("schema version 99"), "\(imported.errors)")
    }

    @Test("a copy that is exported while another process writes is whole")
    func exportDuringARun() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke", ["--limit", "8"]).status != 4)
        let running = try lab.start(run: "suites/smoke", ["--full"])
        let copy = lab.folder.appendingPathComponent("copy.sqlite").path
        var counts: [Int] = []
        while running.isRunning {
            let result = try call(lab, "export", copy)
            #expect(result.status == 0, "\(result.errors)")
            let check = try LabCommand.command([LabCommand.executable.path, "history", "check", "--history", copy])
            #expect(check.status == 0, "\(check.output)\(check.errors)")
            let samples = check.output.firstMatch(of: /([0-9]+) samples/).flatMap { Int($0.1) }
            counts.append(try #require(samples, "\(check.output)"))
        }
        let result = try running.wait()
        #expect(result.status == 0, "\(result.errors)")
        // Some saw what was finished before, some more; none less than an earlier one.
        #expect(counts.count > 1 && counts == counts.sorted())
        #expect(Set(counts).count > 1, "\(counts)")
    }

    @Test("a run that goes on is not pruned away from under itself")
    func pruneDuringARun() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke").status == 0)
        let running = try lab.start(run: "suites/smoke", ["--full"])
        var refusals = 0
        while running.isRunning {
            let result = try call(lab, "prune", "--keep", "0")
            if result.status == 4, result.errors.contains("a run is going on") { refusals += 1 }
        }
        let result = try running.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(refusals > 0)
    }
}
