import Foundation
import Testing

@Suite("llama-pajamas-quant convert --formats mlx", .serialized)
struct ConvertMLXTests {
    private let lab: LabCommand
    private let output: URL

    init() throws {
        lab = try LabCommand()
        output = lab.folder.appendingPathComponent("models/tiny")
    }

    /// The fields of `manifest.json` that these tests look at.
    private struct Manifest: Decodable {
        struct File: Decodable {
            let name: String
            let bytes: Int
        }
        struct Artifact: Decodable {
            let file: String
            let format: String
            let bytes: Int
            let sha256: String
            let files: [File]?
        }
        let artifacts: [Artifact]
    }

    private func artifacts() throws -> [Manifest.Artifact] {
        let data = try Data(contentsOf: output.appendingPathComponent("manifest.json"))
        return try JSONDecoder().decode(Manifest.self, from: data).artifacts
    }

    private func names(_ folder: String = "") -> [String] {
        let path = output.appendingPathComponent(folder).path
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    private static let files = [
        "config.json", "generation_config.json", "model.safetensors", "model.safetensors.index.json", "tokenizer.json",
        "tokenizer_config.json",
    ]

    private func expectWhole(_ artifact: Manifest.Artifact) throws {
        let files = try #require(artifact.files)
        #expect(files.map(\.name) == Self.files)
        for file in files {
            let url = output.appendingPathComponent(artifact.file).appendingPathComponent(file.name)
            #expect(try Data(contentsOf: url).count == file.bytes, "\(artifact.file)/\(file.name)")
        }
        #expect(artifact.bytes == files.reduce(0) { $0 + $1.bytes })
    }

    @Test("both formats from one command: a file, a folder and one manifest; made again, nothing is done")
    func both() throws {
        let arguments = ["--formats", "gguf,mlx", "--precision", "q4_k_m:4bit"]
        let first = try lab.convert(to: output, arguments)
        #expect(first.status == 0, "\(first.errors)")
        #expect(names() == ["gguf", "manifest.json", "mlx"])
        #expect(names("gguf") == ["pajama-tiny-q4_k_m.gguf"])
        #expect(names("mlx") == ["pajama-tiny-4bit"])
        #expect(names("mlx/pajama-tiny-4bit") == Self.files)
        let before = try artifacts()
        #expect(before.map(\.format) == ["gguf", "mlx"])
        try expectWhole(before[1])

        let second = try lab.convert(to: output, arguments)
        #expect(second.output.split(separator: "\n").count { $0.contains("already there") } == 2, "\(second.output)")

        // The same bits spelled otherwise are the same artifact; other ones are not.
        let spelled = ["--mixed-precision", "--embedding-bits", "6", "--output-bits", "6"]
        let third = try lab.convert(to: output, ["--formats", "mlx", "--precision", "4bit"] + spelled)
        #expect(third.output.contains("already there"))
        let fourth = try lab.convert(to: output, ["--formats", "mlx", "--precision", "4bit", "--aggressive"])
        #expect(fourth.output.contains("written"))
        #expect(try artifacts().map(\.sha256) != before.map(\.sha256))
        #expect(try artifacts().count == 2)
    }

    @Test("a changed file, a missing one and weights of another model make the folder anew")
    func stale() throws {
        let arguments = ["--formats", "mlx", "--precision", "4bit"]
        let folder = output.appendingPathComponent("mlx/pajama-tiny-4bit")
        #expect(try lab.convert(to: output, arguments).status == 0)
        let digest = try artifacts().map(\.sha256)
        let changes: [(URL) throws -> Void] = [
            { try Data("{}".utf8).write(to: $0.appendingPathComponent("config.json")) },
            { try FileManager.default.removeItem(at: $0.appendingPathComponent("tokenizer.json")) },
            { try Data("x".utf8).write(to: $0.appendingPathComponent("model-00002-of-00002.safetensors")) },
        ]
        for change in changes {
            try change(folder)
            #expect(try lab.convert(to: output, arguments).output.contains("written"))
            #expect(try lab.convert(to: output, arguments).output.contains("already there"))
            #expect(try artifacts().map(\.sha256) == digest)
            #expect(names("mlx/pajama-tiny-4bit") == Self.files)
        }
        // What mlx-lm does not load is its owner's.
        for name in ["README.md", "adapters.safetensors"] {
            try Data("mine".utf8).write(to: folder.appendingPathComponent(name))
            #expect(try lab.convert(to: output, arguments).output.contains("already there"))
            #expect(names("mlx/pajama-tiny-4bit").contains(name))
        }
    }

    @Test("a dry run tells every file's size to the byte, and writes nothing")
    func dryRun() throws {
        let arguments = ["--formats", "mlx", "--precision", "4bit"]
        let plan = try lab.convert(to: output, arguments + ["--dry-run"])
        #expect(plan.status == 0)
        #expect(!FileManager.default.fileExists(atPath: output.path))
        let lines = plan.output.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        // By hand: 256 x 2048 codes of 6 bits, and 4 bytes of scale and bias for 64 of them.
        #expect(lines.contains(["lm_head.weight", "256", "x", "2048", "6-bit", "g64", "425,984", "6.5000"]))
        #expect(try lab.convert(to: output, arguments).status == 0)
        let artifact = try #require(artifacts().first)
        for file in try #require(artifact.files) {
            let told = lines.first { $0.first == "file" && $0.last == file.name }
            #expect(told?[1].replacingOccurrences(of: ",", with: "") == "\(file.bytes)", "\(file.name)")
        }
        let total = try #require(lines.first { $0.first == "folder" })
        #expect(total[1].replacingOccurrences(of: ",", with: "") == "\(artifact.bytes)")
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let refusals = [
        Refusal(arguments: ["--group-size", "48"], status: 2, says: "Choose one of 32, 64, 128"),
        Refusal(arguments: ["--embedding-bits", "7"], status: 2, says: "Choose one of 2, 3, 4, 5, 6, 8"),
        Refusal(arguments: ["--aggressive", "--mixed-precision"], status: 2, says: "--aggressive gives every matrix"),
        Refusal(arguments: ["--dtype", "int8"], status: 2, says: "float16, bfloat16, float32"),
        Refusal(arguments: ["--precision", "7bit"], status: 2, says: "there is no MLX recipe '7bit'"),
        Refusal(arguments: ["--pure"], status: 2, says: "are for --formats gguf"),
        Refusal(
            arguments: ["--formats", "gguf", "--precision", "q6_k", "--group-size", "64"], status: 2,
            says: "are for --formats mlx"),
        Refusal(arguments: ["--max-size", "1MB"], status: 1, says: "no recipe fits: the smallest is 2bit"),
        Refusal(arguments: ["--max-size", "2.3MB"], status: 1, says: "the largest recipe that fits is"),
    ]

    @Test("what cannot be is refused before anything is written, with its exit code", arguments: refusals)
    func refused(refusal: Refusal) throws {
        var arguments = refusal.arguments
        if !arguments.contains("--precision") { arguments += ["--precision", "4bit"] }
        if !arguments.contains("--formats") { arguments += ["--formats", "mlx"] }
        let result = try lab.convert(to: output, arguments)
        #expect(result.status == refusal.status, "\(result.output)\(result.errors)")
        #expect(result.errors.contains(refusal.says), "\(result.errors)")
        #expect(names().isEmpty)
    }

    @Test("a conversion that is killed leaves whole folders only, and the next one finishes it")
    func killed() throws {
        let arguments = ["--formats", "gguf,mlx", "--precision", "bf16,q6_k:4bit,8bit,mixed_3_6"]
        #expect(try lab.convert(to: output, ["--formats", "mlx", "--precision", "4bit,8bit"]).status == 0)
        for delayMilliseconds in [10, 40, 80, 120, 160, 240] {
            let running = try lab.start(convert: LabCommand.model, to: output, arguments + ["--force"])
            usleep(UInt32(delayMilliseconds) * 1000)
            running.kill()
            _ = try running.wait()
            for folder in names("mlx") where !folder.hasPrefix(".") { #expect(names("mlx/\(folder)") == Self.files) }
            for artifact in try artifacts() where artifact.format == "mlx" { try expectWhole(artifact) }
        }
        let whole = try lab.convert(to: output, arguments)
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(try artifacts().count == 5)
        #expect(names("mlx") == ["pajama-tiny-4bit", "pajama-tiny-8bit", "pajama-tiny-mixed_3_6"])
    }
}
