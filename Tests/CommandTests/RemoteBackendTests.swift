import Foundation
import TestSupport
import Testing

@Suite("lab run on an RPC device", .serialized)
struct RemoteBackendTests {
    @Test("a suite runs there as on the CPU, and its samples are its own")
    func runs() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let arguments = ["--limit", "3", "--evaluations", "perplexity"]
        let here = try lab.run("suites/balanced", arguments + ["--backend", "cpu"])
        #expect(here.status == 0 || here.status == 3, "\(here.errors)")
        let expected = try #require(try lab.report().measurements.first { $0.metric == "perplexity" })
        let there = try lab.run("suites/balanced", arguments + ["--backend", "rpc:\(server.endpoint)"])
        #expect(there.status == here.status, "\(there.errors)")
        let report = try lab.report()
        let found = try #require(report.measurements.first { $0.metric == "perplexity" })
        #expect(abs(found.value - expected.value) < 0.01 * expected.value)
        #expect(report.reuse.samplesReused == 0)
    }

    @Test("where a run may end early, parent and artifact take turns at a server that serves one process at a time")
    func turns() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let ended = try lab.run("suites/smoke", ["--backend", "rpc:\(server.endpoint)"])
        #expect(ended.status == 0, "\(ended.errors)")
        let report = try lab.report()
        #expect(Set(report.measurements.map(\.evaluation)).isSuperset(of: ["perplexity", "fidelity"]))
        let full = try lab.run("suites/balanced", ["--backend", "rpc:\(server.endpoint)", "--evaluations", "fidelity"])
        #expect(full.status == 0 || full.status == 3, "\(full.errors)")
    }

    @Test("a server that is lost in the middle is exit 4; what was measured is kept")
    func lost() throws {
        let lab = try LabCommand()
        let server = try RPCServer()
        let backend = ["--backend", "rpc:\(server.endpoint)", "--evaluations", "perplexity", "--full"]
        let running = try lab.start(run: "suites/balanced", backend)
        let wal = URL(fileURLWithPath: lab.history.path + "-wal")
        let deadline = Date(timeIntervalSinceNow: 120)
        while (try? wal.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0 < 200_000, running.isRunning,
            Date() < deadline
        {
            usleep(2_000)
        }
        server.kill()
        let ended = try running.wait()
        #expect(ended.status == 4)
        #expect(ended.errors.contains("what was measured is kept"), "\(ended.errors)")
        let again = try RPCServer()
        let second = try lab.run(
            "suites/balanced", ["--backend", "rpc:\(again.endpoint)", "--evaluations", "perplexity", "--full"])
        #expect(second.status == 0, "\(second.errors)")
        #expect(lab.partialFiles().isEmpty)
    }

    @Test("a backend that is none is bad usage, with those there are")
    func unknown() throws {
        let result = try LabCommand().run("suites/smoke", ["--backend", "rpc"])
        #expect(result.status == 2)
        #expect(result.errors.contains("rpc:HOST:PORT"))
    }
}
