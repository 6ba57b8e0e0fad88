import Foundation
import Inference
import LabCore
import TestSupport
import Testing

@Suite("A worker that misbehaves")
struct WorkerFaultTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Starts a shell script in a worker's place.
    private func worker(_ script: String, silenceLimit: Duration = .seconds(60)) throws -> Worker {
        let file = try folder.file("worker-\(UUID()).sh", "#!/bin/sh\n\(script)\n".utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        return try Worker(executable: file, silenceLimit: silenceLimit)
    }

    private func failure(of script: String, silenceLimit: Duration = .seconds(60)) throws -> InferenceError {
        let worker = try worker(script, silenceLimit: silenceLimit)
        let error = try #require(throws: InferenceError.self) { try worker.perform(.hello) }
        #expect(error.exitCode == .unavailable)
        return error
    }

    @Test("one that ends is reported with its status and its last words")
    func ends() throws {
        let error = try failure(of: "echo first >&2; echo 'out of cheese' >&2; exit 3")
        #expect(error.code == .died)
        #expect(error.message.contains("status 3"))
        #expect(error.lastWords == ["first", "out of cheese"])
        #expect(error.description.contains("| out of cheese"))
    }

    @Test(
        "one that aborts, crashes or is killed is reported by its signal",
        arguments: [("ABRT", "aborted"), ("SEGV", "crashed"), ("KILL", "killed")])
    func signals(signal: String, word: String) throws {
        let error = try failure(of: "echo 'GGML_ASSERT(x) failed' >&2; kill -\(signal) $$; sleep 5")
        #expect(error.code == .died)
        #expect(error.message.contains(word))
        #expect(error.lastWords.contains("GGML_ASSERT(x) failed"))
    }

    @Test("a device that ran out of memory is told from another end")
    func outOfMemory() throws {
        #expect(try failure(of: "echo 'CUDA error: out of memory' >&2; kill -ABRT $$; sleep 5").isOutOfMemory)
        #expect(try !failure(of: "echo 'CUDA error: unspecified launch failure' >&2; exit 1").isOutOfMemory)
    }

    @Test("one that hangs is stopped when the limit is over")
    func hangs() throws {
        let start = ContinuousClock.now
        let error = try failure(of: "echo thinking >&2; exec sleep 300", silenceLimit: .seconds(1))
        #expect(error.code == .hung)
        #expect(error.lastWords == ["thinking"])
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("one that writes no frames is garbled")
    func garbage() throws {
        #expect(try failure(of: "echo 'this is no frame'; sleep 1").code == .garbled)
        // A well-formed frame (4 bytes) that is no event.
        #expect(try failure(of: #"printf '\004\000\000\000null'; sleep 1"#).code == .garbled)
    }

    @Test("one that floods standard error neither blocks nor fills memory")
    func floods() throws {
        let error = try failure(of: "yes 'a line of noise' | head -c 20000000 >&2; echo end >&2; exit 1")
        #expect(error.lastWords.last == "end")
        #expect(error.lastWords.count <= 20)
    }

    @Test("one that ends inside a frame has died")
    func truncated() throws {
        #expect(try failure(of: #"printf '\100\000\000\000{'; exit 9"#).message.contains("status 9"))
    }

    @Test("control characters in last words are taken out")
    func controlCharacters() throws {
        #expect(try failure(of: #"printf '\033[31mred\007\n' >&2; exit 1"#).lastWords == ["[31mred"])
    }

    @Test("a program that is not there is named")
    func missing() throws {
        let error = try #require(throws: InferenceError.self) {
            try Worker(executable: URL(fileURLWithPath: "/nonexistent/worker"))
        }
        #expect(error.code == .notStarted)
        #expect(error.message.contains("/nonexistent/worker"))
    }
}
