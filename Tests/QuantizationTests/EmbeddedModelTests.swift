import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("The embedded model against llama.cpp's converter and quantizer")
struct EmbeddedModelTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let model = repository.appendingPathComponent("fixtures/pajama-tiny")

    /// The recipes for which the peers' artifact of the embedded model is on record.
    static let recorded = Recipe.all.map(\.name).filter {
        FileManager.default.fileExists(atPath: record(of: $0).path)
    }

    static let isPresent =
        !recorded.isEmpty
        && FileManager.default.fileExists(atPath: model.appendingPathComponent("model.safetensors").path)

    private static func record(of recipe: String) -> URL {
        PeerRecord.folder.appendingPathComponent("pajama-tiny-\(recipe).json")
    }

    @Test(
        "an artifact is the one that the peers write: keys, tensors, and every byte",
        .enabled(
            if: isPresent,
            "needs fixtures/pajama-tiny/model.safetensors and fixtures/peers/pajama-tiny-*.json: run ./lab prove"),
        arguments: recorded)
    func peers(name: String) throws {
        let folder = try TemporaryFolder()
        let recipe = try Recipe.named(name)
        let url = folder.url.appendingPathComponent("m.gguf")
        let manifest = try #require(
            Converter(Checkpoint(directory: Self.model)).convert(
                to: [Converter.Target(recipe: recipe, url: url)], threads: 2, engineBuild: "b11434"
            ).first)
        let record = try PeerRecord("pajama-tiny-\(name).json")
        let isComparable = !recipe.usesBlocks || PeerGoldens.isComparableMachine
        #expect(try record.differences(from: GGUFReader(url), comparingBlocks: isComparable) == [])
        #expect(manifest.bytes == record.file.bytes)
        if isComparable { #expect(manifest.sha256.hex == record.file.sha256) }
    }
}
