import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Conversion to MLX")
struct MLXConversionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func checkpoint(_ tiny: TinyCheckpoint = TinyCheckpoint()) throws -> Checkpoint {
        try Checkpoint(directory: tiny.write(to: folder.url.appendingPathComponent("tiny")))
    }

    private func place(_ name: String) -> URL { folder.url.appendingPathComponent("out-\(name)") }

    private func target(_ recipe: MLXRecipe, _ name: String) -> Converter.Target {
        Converter.Target(
            .mlx(recipe), url: place(name), manifest: folder.url.appendingPathComponent("manifest-\(name).json"))
    }

    @discardableResult
    private func convert(_ checkpoint: Checkpoint, _ targets: Converter.Target...) throws -> [Manifest.Artifact] {
        try Converter(checkpoint).convert(to: targets, threads: 2, engineBuild: "none")
    }

    /// A Llama of Qwen3's tiny tensors: GGUF interleaves its heads, MLX does not.
    private static let llama: TinyCheckpoint = {
        var tiny = TinyCheckpoint(hiddenSize: 96, headDimension: 64, architecture: "LlamaForCausalLM")
        tiny.omitted = Set(
            (0..<2).flatMap { layer in
                ["q_norm", "k_norm"].map { "model.layers.\(layer).self_attn.\($0).weight" }
            })
        return tiny
    }()

    @Test("both formats from one pass are those of passes of their own")
    func onePass() throws {
        for (name, tiny) in [
            ("qwen3", TinyCheckpoint()), ("f32", TinyCheckpoint(scalarType: .float32)), ("llama", Self.llama),
        ] {
            let checkpoint = try checkpoint(tiny)
            let recipe = try MLXRecipe.named("4bit")
            func gguf(_ kind: String) throws -> Converter.Target {
                Converter.Target(
                    recipe: try .named("Q5_0"), url: folder.url.appendingPathComponent("\(name)-\(kind).gguf"),
                    manifest: folder.url.appendingPathComponent("\(name)-\(kind).json"))
            }
            let together = try convert(checkpoint, gguf("together"), target(recipe, "\(name)-together"))
            let apart = try convert(checkpoint, gguf("apart")) + convert(checkpoint, target(recipe, "\(name)-apart"))
            let backwards = try convert(checkpoint, target(recipe, "\(name)-back"), gguf("back"))
            #expect(together.map(\.sha256) == apart.map(\.sha256), "\(name)")
            #expect(backwards.map(\.sha256).reversed() == apart.map(\.sha256), "\(name)")
            try FileManager.default.removeItem(at: checkpoint.directory)
        }
    }

    @Test("matrices whose rows no group divides, and norms, are the checkpoint's bytes in its order")
    func floats() throws {
        let checkpoint = try checkpoint(Self.llama)
        try convert(checkpoint, target(.named("4bit"), "llama"))
        let written = try SafetensorsModel(directory: place("llama")).entries
        let names = [
            "model.layers.1.self_attn.q_proj.weight", "model.layers.0.input_layernorm.weight", "lm_head.weight",
        ]
        for name in names {
            let source = try #require(checkpoint.tensors.first { $0.model.sourceName == name }).source
            let result = try #require(written.first { $0.tensor.name == name })
            #expect(result.tensor.shape == source.tensor.shape)
            #expect(try bytes(of: result) == bytes(of: source), "\(name)")
        }
        let down = try #require(written.first { $0.tensor.name == "model.layers.1.mlp.down_proj.weight" })
        #expect(down.tensor.scalarType == .uint32)
    }

    private func bytes(of entry: SafetensorsModel.Entry) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(entry.tensor.byteCount))
        try bytes.withUnsafeMutableBytes { try entry.file.read(entry.tensor, from: 0, into: $0) }
        return bytes
    }

    @Test("the plan tells every file's size before a byte is written", arguments: MLXRecipe.all.map(\.name))
    func plan(name: String) throws {
        let checkpoint = try checkpoint()
        let recipe = try MLXRecipe.named(name)
        let plan = try MLXPlan(checkpoint, recipe)
        let artifact = try #require(convert(checkpoint, target(recipe, name)).first)
        for file in plan.files {
            let url = place(name).appendingPathComponent(file.name)
            #expect(try RandomAccessFile(url).sizeBytes == file.bytes, "\(file.name)")
            #expect(artifact.files?.first { $0.name == file.name }?.sha256 == (try FileDigest.compute(url)))
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place(name).path).sorted() == plan.files.map(\.name))
        #expect(artifact.bytes == plan.files.reduce(0) { $0 + $1.bytes })
        #expect(artifact.format == "mlx")
        #expect(artifact.mlx == recipe)
    }

    @Test("bits per weight of a plan by hand")
    func bitsPerWeight() throws {
        let plan = try MLXPlan(checkpoint(), .named("8bit"))
        // Matrices: 8 bits, and a scale and a bias of 16 bits for 128 weights. Norms: 16 bits for each.
        let (matrices, norms) = (147_456 + 2 * 6 * 65_536, 256 + 2 * 768)
        #expect(plan.tensorBytes == Int64(matrices + matrices / 128 * 4 + 2 * norms))
    }

    @Test("shards hold what fits, under mlx-lm's names, and read back as one model")
    func shards() throws {
        let checkpoint = try checkpoint()
        let recipe = try MLXRecipe.named("6bit")
        let whole = try MLXPlan(checkpoint, recipe)
        let plan = try MLXPlan(checkpoint, recipe, maximumShardBytes: 100_000)
        let weights = plan.files.filter { $0.name.hasSuffix(".safetensors") }
        // 720,000 bytes, the largest matrix 55,296: not less than eight files, not more than sixteen.
        #expect((8...16).contains(weights.count), "\(weights)")
        for (index, file) in weights.enumerated() {
            let number = index + 1 < 10 ? "0000\(index + 1)" : "000\(index + 1)"
            #expect(file.name == "model-\(number)-of-000\(weights.count < 10 ? "0" : "")\(weights.count).safetensors")
        }
        #expect(plan.tensorBytes == whole.tensorBytes)
        try convert(checkpoint, target(recipe, "whole"))
        _ = try Converter(checkpoint).convert(
            [.mlx(plan)], to: [target(recipe, "shards")], threads: 2, engineBuild: "none")
        let one = try SafetensorsModel(directory: place("whole")).entries
        let many = try SafetensorsModel(directory: place("shards")).entries
        #expect(one.count == many.count)
        for entry in one {
            let other = try #require(many.first { $0.tensor.name == entry.tensor.name })
            #expect(try bytes(of: other) == bytes(of: entry), "\(entry.tensor.name)")
        }
    }

    @Test("a folder that is made again takes the place of the one before it, and a failed one leaves it")
    func replaced() throws {
        let checkpoint = try checkpoint()
        let first = try convert(checkpoint, target(.named("4bit"), "out"))
        try Data("mine".utf8).write(to: place("out").appendingPathComponent("README.md"))
        let second = try convert(checkpoint, target(.named("8bit"), "out"))
        #expect(second != first)
        let names = try FileManager.default.contentsOfDirectory(atPath: place("out").path).sorted()
        #expect(names == (try #require(second.first?.files)).map(\.name))

        try FileManager.default.removeItem(at: checkpoint.directory)
        let broken = try self.checkpoint(TinyCheckpoint(firstValues: ["lm_head.weight": .nan]))
        let error = #expect(throws: QuantizationError.self) { try convert(broken, target(.named("4bit"), "out")) }
        #expect(error?.description.contains("'lm_head.weight': the value at row 0, column 0 is infinite") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place("out").path).sorted() == names)
        #expect(try folder.contents.filter { $0.hasSuffix(".partial") }.isEmpty)
    }

    @Test("a value beyond F16 is an error when floats are to be F16")
    func beyondHalf() throws {
        let checkpoint = try checkpoint(TinyCheckpoint(firstValues: ["lm_head.weight": 131_072]))
        try convert(checkpoint, target(.named("4bit"), "bf16"))
        var options = MLXOptions()
        options.dataType = .float16
        let recipe = try MLXRecipe.named("4bit").applying(options)
        let error = #expect(throws: QuantizationError.self) { try convert(checkpoint, target(recipe, "f16")) }
        #expect(
            error?.description.contains("'lm_head.weight': the value at row 0, column 0 is beyond what F16 can hold")
                == true)
    }

    @Test("a model whose rows no group divides is refused, with what would do")
    func noMatrix() throws {
        var tiny = TinyCheckpoint.uneven
        tiny.scalarType = .float16
        let checkpoint = try checkpoint(tiny)
        let error = #expect(throws: QuantizationError.self) { try MLXPlan(checkpoint, .named("8bit")) }
        #expect(
            error?.description == "tiny as 8bit: no matrix has rows of a multiple of 128; they have 96 or 160 elements")
        #expect(error?.remedy?.contains("--group-size 32") == true)
    }
}
