import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("The embedded model against llama.cpp's converter and quantizer")
struct EmbeddedModelTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let model = repository.appendingPathComponent("fixtures/pajama-tiny")
    private static let peers = repository.appendingPathComponent("fixtures/peers")

    /// The recipes for which the peers' artifact of the embedded model is on record.
    static let recorded = Recipe.all.map(\.name).filter {
        FileManager.default.fileExists(atPath: record(of: $0).path)
    }

    static let isPresent =
        !recorded.isEmpty
        && FileManager.default.fileExists(atPath: model.appendingPathComponent("model.safetensors").path)

    private static func record(of recipe: String) -> URL {
        peers.appendingPathComponent("pajama-tiny-\(recipe).json")
    }

    private struct Record: Decodable {
        struct File: Decodable {
            let bytes: Int64
            let sha256: String
        }
        struct Tensor: Decodable {
            let name: String
            let type: String
            let shape: [Int64]
            let offset: Int64
            let bytes: Int64
            let sha256: String
        }
        let file: File
        let metadataOrder: [String]
        let tensors: [Tensor]

        enum CodingKeys: String, CodingKey {
            case file
            case metadataOrder = "metadata_order"
            case tensors
        }
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
        let artifact = try GGUFReader(url)
        let record = try JSONDecoder().decode(Record.self, from: Data(contentsOf: Self.record(of: name)))
        #expect(artifact.metadata.entries.map(\.key) == record.metadataOrder)
        #expect(artifact.tensors.map(\.name) == record.tensors.map(\.name))
        for (tensor, peer) in zip(artifact.tensors, record.tensors) {
            #expect(tensor.type.name == peer.type, "\(tensor.name)")
            #expect(tensor.dimensions == peer.shape, "\(tensor.name)")
            #expect(tensor.offset == peer.offset, "\(tensor.name)")
            #expect(tensor.byteCount == peer.bytes, "\(tensor.name)")
            guard tensor.type.blockElements == 1 || PeerGoldens.isComparableMachine else { continue }
            #expect(Digest(of: Data(try artifact.data(of: tensor))).hex == peer.sha256, "\(tensor.name)")
        }
        #expect(manifest.bytes == record.file.bytes)
        if !recipe.usesBlocks || PeerGoldens.isComparableMachine {
            #expect(manifest.sha256.hex == record.file.sha256)
        }
    }
}
