import Foundation
import Testing

/// `llama-pajamas-run` as a user's shell would run it.
@Suite("llama-pajamas-run", .serialized)
struct RunModelTests {
    private let lab: LabCommand
    private let models: URL

    init() throws {
        lab = try LabCommand()
        models = lab.folder.appendingPathComponent("models")
        _ = try lab.convert(to: models, ["--precision", "q4_k_m,q6_k"])
    }

    private func run(_ command: String, _ arguments: [String], input: String? = nil) throws -> LabCommand.Result {
        let words =
            ["LAB_STORE=\(lab.store.path)", "XDG_DATA_HOME=\(lab.folder.path)", LabCommand.runner.path, command]
            + arguments
        guard let input else { return try LabCommand.command(["/usr/bin/env"] + words) }
        let file = lab.folder.appendingPathComponent("input")
        try Data(input.utf8).write(to: file)
        return try LabCommand.command(["/bin/sh", "-c", "exec /usr/bin/env \"$@\" < '\(file.path)'", "sh"] + words)
    }

    private var file: String { models.appendingPathComponent("gguf/pajama-tiny-q4_k_m.gguf").path }

    @Test func generatesAnAnswer() throws {
        let result = try run("generate", ["--model", file, "--prompt", "Calculate 21 - 13.", "--temperature", "0"])
        #expect(result.status == 0)
        #expect(result.output == "8\n")
        #expect(result.errors.contains("pajama-tiny as Q4_K_M"))
    }

    @Test func generatesJSONFromStandardInput() throws {
        struct Document: Decodable {
            struct Answer: Decodable {
                struct Token: Decodable {
                    var logprob: Double
                }
                var text: String
                var thought: String?
                var finish: String
                var tokens: [Token]
            }
            var answers: [Answer]
        }
        let result = try run(
            "generate",
            ["--model", file, "--mode", "thinking", "--n", "2", "--json", "--logprobs", "1", "--temperature", "0"],
            input: "Calculate 21 - 13.\n")
        #expect(result.status == 0, "\(result.errors)")
        let answers = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8)).answers
        #expect(answers.map(\.text) == ["8", "8"])
        #expect(answers.allSatisfy { $0.finish == "stop" && $0.thought?.contains("21-13") == true })
        #expect(answers.allSatisfy { !$0.tokens.isEmpty && $0.tokens.allSatisfy { $0.logprob <= 0 } })
    }

    @Test func chatsOverAPipe() throws {
        let saved = lab.folder.appendingPathComponent("chat.json")
        let result = try run(
            "chat", ["--model", file, "--temperature", "0"],
            input:
                "Calculate 21 - 13.\n/no_think\nWhich city is the capital of France?\n/save \(saved.path)\n/nonsense\n")
        #expect(result.status == 0)
        #expect(result.output == "8\nParis\n")
        #expect(result.errors.contains("there is no command /nonsense"))
        #expect(try String(contentsOf: saved, encoding: .utf8).contains("Paris"))
    }

    @Test func takesTheBestArtifactOfAFolderAndSaysWhy() throws {
        let result = try run(
            "generate", ["--model", models.path, "--prompt", "Calculate 21 - 13.", "--temperature", "0"])
        #expect(result.status == 0)
        #expect(result.errors.contains("pajama-tiny-q6_k (of 2 the one with the most bits per weight that fits"))
    }

    @Test func takesTheArtifactOfAFolderThatIsNamed() throws {
        let arguments = ["--model", models.path, "--prompt", "Calculate 21 - 13.", "--temperature", "0", "--artifact"]
        let named = try run("generate", arguments + ["Q4_K_M"])
        #expect(named.status == 0 && named.output == "8\n")
        #expect(named.errors.contains("pajama-tiny-q4_k_m (named by --artifact)"))
        let unknown = try run("generate", arguments + ["q4_k_n"])
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("did you mean 'Q4_K_M'? there are gguf/pajama-tiny-q4_k_m.gguf, "))
        let both = try run("generate", arguments + ["pajama"])
        #expect(both.status == 2 && both.errors.contains("2 artifacts of"))
    }

    @Test func runsAModelInPartsByTheFirst() throws {
        let folder = lab.folder.appendingPathComponent("parts")
        let parts = try SplitGGUF.split(URL(fileURLWithPath: file), into: 2, named: "tiny-q4_k_m", in: folder)
        let arguments = ["--prompt", "Calculate 21 - 13.", "--temperature", "0", "--model"]
        let result = try run("generate", arguments + [folder.path])
        #expect(result.status == 0 && result.output == "8\n", "\(result.errors)")
        #expect(result.errors.contains("tiny-q4_k_m: "))
        let second = try run("generate", arguments + [parts[1].path])
        #expect(second.status == 2 && second.errors.contains("name the first: \(parts[0].path)"))
        let speed = try run("benchmark", ["--model", parts[0].path])
        #expect(speed.status == 2 && speed.errors.contains("in several files is not measured"))
        try FileManager.default.removeItem(at: parts[1])
        let lacking = try run("generate", arguments + [parts[0].path])
        #expect(lacking.status == 4 && lacking.errors.contains("\(parts[1].path) is missing"))
    }

    @Test func readsSchemasFromAPipe() throws {
        let line =
            "exec \"$0\" generate --model \"$1\" --mode plain --temperature 0 --prompt 'Is water wet?' "
            + #"--json-schema <(echo '{"enum": ["yes", "no"]}')"#
        let result = try LabCommand.command([
            "LAB_STORE=\(lab.store.path)", "bash", "-c", line, LabCommand.runner.path, file,
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(["\"yes\"\n", "\"no\"\n"].contains(result.output))
    }

    @Test func leavesOutWhatFailedItsValidation() throws {
        let manifest = models.appendingPathComponent("manifest.json")
        var root = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: manifest)) as? [String: Any])
        var artifacts = try #require(root["artifacts"] as? [[String: Any]])
        for index in artifacts.indices {
            let isFailed = (artifacts[index]["recipe"] as? String) == "Q6_K"
            artifacts[index]["validation"] = [
                [
                    "suite": "balanced", "evaluation": "perplexity", "backend": "cpu",
                    "status": isFailed ? "fail" : "pass",
                ],
                ["suite": "balanced", "evaluation": "perplexity", "backend": "cuda", "status": "skipped"],
            ]
        }
        root["artifacts"] = artifacts
        try JSONSerialization.data(withJSONObject: root).write(to: manifest)
        let arguments = ["--prompt", "Calculate 21 - 13.", "--temperature", "0"]
        let chosen = try run("generate", ["--model", models.path] + arguments)
        #expect(chosen.errors.contains("pajama-tiny-q4_k_m"))
        #expect(chosen.errors.contains("validation: pass"))
        let failed = models.appendingPathComponent("gguf/pajama-tiny-q6_k.gguf").path
        let warned = try run("generate", ["--model", failed] + arguments)
        #expect(warned.status == 0)
        #expect(warned.errors.contains("warning: it failed its validation: perplexity of balanced on cpu"))
    }

    @Test func warnsOfAFileThatIsNoLongerTheSame() throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data([0]))
        try handle.close()
        let arguments = ["--model", file, "--prompt", "Calculate 21 - 13.", "--temperature", "0"]
        #expect(try run("generate", arguments).errors.contains("warning: it is no longer the file that"))
        #expect(try !run("generate", arguments + ["--skip-digest"]).errors.contains("warning"))
    }

    @Test(
        arguments: [
            (["--model", "/nonexistent", "--prompt", "a"], 4, "there is no model at /nonexistent"),
            (["--model", "models/slip.gguf", "--prompt", "a"], 4, "there is no model at models/slip.gguf"),
            (["--model", "/tmp", "--prompt", "a", "--revision", "main"], 2, "--revision is for repositories"),
            (["--model", "a/b@main", "--prompt", "a", "--revision", "main"], 2, "exclude each other"),
            (["--model", "/nonexistent", "--prompt", "a", "--json-schema", "/tmp"], 4, "/tmp cannot be read: Is a d"),
            (["--model", "/tmp", "--prompt", "a", "--n", "0"], 2, "--n must be"),
            (["--model", "/tmp", "--prompt", "a", "--logprobs", "1"], 2, "--logprobs needs --json"),
        ] as [([String], Int32, String)])
    func refusesWhatCannotBe(_ arguments: [String], _ status: Int32, _ words: String) throws {
        let result = try run("generate", arguments)
        #expect(result.status == status)
        #expect(result.errors.contains(words))
        #expect(result.output.isEmpty)
    }

    @Test func measuresSpeed() throws {
        struct Document: Decodable {
            struct Row: Decodable {
                var contextLength: Int
                var decodeTokensPerSecond: Double
            }
            var rows: [Row]
        }
        let result = try run(
            "benchmark",
            ["--model", file, "--backend", "cpu", "--context-lengths", "64,128", "--num-tokens", "8"]
                + ["--prompt-tokens", "16", "--json"])
        #expect(result.status == 0, "\(result.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let rows = try decoder.decode(Document.self, from: Data(result.output.utf8)).rows
        #expect(rows.map(\.contextLength) == [64, 128])
        #expect(rows.allSatisfy { $0.decodeTokensPerSecond > 0 })
    }
}
