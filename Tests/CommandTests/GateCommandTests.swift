import Foundation
import Testing

@Suite("lab gate and lab compare")
struct GateCommandTests {
    private static func call(_ lab: LabCommand, _ words: String...) throws -> LabCommand.Result {
        try LabCommand.command([LabCommand.executable.path] + words + ["--history", lab.history.path])
    }

    @Test("a run is gated against the accepted one: unchanged passes, a coarser recipe fails and says where to look")
    func accepted() throws {
        let lab = try LabCommand()
        let first = try lab.run("suites/smoke", ["--gate", "--branch", "main"])
        #expect(first.status == 0 && first.output.contains("not compared: no run of the same suite"), "\(first.output)")

        let explicit = try lab.run("suites/smoke", ["--gate", "--against", "last-accepted"])
        #expect(explicit.status == 2 && explicit.errors.contains("lab history accept"), "\(explicit.errors)")

        let itself = try Self.call(lab, "gate", "last", "--against", "last")
        #expect(itself.status == 2 && itself.errors.contains("no reference of its own"), "\(itself.errors)")
        let nowhere = try Self.call(lab, "gate", "last", "--json", "\(lab.folder.path)/none/gate.json")
        #expect(nowhere.status == 4 && nowhere.errors.contains("no such folder"), "\(nowhere.errors)")

        #expect(try Self.call(lab, "history", "accept", "last", "--note", "as shipped").status == 0)
        let markdown = lab.folder.appendingPathComponent("gate.md")
        let second = try lab.run("suites/smoke", ["--gate", "--branch", "feature", "--markdown", markdown.path])
        #expect(second.status == 0 && second.output.contains("the very same samples"), "\(second.output)")
        #expect(second.output.contains("gate: pass"))
        #expect(try String(contentsOf: markdown, encoding: .utf8).hasPrefix("### ✅ Pass"))

        let coarse = try lab.run(
            "suites/smoke", ["--recipe", "Q2_K", "--gate", "--against", "branch", "main"])
        #expect(coarse.status == 2 && coarse.errors.contains("branch main has no run"), "\(coarse.errors)")
        let names = try Self.call(lab, "history", "list").output.split(separator: "\n")
        let accepted = try #require(names.last?.split(separator: " ").first.map(String.init))
        let json = lab.folder.appendingPathComponent("gate.json")
        let gated = try lab.run(
            "suites/smoke", ["--recipe", "Q2_K", "--gate", "--against", accepted, "--json", json.path])
        #expect(gated.status == 1, "\(gated.output)\(gated.errors)")
        #expect(gated.output.contains("gate: fail  perplexity of pajama-tiny Q2_K on cpu: up by"))
        #expect(gated.output.contains("look: ./lab compare \(accepted) "))
        #expect(try String(contentsOf: json, encoding: .utf8).contains("\"verdict\" : \"fail\""))

        // Kept in history, it can be judged again, by other tolerances too.
        let again = try Self.call(
            lab, "gate", "last", "--against", accepted, "--tolerance", "perplexity=500%", "--tolerance",
            "kl_mean=9999%,5", "--tolerance", "top1_agreement=100", "--junit", "\(lab.folder.path)/gate.xml")
        #expect(again.output.contains("500 % worse is allowed"), "\(again.output)\(again.errors)")
        let junit = try String(contentsOfFile: "\(lab.folder.path)/gate.xml", encoding: .utf8)
        #expect(junit.contains("against \(accepted) on cpu"))

        let page = lab.folder.appendingPathComponent("compare.html")
        let compared = try Self.call(lab, "compare", accepted, "last", "--html", page.path)
        #expect(compared.status == 0 && compared.output.contains("worse"), "\(compared.output)\(compared.errors)")
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains(accepted) && !html.contains("{{"))
    }

    @Test("a run that fails on a regression alone fails in every form that is written of it, and made again")
    func regressionAlone() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke", ["--full"]).status == 0)
        let reference = try #require(try Self.call(lab, "history", "list").output.split(separator: " ").first)
        // Coarser, and within the limits of the suite.
        let gated = try lab.run(
            "suites/smoke", ["--recipe", "Q3_K_L", "--full", "--gate", "--against", "\(reference)"])
        #expect(gated.status == 1, "\(gated.output)\(gated.errors)")
        #expect(gated.output.hasPrefix("FAIL  KL mean of pajama-tiny Q3_K_L on cpu: up by"), "\(gated.output)")
        #expect(gated.output.contains("\nagainst run \(reference), as named\n"))
        #expect(gated.output.contains("\n  fail  KL mean of pajama-tiny Q3_K_L on cpu"))
        #expect(gated.output.contains("gate: fail  KL mean of"))

        let folder = lab.reports.appendingPathComponent("latest")
        func file(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        #expect(try lab.report().verdicts.allSatisfy { $0.status == "pass" })
        #expect(try lab.report().verdict == "fail")
        #expect(try file("report.json").contains("\"reference\" : \"\(reference)\""))
        #expect(try file("report.html").contains("<h1>Fail</h1>"))
        #expect(try file("report.md").hasPrefix("### ❌ Fail: smoke"))
        #expect(try file("junit.xml").contains("<failure type=\"fail\""))

        let sql = try Self.call(
            lab, "history", "sql",
            "SELECT metric, status FROM verdicts_v WHERE evaluation LIKE '%against \(reference)' ORDER BY metric",
            "--format",
            "csv")
        #expect(sql.output.contains("kl_mean_change,fail"), "\(sql.output)")
        let listed = try Self.call(
            lab, "history", "sql", "SELECT verdict FROM runs_v ORDER BY started_at DESC LIMIT 1", "--format", "csv")
        #expect(listed.output == "verdict\r\nfail\n")
        let site = lab.folder.appendingPathComponent("site")
        #expect(try Self.call(lab, "report", "index", "--output", site.path).status == 0)
        let index = try String(contentsOf: site.appendingPathComponent("index.html"), encoding: .utf8)
        #expect(index.contains("1 pass, 1 fail") && index.contains("KL mean change +"))

        for (format, name) in [
            ("html", "report.html"), ("json", "report.json"), ("junit", "junit.xml"), ("markdown", "report.md"),
        ] {
            let again = lab.folder.appendingPathComponent(name)
            #expect(try Self.call(lab, "report", "last", "--format", format, "--output", again.path).status == 0)
            #expect(try Data(contentsOf: again) == Data(contentsOf: folder.appendingPathComponent(name)), "\(name)")
        }
        let text = try Self.call(lab, "report", "last")
        #expect(gated.output.hasPrefix(text.output))
        #expect(try Self.call(lab, "history", "check").status == 0)
        // Judged by its suite alone it still passes.
        #expect(try Self.call(lab, "gate", "last").status == 0)
    }

    @Test("a branch's newest run is a reference, before a run and after it")
    func branch() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke", ["--branch", "main"]).status == 0)
        let gated = try lab.run("suites/smoke", ["--branch", "feature", "--gate", "--against", "branch", "main"])
        #expect(gated.status == 0, "\(gated.output)\(gated.errors)")
        #expect(gated.output.contains("the newest of branch main"))
        #expect(gated.output.contains("gate: pass"))
        let again = try Self.call(lab, "gate", "last", "--against", "branch", "main")
        #expect(again.status == 0, "\(again.output)\(again.errors)")
        #expect(again.output.contains("the newest of branch main") && again.output.contains("gate: pass"))
    }

    @Test("where the runs have no chunk in common the gate is inconclusive: exit 3")
    func inconclusive() throws {
        let lab = try LabCommand()
        let text = LabCommand.model.appendingPathComponent("heldout/calibration.txt")
        let other = ["--dataset", "other", "--dataset-path", text.path]
        #expect(try lab.run("suites/smoke", other).status != 4)
        #expect(try lab.run("suites/smoke").status == 0)
        let reference = try #require(try Self.call(lab, "history", "list").output.split(separator: "\n").last)
        let id = String(reference.prefix(22))
        let gated = try Self.call(lab, "gate", "last", "--against", id)
        #expect(gated.status == 3, "\(gated.output)\(gated.errors)")
        #expect(gated.output.contains("gate: inconclusive"))
        #expect(gated.output.contains("no chunk in common"), "\(gated.output)")
    }

    @Test("artifacts are compared by their digest and by their file; one that no run judged is named")
    func compareArtifacts() throws {
        let lab = try LabCommand()
        #expect(try lab.run("suites/smoke").status == 0)
        let first = try #require(try lab.report().artifacts.last)
        #expect(try lab.run("suites/smoke", ["--recipe", "Q6_K"]).status == 0)
        let second = try #require(try lab.report().artifacts.last)
        let file = second.path.hasPrefix("/") ? second.path : LabCommand.root.appendingPathComponent(second.path).path
        let store = ["--store", lab.store.path]
        for name in [String(first.sha256.prefix(8)), String(first.sha256.prefix(8)).uppercased()] {
            let compared = try LabCommand.command(
                [LabCommand.executable.path, "compare", name, file, "--history", lab.history.path] + store)
            #expect(compared.status == 0, "\(compared.errors)")
            #expect(compared.output.contains("pajama-tiny Q4_K_M") && compared.output.contains("pajama-tiny Q6_K"))
            #expect(compared.output.contains("better"), "\(compared.output)")
        }
        let unknown = lab.folder.appendingPathComponent("never.gguf")
        try FileManager.default.copyItem(atPath: file, toPath: unknown.path)
        let handle = try FileHandle(forUpdating: unknown)
        // The last weight: still a model, and none that was judged.
        try handle.seek(toOffset: try handle.seekToEnd() - 1)
        try handle.write(contentsOf: [0x5A])
        try handle.close()
        let refused = try LabCommand.command(
            [LabCommand.executable.path, "compare", unknown.path, "last", "--history", lab.history.path] + store)
        #expect(refused.status == 2, "\(refused.output)\(refused.errors)")
        #expect(refused.errors.contains("no run judged \(unknown.path)"), "\(refused.errors)")
        let none = try Self.call(lab, "compare", "0123456789abcdef", "last")
        #expect(none.status == 2 && none.errors.contains("no run '0123456789abcdef'"), "\(none.errors)")
    }

    @Test("in GitHub Actions annotations are printed, and a step's summary is added to")
    func services() throws {
        let lab = try LabCommand()
        try FileManager.default.copyItem(
            at: LabCommand.root.appendingPathComponent("fixtures/history/version3.sqlite"), to: lab.history)
        let summary = lab.folder.appendingPathComponent("summary.md")
        try Data("from the step before\n".utf8).write(to: summary)
        func gate(_ variables: [String], _ words: String...) throws -> LabCommand.Result {
            try LabCommand.command(
                ["-u", "GITHUB_ACTIONS", "-u", "GITHUB_STEP_SUMMARY"] + variables
                    + [LabCommand.executable.path, "gate"] + words + ["--history", lab.history.path])
        }
        let actions = ["GITHUB_ACTIONS=true", "GITHUB_STEP_SUMMARY=\(summary.path)"]
        let failed = try gate(actions, "20261123", "--markdown", summary.path)
        #expect(failed.status == 1, "\(failed.output)\(failed.errors)")
        #expect(failed.output.contains("\n::error title=lab gate%3A "), "\(failed.output)")
        let passed = try gate(actions, "20261121", "--markdown", summary.path)
        #expect(passed.status == 0, "\(passed.output)\(passed.errors)")
        #expect(passed.output.contains("\n::notice title=lab gate::"))
        let text = try String(contentsOf: summary, encoding: .utf8)
        #expect(text.hasPrefix("from the step before\n### ❌ Fail: balanced"))
        #expect(text.components(separatedBy: "### ✅ Pass").count == 2)

        #expect(try !gate([], "20261121").output.contains("::"))
        #expect(try !gate(actions, "20261121", "--no-annotations").output.contains("::"))
        // Any other file is replaced.
        let file = lab.folder.appendingPathComponent("gate.md")
        try Data("old\n".utf8).write(to: file)
        #expect(try gate(actions, "20261121", "--markdown", file.path).status == 0)
        #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("### ✅ Pass"))
    }

    @Test("what names no run or allows nothing is a usage error that says how to mend it")
    func usage() throws {
        let lab = try LabCommand()
        try FileManager.default.copyItem(
            at: LabCommand.root.appendingPathComponent("fixtures/history/version3.sqlite"), to: lab.history)
        for (words, message) in [
            (["gate", "nothing"], "no run 'nothing'"), (["gate", "--tolerance", "beauty=1%"], "beauty=1%"),
            (["gate", "--tolerance", "perplexity=-1"], "perplexity=-1"),
            (["gate", "--tolerance", "perplexity=1e307"], "perplexity=1e307"), (["compare", "a", "b"], "no run 'a'"),
        ] {
            let result = try LabCommand.command([LabCommand.executable.path] + words + ["--history", lab.history.path])
            #expect(result.status == 2 && result.errors.contains(message), "\(words): \(result.errors)")
        }
        let run = try lab.run("suites/smoke", ["--against", "last"])
        #expect(run.status == 2 && run.errors.contains("--gate"))
    }
}
