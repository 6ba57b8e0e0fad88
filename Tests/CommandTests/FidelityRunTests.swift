import Foundation
import Testing

/// What `lab run` computes, and what it does not compute again.
@Suite("Fidelity through lab run", .serialized)
struct FidelityRunTests {
    private let lab: LabCommand
    private static let text = LabCommand.model.appendingPathComponent("heldout/text.txt")

    init() throws { lab = try LabCommand() }

    /// A suite of both evaluations, in which windows are short and many.
    private func suite(contextLength: Int = 64, limit: Int? = nil, recipe: String = "Q4_K_M") throws -> String {
        let limitLine = limit.map { "\n    limit: \($0)" } ?? ""
        func evaluation(_ name: String, _ metric: String, _ below: Double, _ unit: String) -> String {
            """
              - name: \(name)
                evaluator: \(name)
                dataset:
                  name: pajama-heldout
                  path: \(Self.text.path)
                context_length: \(contextLength)\(limitLine)
                gates:
                  - metric: \(metric)
                    below: \(below)
                    unit: \(unit)
            """
        }
        let file = lab.folder.appendingPathComponent("suite.yaml")
        try Data(
            """
            version: 1
            name: short-windows
            summary: Many short windows.
            model: \(LabCommand.model.path)
            recipe: \(recipe)
            backends:
              - name: cpu
            evaluations:
            \(evaluation("perplexity", "perplexity_increase", 8, "percent"))
            \(evaluation("fidelity", "kl_mean_excess", 0.08, "nats_per_token"))
            """.utf8
        ).write(to: file)
        return file.path
    }

    @Test("changing one window computes that one, and the report does not blame anything else")
    func oneWindow() throws {
        let suite = try suite(limit: 60)
        #expect(try lab.run(suite).status == 0)
        // Digits are tokens of their own, so that every other window keeps its tokens.
        var characters = Array(try String(contentsOf: Self.text, encoding: .utf8))
        let place = try #require(characters.indices.first { $0 > 6000 && characters[$0] == "7" })
        characters[place] = "8"
        let changed = lab.folder.appendingPathComponent("changed.txt")
        try Data(String(characters).utf8).write(to: changed)

        let result = try lab.run(suite, ["--dataset", "pajama-heldout", "--dataset-path", changed.path])
        #expect(result.status == 0, "\(result.errors)")
        let report = try lab.report()
        // The parent's predictions and the candidate's divergence.
        #expect(report.reuse.samplesComputed == 2)
        #expect(report.reuse.changes == [])
    }

    @Test("another engine build computes everything again and says so")
    func anotherEngine() throws {
        let suite = try suite(limit: 4)
        _ = try lab.run(suite)
        let computed = try lab.report().reuse.samplesComputed
        // What another build would have left: the same samples under its name.
        let other = lab.folder.appendingPathComponent("other.sqlite").path
        let edit = """
            import sqlite3, sys
            old, new = sys.argv[1:]
            source = sqlite3.connect(old)
            source.execute("VACUUM INTO ?", [new])
            target = sqlite3.connect(new)
            for table in ["samples", "outputs"]:
                target.execute(f"UPDATE {table} SET key = 'older' || substr(key, 6)")
            target.execute("UPDATE conditions SET json = replace(json, engine, 'b1-older'), engine = 'b1-older'")
            target.commit()
            """
        let edited = try LabCommand.command(["python3", "-c", edit, lab.history.path, other])
        #expect(edited.status == 0, "\(edited.errors)")

        let store = lab.folder.appendingPathComponent("other-store").path
        let result = try lab.run(suite, ["--history", other, "--store", store])
        #expect(result.status != 4, "\(result.errors)")
        let report = try lab.report()
        #expect(report.reuse.samplesComputed == computed)
        #expect(report.reuse.samplesReused == 0)
        #expect(report.reuse.changes?.first?.hasPrefix("the engine build changed from b1-older to b11434-") == true)
    }

    @Test("a gate stops early, --full does not, and what is known whole is exact without it")
    func stopsEarly() throws {
        let suite = try suite()
        #expect(try lab.run(suite).status == 0)
        let early = try lab.report()
        let gates = early.verdicts.compactMap(\.evidence)
        #expect(gates.map(\.basis) == ["sequential", "sequential"])
        #expect(gates.allSatisfy { $0.chunksUsed < $0.chunksAvailable / 4 })
        #expect(early.verdicts.allSatisfy { $0.reason.contains("each clipped to") })
        #expect(try accept().contains("a run with --full is a reference for all of them"))

        #expect(try lab.run(suite).status == 0)
        let again = try lab.report()
        #expect(again.reuse.samplesComputed == 0)
        #expect(early.fidelity.count == 1 && early.fidelity.first?.pack != nil)
        #expect(again.fidelity == early.fidelity)

        #expect(try lab.run(suite, ["--full"]).status == 0)
        let full = try lab.report()
        #expect(full.verdicts.compactMap(\.evidence?.basis) == ["exact", "exact"])
        #expect(full.verdicts.map(\.status) == early.verdicts.map(\.status))
        #expect(try !accept().contains("note:"))

        #expect(try lab.run(suite).status == 0)
        let known = try lab.report()
        #expect(known.verdicts.compactMap(\.evidence?.basis) == ["exact", "exact"])
        #expect(known.reuse.samplesComputed == 0)
    }

    private func accept() throws -> String {
        let words = ["history", "accept", "last", "--history", lab.history.path]
        let result = try LabCommand.command([LabCommand.executable.path] + words)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test("parent and candidate side by side give the pack's values: likelihoods and top-1 exactly, KL nearly")
    func lockstep() throws {
        let suite = try suite(contextLength: 128, limit: 24)
        #expect(try lab.run(suite).status == 0)
        let packed = try ["kl_mean", "kl_p99", "top1_agreement"].map { try #require(try lab.value($0)) }
        let increase = try lab.value("perplexity_increase", of: "perplexity")
        #expect(try lab.run(suite, ["--lockstep"]).status == 0)
        let exact = try ["kl_mean", "kl_p99", "top1_agreement"].map { try #require(try lab.value($0)) }
        #expect(abs(packed[0] / exact[0] - 1) < 0.02)
        #expect(abs(packed[1] / exact[1] - 1) < 0.05)
        #expect(packed[2] == exact[2])
        #expect(try lab.value("perplexity_increase", of: "perplexity") == increase)
    }

    @Test("a published pack stands for a parent that is not there; a damaged one and another text are refused")
    func publishedPack() throws {
        let suite = try suite(contextLength: 128)
        #expect(try lab.run(suite, ["--full"]).status == 0)
        let values = try lab.report().measurements.map(\.value)
        let artifact = try #require(try lab.report().artifacts.last?.path)
        let listed = try pack("list", [], store: lab.store)
        let id = String(listed.output.prefix { $0 != " " })
        let file = lab.folder.appendingPathComponent("parent.pack")
        let exported = try pack("export", [id, file.path], store: lab.store)
        #expect(exported.status == 0, "\(exported.errors)")
        #expect(try LabCommand.command([LabCommand.executable.path, "pack", "verify", file.path]).status == 0)

        // Elsewhere: another store, another history, and a model that does not exist.
        let elsewhere = try LabCommand()
        #expect(try pack("import", [file.path], store: elsewhere.store).status == 0)
        let result = try elsewhere.run(
            suite, ["--artifact", artifact, "--pack", id, "--model", "/nonexistent", "--full"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try elsewhere.report().measurements.map(\.value) == values)

        let other = lab.folder.appendingPathComponent("other.txt")
        try Data(try Data(contentsOf: Self.text).dropFirst(50_000)).write(to: other)
        let wrongText = try elsewhere.run(
            suite, ["--artifact", artifact, "--pack", id, "--dataset", "other", "--dataset-path", other.path])
        #expect(wrongText.status == 2)
        #expect(wrongText.errors.contains("has no predictions on other"))

        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
        let damaged = try LabCommand.command([LabCommand.executable.path, "pack", "verify", file.path])
        #expect(damaged.status == 4)
        #expect(damaged.errors.contains("parent.pack is no whole pack: its digest does not fit"))
        #expect(try elsewhere.run(suite, ["--artifact", artifact, "--pack", file.path]).status == 4)
        #expect(try elsewhere.run(suite, ["--artifact", artifact, "--pack", "feed"]).status == 2)
    }

    private func pack(_ command: String, _ arguments: [String], store: URL) throws -> LabCommand.Result {
        try LabCommand.command(
            [LabCommand.executable.path, "pack", command] + arguments + ["--store", store.path])
    }
}
