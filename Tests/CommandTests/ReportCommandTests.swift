import Foundation
import History
import LabCore
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("lab report", .serialized)
struct ReportCommandTests {
    private static let lab = LabCommand.executable.path

    @Test("every form is made again from history alone, from a copy and from where that was imported, byte for byte")
    func rebuilds() throws {
        let lab = try LabCommand()
        let ran = try lab.run("suites/smoke")
        #expect(try lab.run("suites/smoke", ["--limit", "3"]).status != 4)
        let ids = try History(at: lab.history).runs().map(\.id)
        try #require(ids.count == 2)
        let (copy, other) = (
            lab.folder.appendingPathComponent("copy.sqlite").path,
            lab.folder.appendingPathComponent("other.sqlite").path
        )
        for words in [["export", copy, "--history", lab.history.path], ["import", copy, "--history", other]] {
            let result = try LabCommand.command([Self.lab, "history"] + words)
            #expect(result.status == 0, "\(result.errors)")
        }
        for (history, id) in [lab.history.path, copy, other].flatMap({ history in ids.map { (history, $0) } }) {
            for (format, name) in [
                ("html", "report.html"), ("json", "report.json"), ("junit", "junit.xml"), ("markdown", "report.md"),
            ] {
                let written = try Data(contentsOf: lab.reports.appendingPathComponent("\(id)/\(name)"))
                let again = lab.folder.appendingPathComponent("again")
                let result = try LabCommand.command([
                    Self.lab, "report", id, "--format", format, "--output", again.path, "--history", history,
                ])
                #expect(result.status == 0, "\(result.errors)")
                #expect(try Data(contentsOf: again) == written, "\(name) of \(id) from \(history)")
            }
            let text = try LabCommand.command([Self.lab, "report", id, "--history", history])
            let own = try LabCommand.command([Self.lab, "report", id, "--history", lab.history.path])
            #expect(text.output == own.output && !text.output.isEmpty, "\(history)")
        }
        // What was printed, without the line that says where the report lies.
        let text = try LabCommand.command([Self.lab, "report", ids[1], "--history", lab.history.path])
        #expect(ran.output.hasPrefix(text.output))
        #expect(ran.output.dropFirst(text.output.count).hasPrefix("report: "))
        let printed = try LabCommand.command([
            Self.lab, "report", "last", "--format", "junit", "--history", lab.history.path,
        ])
        let junit = try String(contentsOf: lab.reports.appendingPathComponent("latest/junit.xml"), encoding: .utf8)
        #expect(printed.output == junit)
    }

    @Test(
        "bad usage and an unknown run are exit 2, a place that cannot be written is exit 4",
        arguments: [
            (["last", "--format", "pdf"], 2), ([], 2), (["nothing-like-it"], 2), (["index"], 2),
            (["2026-000001", "--format", "json", "--output", "/nonexistent/report.json"], 4),
            (["index", "--output", "/proc/site"], 4),
        ] as [([String], Int32)])
    func failures(arguments: [String], status: Int32) throws {
        let lab = try LabCommand()
        try SyntheticHistory.write(2, to: lab.history)
        let result = try LabCommand.command([Self.lab, "report"] + arguments + ["--history", lab.history.path])
        #expect(result.status == status, "\(result.errors)")
        #expect(!result.errors.isEmpty)
    }

    @Test("a site is made once; then only what changed is written, and pages of pruned runs go")
    func site() throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        func build(_ more: [String] = []) throws -> String {
            let result = try LabCommand.command(
                [Self.lab, "report", "index", "--output", site.path, "--history", lab.history.path] + more)
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }
        try SyntheticHistory.write(12, to: lab.history)
        // 12 runs, 3 models, 1 month, the index.
        #expect(try build().contains("12 runs, 17 pages written, 0 up to date, 0 removed"))
        #expect(try build().contains("12 runs, 0 pages written, 17 up to date, 0 removed"))
        let first = try contents(of: site)
        #expect(try build(["--force"]).contains("17 pages written"))
        #expect(try contents(of: site) == first)
        try checkLinks(in: site)

        // A new run changes the index, its model's page and its month's page.
        try SyntheticHistory.write(1, to: lab.history, from: 12)
        #expect(try build().contains("13 runs, 4 pages written, 14 up to date, 0 removed"))

        // A page that was cut short or removed is made again; what others put there stays.
        let page = site.appendingPathComponent("runs/2026-000003-3f9c1a.html")
        try Data("cut".utf8).write(to: page)
        try FileManager.default.removeItem(at: site.appendingPathComponent("runs/2026-000004-3f9c1a.html"))
        let foreign = site.appendingPathComponent("runs/mine.html")
        try Data("mine".utf8).write(to: foreign)
        #expect(try build().contains("13 runs, 2 pages written, 16 up to date, 0 removed"))

        // A smaller history: its pages go, and nothing else.
        for file in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: lab.history.path + file)
        }
        try SyntheticHistory.write(2, to: lab.history)
        let shrunk = try build()
        #expect(shrunk.contains("2 runs,") && shrunk.contains("12 removed"))
        #expect(try String(contentsOf: foreign, encoding: .utf8) == "mine")
        #expect(!FileManager.default.fileExists(atPath: page.path))
        try checkLinks(in: site)
        #expect(lab.partialFiles().isEmpty)
    }

    @Test("a manifest that was tampered with removes nothing outside of the site")
    func tampered() throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        let victim = lab.folder.appendingPathComponent("victim.html")
        try FileManager.default.createDirectory(at: site, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: victim)
        try Data(
            """
            {"version": 1, "runs": {}, "pages": {
                "../victim.html": {"digest": "\(Digest(of: "").hex)", "bytes": 4},
                "runs/../../victim.html": {"digest": "\(Digest(of: "").hex)", "bytes": 4}}}
            """.utf8
        ).write(to: site.appendingPathComponent("site.json"))
        try SyntheticHistory.write(1, to: lab.history)
        let result = try LabCommand.command([
            Self.lab, "report", "index", "--output", site.path, "--history", lab.history.path,
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(FileManager.default.fileExists(atPath: victim.path))
    }

    @Test("pages follow the runs that their trends come from, and the lab's build, without being forced")
    func stalePages() throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        func build(_ more: [String] = [], with program: URL = LabCommand.executable) throws -> String {
            let result = try LabCommand.command(
                [program.path, "report", "index", "--output", site.path, "--history", lab.history.path] + more)
            #expect(result.status == 0, "\(result.errors)")
            return result.output
        }
        // Runs 6 to 29, then the six before them, as an import brings them: each model's and suite's trend begins earlier.
        try SyntheticHistory.write(24, to: lab.history, from: 6)
        _ = try build()
        try SyntheticHistory.write(6, to: lab.history)
        _ = try build()
        let imported = try contents(of: site)
        _ = try build(["--force"])
        #expect(try contents(of: site) == imported)

        // And gone again.
        let pruned = try LabCommand.command([
            Self.lab, "history", "prune", "--keep", "3", "--history", lab.history.path, "--store", lab.store.path,
        ])
        #expect(pruned.status == 0, "\(pruned.errors)")
        _ = try build()
        let left = try contents(of: site)
        _ = try build(["--force"])
        #expect(try contents(of: site) == left)
        #expect(try build().contains(" 0 pages written"))

        #if os(Linux)
            // Another build: the same program with a byte behind its end.
            let other = lab.folder.appendingPathComponent("lab")
            try FileManager.default.copyItem(at: LabCommand.executable, to: other)
            let handle = try FileHandle(forWritingTo: other)
            try handle.seekToEnd()
            try handle.write(contentsOf: Data([0]))
            try handle.close()
            #expect(try build(with: other).contains("18 runs, 18 pages written"))
            #expect(try build(with: other).contains(" 0 pages written"))
        #endif
    }

    @Test("a history without runs does not empty a site, unless it is forced")
    func emptyHistory() throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        try SyntheticHistory.write(3, to: lab.history)
        let empty = lab.folder.appendingPathComponent("empty.sqlite")
        _ = try History(at: empty)
        func build(_ history: URL, _ more: [String] = []) throws -> LabCommand.Result {
            try LabCommand.command(
                [Self.lab, "report", "index", "--output", site.path, "--history", history.path] + more)
        }
        #expect(try build(lab.history).status == 0)
        let before = try contents(of: site)
        let refused = try build(empty)
        #expect(refused.status == 4)
        #expect(refused.errors.contains("empty.sqlite has no runs") && refused.errors.contains("--force"))
        #expect(try contents(of: site) == before)
        let forced = try build(empty, ["--force"])
        #expect(forced.status == 0 && forced.output.contains("0 runs"), "\(forced.errors)")
        #expect(try contents(of: site).keys.sorted() == ["index.html"])
    }

    @Test(
        "a user's own file in the way of a page is an error, and stays",
        arguments: [
            "index.html", "site.json", "runs/2026-000001-3f9c1a.html", "models/pajama-tiny.html", "months/2026-09.html",
        ], [false, true])
    func foreignFiles(path: String, isSite: Bool) throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        let build = [Self.lab, "report", "index", "--output", site.path, "--history", lab.history.path]
        if isSite {
            // A site of another model that has a page of each kind but these.
            try SyntheticHistory.write(1, to: lab.history, from: 2000)
            #expect(try LabCommand.command(build).status == 0)
        }
        try SyntheticHistory.write(2, to: lab.history)
        let file = site.appendingPathComponent(path)
        if isSite, ["index.html", "site.json"].contains(path) { return }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: file)
        for more in [[], ["--force"]] {
            let result = try LabCommand.command(build + more)
            #expect(result.status == 4, "\(result.output)")
            #expect(result.errors.contains(file.path) && result.errors.contains("->"))
            #expect(try String(contentsOf: file, encoding: .utf8) == "mine")
        }
        try FileManager.default.removeItem(at: file)
        #expect(try LabCommand.command(build).status == 0)
    }

    @Test("a site whose making was interrupted is made whole by the next call")
    func interrupted() throws {
        let lab = try LabCommand()
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        let build = [Self.lab, "report", "index", "--output", site.path, "--history", lab.history.path]
        try SyntheticHistory.write(120, to: lab.history)
        let first = try LabCommand.Running(build)
        let runs = site.appendingPathComponent("runs").path
        while first.isRunning, (try? FileManager.default.contentsOfDirectory(atPath: runs).isEmpty) ?? true {
            usleep(2000)
        }
        first.kill()
        _ = try first.wait()
        let again = try LabCommand.command(build)
        #expect(again.status == 0, "\(again.errors)")
        let whole = try contents(of: site)
        #expect(try LabCommand.command(build + ["--force"]).status == 0)
        #expect(try contents(of: site) == whole)
    }

    @Test("a report that cannot be written to standard output is exit 4, one that nobody reads on is none")
    func standardOutput() throws {
        let lab = try LabCommand()
        try SyntheticHistory.write(1, to: lab.history)
        let commands = [
            "report last", "report last --format json", "report last --format html", "history list",
            "history list --format json",
            "history sql 'SELECT * FROM runs_v'", "--help",
        ]
        for command in commands {
            let line = "'\(Self.lab)' \(command)" + (command == "--help" ? "" : " --history '\(lab.history.path)'")
            #if os(Linux)
                let full = try LabCommand.command(["bash", "-c", "\(line) >/dev/full"])
                #expect(full.status == 4, "\(command)")
                #expect(full.errors.hasPrefix("error: standard output cannot be written: "))
                #expect(full.errors.split(separator: "\n").count == 1)
            #endif
            // Where a closed pipe is no signal, as some services have it, the write fails.
            for ignoring in ["", "trap '' PIPE; "] {
                let closed = try LabCommand.command(["bash", "-c", "\(ignoring)\(line) | true"])
                #expect(closed.status == 0 && closed.errors.isEmpty, "\(command): \(closed.errors)")
            }
            #expect(try LabCommand.command(["bash", "-c", line]).status == 0)
        }
    }

    @Test("a report goes into a pipe or through a link, which stay what they are")
    func outputsThatStay() throws {
        let lab = try LabCommand()
        try SyntheticHistory.write(1, to: lab.history)
        let report = "'\(Self.lab)' report last --format json --history '\(lab.history.path)'"
        let script = """
            set -e; cd '\(lab.folder.path)'
            mkfifo pipe; ln -s target link
            cat pipe >read & \(report) --output pipe; wait
            \(report) --output link
            \(report) >printed
            [ -p pipe ]; [ -L link ]; cmp read printed; cmp target printed
            """
        let result = try LabCommand.command(["timeout", "60", "bash", "-c", script])
        #expect(result.status == 0, "\(result.errors)")
    }

    /// For `./lab benchmark reports` and `./lab prove reports`: a history of `LAB_SYNTHETIC_RUNS` runs.
    @Test(
        "a synthetic history is written where LAB_SYNTHETIC_HISTORY says",
        .enabled(if: ProcessInfo.processInfo.environment["LAB_SYNTHETIC_HISTORY"] != nil))
    func syntheticHistory() throws {
        let environment = ProcessInfo.processInfo.environment
        let file = try #require(environment["LAB_SYNTHETIC_HISTORY"])
        let count = try #require(environment["LAB_SYNTHETIC_RUNS"].flatMap { Int($0) })
        let first = environment["LAB_SYNTHETIC_FIRST"].flatMap { Int($0) } ?? 0
        try SyntheticHistory.write(count, to: URL(fileURLWithPath: file), from: first)
    }

    @Test("a site and a drawing of a history with hostile names hold them as text, under names that every system takes")
    func hostileSite() throws {
        let lab = try LabCommand()
        try HostileHistory.write(to: lab.history)
        let site = lab.folder.appendingPathComponent("site", isDirectory: true)
        let built = try LabCommand.command([
            Self.lab, "report", "index", "--output", site.path, "--history", lab.history.path,
        ])
        #expect(built.status == 0, "\(built.errors)")
        try checkLinks(in: site)
        let pages = try contents(of: site)
        #expect(pages.count == 6 * HostileHistory.names.count + HostileHistory.names.count + 2)
        let plain = try Regex("[a-z0-9._-]+\\.html")
        for (path, data) in pages {
            // A tag of the templates is a text like others, where a name has it.
            let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "{{title}}{{{gauge}}}", with: "")
            #expect(!text.contains("<script") && !text.contains("<img") && !text.contains("{{"), "\(path)")
            #expect(data.count < 1_000_000, "\(path) has \(data.count) bytes")
            #expect(path.split(separator: "/").last?.wholeMatch(of: plain) != nil, "\(path)")
        }
        let svg = lab.folder.appendingPathComponent("trend.svg")
        let drawn = try LabCommand.command([
            Self.lab, "history", "trend", "perplexity_increase", "--format", "svg", "--output", svg.path, "--history",
            lab.history.path,
        ])
        #expect(drawn.status == 0, "\(drawn.errors)")
        let text = try String(contentsOf: svg, encoding: .utf8)
        #expect(!text.contains("<script") && !text.contains("<img") && text.contains("&lt;script&gt;"))
        #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0 == "\u{202E}" })
    }

    /// For `./lab prove reports`.
    @Test(
        "a history with hostile names is written where LAB_HOSTILE_HISTORY says",
        .enabled(if: ProcessInfo.processInfo.environment["LAB_HOSTILE_HISTORY"] != nil))
    func hostileHistory() throws {
        let file = try #require(ProcessInfo.processInfo.environment["LAB_HOSTILE_HISTORY"])
        try HostileHistory.write(to: URL(fileURLWithPath: file))
    }

    private func contents(of site: URL) throws -> [String: Data] {
        let walker = try #require(FileManager.default.enumerator(atPath: site.path))
        var contents: [String: Data] = [:]
        for case let path as String in walker where path.hasSuffix(".html") {
            contents[path] = try Data(contentsOf: site.appendingPathComponent(path))
        }
        return contents
    }

    /// Every link of every page is relative and leads to a page that is there.
    private func checkLinks(in site: URL) throws {
        for (path, data) in try contents(of: site) where !path.hasSuffix("mine.html") {
            let text = String(decoding: data, as: UTF8.self)
            for link in text.matches(of: /href="([^"]*)"/) where link.1 != "data:," {
                let target = site.appendingPathComponent(path).deletingLastPathComponent()
                    .appendingPathComponent(String(link.1)).standardizedFileURL
                #expect(FileManager.default.fileExists(atPath: target.path), "\(path) leads to \(link.1)")
                #expect(target.path.hasPrefix(site.standardizedFileURL.path))
            }
        }
    }
}
