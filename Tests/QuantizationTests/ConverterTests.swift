import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Conversion")
struct ConverterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func checkpoint(_ tiny: TinyCheckpoint = TinyCheckpoint()) throws -> Checkpoint {
        try Checkpoint(directory: tiny.write(to: folder.url.appendingPathComponent("tiny")))
    }

    private func target(_ recipe: String) throws -> Converter.Target {
        let directory = folder.url.appendingPathComponent("out-\(recipe)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return Converter.Target(recipe: try Recipe.named(recipe), url: directory.appendingPathComponent("m.gguf"))
    }

    private func leftovers(_ recipe: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.appendingPathComponent("out-\(recipe)").path)
    }

    @Test("several artifacts from one pass are those of passes of their own, on any number of threads")
    func onePass() throws {
        let checkpoint = try checkpoint()
        let names = ["BF16", "Q4_K_M", "Q2_K"]
        let together = try Converter(checkpoint).convert(
            to: names.map(target), threads: 3, engineBuild: "b11434")
        for (name, manifest) in zip(names, together) {
            let alone = try Converter(checkpoint).convert(to: [target(name)], threads: 1, engineBuild: "b11434")
            #expect(alone == [manifest])
        }
    }

    /// The others need an importance matrix, or blocks that divide rows of 96.
    static let possible = Recipe.all.map(\.name).filter {
        ![
            "IQ3_XS", "IQ3_XXS", "Q2_K_S", "IQ2_M", "IQ2_S", "IQ2_XS", "IQ2_XXS", "IQ1_M", "IQ1_S", "Q1_0",
        ].contains($0)
    }

    @Test("the plan tells the size, types and bits per weight before a byte is written", arguments: possible)
    func plan(name: String) throws {
        let checkpoint = try checkpoint(.uneven)
        let target = try target(name)
        let plan = try RecipePlan(checkpoint, .named(name))
        let manifest = try #require(
            Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "b11434").first)
        let file = try GGUFReader(target.url)
        #expect(file.sizeBytes == plan.fileBytes)
        #expect(file.metadata == plan.metadata)
        #expect(file.tensors.map(\.name) == plan.tensors.map(\.name))
        #expect(file.tensors.map(\.type) == plan.tensors.map(\.type))
        #expect(manifest.bytes == plan.fileBytes)
        #expect(manifest.bitsPerWeight == plan.bitsPerWeight)
        #expect(manifest.parameters == checkpoint.parameterCount)
        #expect(manifest.tensors.reduce(0) { $0 + $1.bytes } == file.tensors.reduce(0) { $0 + $1.byteCount })
    }

    @Test("matrices of the parent are the checkpoint's bytes")
    func parentBytes() throws {
        let checkpoint = try checkpoint()
        let target = try target("BF16")
        try Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "b11434")
        let file = try GGUFReader(target.url)
        for tensor in checkpoint.tensors where tensor.model.shape.count == 2 {
            let source = tensor.source
            var bytes = [UInt8](repeating: 0, count: Int(source.tensor.byteCount))
            try bytes.withUnsafeMutableBytes { try source.file.read(source.tensor, from: 0, into: $0) }
            let written = try #require(file.tensor(tensor.model.name))
            #expect(try file.data(of: written) == bytes, "\(written.name)")
        }
    }

    @Test("an F16 checkpoint keeps its values in an F16 artifact")
    func halfSource() throws {
        let checkpoint = try checkpoint(TinyCheckpoint(scalarType: .float16))
        let target = try target("F16")
        try Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "b11434")
        let file = try GGUFReader(target.url)
        let source = try #require(checkpoint.tensors.first { $0.model.name == "blk.1.ffn_up.weight" }).source
        var bytes = [UInt8](repeating: 0, count: Int(source.tensor.byteCount))
        try bytes.withUnsafeMutableBytes { try source.file.read(source.tensor, from: 0, into: $0) }
        #expect(try file.data(of: #require(file.tensor("blk.1.ffn_up.weight"))) == bytes)
    }

    @Test(
        "a value that is not finite is an error that names the tensor, and nothing is left",
        arguments: [Float.nan, .infinity])
    func notFinite(value: Float) throws {
        let name = "model.layers.1.mlp.down_proj.weight"
        let checkpoint = try checkpoint(TinyCheckpoint(firstValues: [name: value]))
        for recipe in ["BF16", "Q4_K_M"] {
            let target = try target(recipe)
            let error = #expect(throws: QuantizationError.self) {
                try Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "b11434")
            }
            #expect(error?.code == .badValue)
            #expect(error?.description.contains("model.safetensors: tensor '\(name)'") == true)
            #expect(try leftovers(recipe).isEmpty)
        }
    }

    @Test("a value beyond F16 is an error in an F16 artifact only")
    func beyondHalf() throws {
        let checkpoint = try checkpoint(TinyCheckpoint(firstValues: ["lm_head.weight": 131_072]))
        try Converter(checkpoint).convert(to: [target("BF16")], threads: 2, engineBuild: "b11434")
        let error = #expect(throws: QuantizationError.self) {
            try Converter(checkpoint).convert(to: [target("F16")], threads: 2, engineBuild: "b11434")
        }
        #expect(
            error?.description.contains(
                "tensor 'lm_head.weight': the value at row 0, column 0 is beyond what F16 can hold") == true)
        #expect(try leftovers("F16").isEmpty)
    }

    @Test("two artifacts in one file: bad usage")
    func sharedFile() throws {
        let one = try target("BF16")
        let other = Converter.Target(recipe: try Recipe.named("Q6_K"), url: one.url)
        let checkpoint = try checkpoint()
        let error = #expect(throws: QuantizationError.self) {
            try Converter(checkpoint).convert(to: [one, other], engineBuild: "b11434")
        }
        #expect(error?.exitCode == .usage)
    }

    @Test("a directory that does not exist is an error, and nothing is left of the other artifact")
    func noDirectory() throws {
        let one = try target("BF16")
        let checkpoint = try checkpoint()
        let other = Converter.Target(one.recipe, url: folder.url.appendingPathComponent("none/m.gguf"))
        let error = #expect(throws: FormatError.self) {
            try Converter(checkpoint).convert(to: [one, other], engineBuild: "b11434")
        }
        #expect(error?.file == other.url.path)
        #expect(try leftovers("BF16").isEmpty)
    }

    @Test(
        "a disk that fills up halfway is an error that says so, and nothing is left",
        .enabled(if: SmallDisk.isAvailable, "\(SmallDisk.why)"))
    func fullDisk() throws {
        // Each artifact alone would fit: 1.9 MB of BF16, 3.7 MB of F32.
        let disk = try SmallDisk(sizeBytes: 4_500_000)
        let checkpoint = try checkpoint()
        let targets = try ["BF16", "F32"].map { name in
            let directory = disk.url.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            return Converter.Target(recipe: try Recipe.named(name), url: directory.appendingPathComponent("m.gguf"))
        }
        let error = #expect(throws: FormatError.self) {
            try Converter(checkpoint).convert(to: targets, threads: 2, engineBuild: "b11434")
        }
        #expect(error?.code == .cannotWrite)
        #expect(error?.problem == "cannot be written: No space left on device")
        for target in targets {
            let directory = target.url.deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("progress counts the tensors, each once")
    func progress() throws {
        let checkpoint = try checkpoint()
        let seen = Collector()
        try Converter(checkpoint).convert(to: [target("Q6_K")], threads: 2, engineBuild: "b11434") { seen.add($0) }
        #expect(seen.updates.map(\.completed) == Array(1...checkpoint.tensors.count))
        #expect(seen.updates.allSatisfy { $0.total == checkpoint.tensors.count && $0.unit == "tensors" })
    }

    // Guarded by its lock.
    private final class Collector: @unchecked Sendable {
        private let lock = NSLock()
        private var seen: [ProgressUpdate] = []
        var updates: [ProgressUpdate] { lock.withLock { seen } }
        func add(_ update: ProgressUpdate) { lock.withLock { seen.append(update) } }
    }
}
