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
