import Foundation
import TestSupport
import Testing

/// The CPU beside an RPC device; `.ci/run` has the suite judge MLX folders.
@Suite("suites/consistency", .serialized)
struct ConsistencyRunTests {
    private func judge(_ lab: LabCommand, on backend: String, _ arguments: [String] = [], worker: URL? = nil) throws
        -> LabCommand.Result
    {
        let words = [
            LabCommand.executable.path, "run", "suites/consistency", "--history", lab.history.path, "--store",
            lab.store.path, "--output", lab.reports.path, "--backend", "cpu", "--backend", backend,
        ]
        let setting = worker.map { ["LAB_WORKER=\($0.path)"] } ?? []
        return try LabCommand.command(setting + words + arguments)
    }

    @Test("an RPC device passes beside the CPU, each beside itself; a second run computes nothing")
    func passes() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let backend = "rpc:\(server.endpoint)"
        let first = try judge(lab, on: backend)
        #expect(first.status == 0, "\(first.output)\(first.errors)")
        let report = try lab.report()
        func verdict(_ metric: String, on backend: String) -> String? {
            report.verdicts.first { $0.metric == metric && $0.backend == backend }?.status
        }
        for metric in ["kl_mean", "top1_agreement", "windows_tokenized_differently", "text_similarity"] {
            #expect(verdict(metric, on: backend) == "pass", "\(metric)")
            // The CPU is what the others are held against.
            #expect(verdict(metric, on: "cpu") == nil, "\(metric)")
        }
        for backend in [backend, "cpu"] {
            #expect(verdict("floor_kl_mean", on: backend) == "pass")
            #expect(verdict("floor_text_similarity", on: backend) == "pass")
        }
        let skipped = report.verdicts.filter { $0.status == "skipped" }
        #expect(skipped.map(\.evaluation).sorted() == ["continuations", "predictions", "texts"])
        #expect(skipped.allSatisfy { $0.backend == "cpu" && $0.reason.contains("held against") })
        // Limits between formats are not of two backends with one artifact.
        #expect(report.verdicts.count { $0.metric == "kl_mean" } == 1)

        let second = try judge(lab, on: backend)
        #expect(second.status == 0)
        #expect(try lab.report().reuse.samplesComputed == 0)
    }

    @Test("a backend whose copy of one layer is wrong fails the gates on predictions")
    func perturbed() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let backend = "rpc:\(server.endpoint)"
        let copy = try CheckpointCopy(.single, in: lab.folder.appendingPathComponent("pajama-tiny"))
        try copy.change("model.layers.1.mlp.down_proj.weight") { values, _ in
            for index in values.indices { values[index] *= 1.5 }
        }
        let output = lab.folder.appendingPathComponent("wrong")
        let made = try lab.convert(model: copy.folder, to: output, ["--precision", "q8_0"])
        #expect(made.status == 0, "\(made.errors)")
        let wrong = output.appendingPathComponent("gguf/pajama-tiny-q8_0.gguf")
        let result = try judge(
            lab, on: backend, ["--evaluations", "predictions", "--limit", "8"],
            worker: tampering(lab, wrong: wrong, on: backend))
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        let failed = try lab.report().verdicts.filter { $0.status == "fail" }
        #expect(failed.contains { $0.metric == "kl_mean" && $0.backend == backend }, "\(failed)")
        #expect(failed.allSatisfy { $0.backend == backend && $0.metric?.hasPrefix("floor") == false })
    }

    @Test("a backend whose tokenizer cuts a text otherwise is found out, and nothing else is judged by it")
    func tokenized() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let backend = "rpc:\(server.endpoint)"
        let copy = try CheckpointCopy(.single, in: lab.folder.appendingPathComponent("pajama-tiny"))
        try forgetLastMerges(of: copy.folder.appendingPathComponent("tokenizer.json"), count: 200)
        let output = lab.folder.appendingPathComponent("wrong")
        let made = try lab.convert(model: copy.folder, to: output, ["--precision", "q8_0"])
        #expect(made.status == 0, "\(made.errors)")
        let wrong = output.appendingPathComponent("gguf/pajama-tiny-q8_0.gguf")
        let result = try judge(
            lab, on: backend, ["--evaluations", "predictions", "--limit", "4"],
            worker: tampering(lab, wrong: wrong, on: backend))
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        let verdicts = try lab.report().verdicts.filter { $0.backend == backend }
        #expect(verdicts.filter { $0.status == "fail" }.compactMap(\.metric) == ["windows_tokenized_differently"])
        let reason = try #require(verdicts.first { $0.metric == "kl_mean" })
        #expect(reason.status == "inconclusive" && reason.reason.contains("other tokens"))
    }

    // MARK: - What is wrong

    /// A worker that loads another file when it is asked for an artifact on a backend.
    private func tampering(_ lab: LabCommand, wrong: URL, on backend: String) throws -> URL {
        let worker = LabCommand.executable.deletingLastPathComponent().appendingPathComponent("lab-worker")
        let program = lab.folder.appendingPathComponent("tampering-worker")
        let text = """
            #!/usr/bin/env python3
            import json, os, struct, subprocess, sys, threading
            worker = subprocess.Popen(["\(worker.path)"], stdin=subprocess.PIPE, stdout=sys.stdout, stderr=sys.stderr)
            while prefix := sys.stdin.buffer.read(4):
                request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", prefix)[0]))
                payload = json.dumps(request)
                if request.get("method") == "load" and "\(backend)" in payload:
                    request["parameters"]["path"] = "\(wrong.path)"
                    payload = json.dumps(request)
                data = payload.encode()
                worker.stdin.write(struct.pack("<I", len(data)) + data)
                worker.stdin.flush()
            worker.stdin.close()
            sys.exit(worker.wait())

            """
        try Data(text.utf8).write(to: program)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        return program
    }

    /// A tokenizer that no longer joins what it learned last to join.
    private func forgetLastMerges(of file: URL, count: Int) throws {
        var tokenizer = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        var model = try #require(tokenizer["model"] as? [String: Any])
        let merges = try #require(model["merges"] as? [Any])
        model["merges"] = Array(merges.dropLast(count))
        tokenizer["model"] = model
        try JSONSerialization.data(withJSONObject: tokenizer, options: .withoutEscapingSlashes).write(to: file)
    }
}
