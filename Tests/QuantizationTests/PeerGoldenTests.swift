import Foundation
import LabCore
import ModelFormats
import Quantization
import Testing

@Suite("Artifacts against llama.cpp's converter and quantizer")
struct PeerGoldenTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func convert(_ golden: PeerGoldens.Golden) throws -> Manifest {
        let checkpoint = try #require(PeerGoldens.directories[golden.directory])
        let source = try checkpoint.write(to: folder.url.appendingPathComponent(golden.directory))
        let manifests = try Converter(Checkpoint(directory: source)).convert(
            to: [(recipe: .named(golden.recipe), url: folder.url.appendingPathComponent("m.gguf"))],
            threads: 2, engineBuild: "b11434")
        return try #require(manifests.first)
    }

    @Test("float artifacts are the converter's, byte for byte", arguments: PeerGoldens.floats)
    func floats(golden: PeerGoldens.Golden) throws {
        #expect(try convert(golden).artifact.sha256.hex == golden.sha256)
    }

    @Test(
        "block artifacts are the quantizer's, byte for byte",
        .enabled(if: PeerGoldens.isComparableMachine, PeerGoldens.why), arguments: PeerGoldens.blocks)
    func blocks(golden: PeerGoldens.Golden) throws {
        #expect(try convert(golden).artifact.sha256.hex == golden.sha256)
    }

    @Test(
        "the checkpoints are written for the peers",
        .enabled(
            if: ProcessInfo.processInfo.environment["LAB_WRITE_TINY_CHECKPOINTS"] != nil,
            "only to remake the goldens: set LAB_WRITE_TINY_CHECKPOINTS to a directory"))
    func writeCheckpoints() throws {
        let place = try #require(ProcessInfo.processInfo.environment["LAB_WRITE_TINY_CHECKPOINTS"])
        for (name, checkpoint) in PeerGoldens.directories {
            try checkpoint.write(to: URL(fileURLWithPath: place).appendingPathComponent(name))
        }
    }
}

@Suite("The embedded model against llama.cpp's converter and quantizer")
struct EmbeddedModelTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let model = repository.appendingPathComponent("fixtures/pajama-tiny")
    private static let peers = repository.appendingPathComponent("fixtures/peers")

    /// Names of the recorded artifacts, such as "pajama-tiny-Q4_K_M".
    static let recorded: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: peers.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.filter { recipe(of: $0) != nil }
            .sorted()
    }()

    static let isPresent =
        !recorded.isEmpty
        && FileManager.default.fileExists(atPath: model.appendingPathComponent("model.safetensors").path)

    private static func recipe(of name: String) -> Recipe? {
        Recipe.all.filter { name.hasSuffix($0.name) }.max { $0.name.count < $1.name.count }
    }

    private struct Record: Decodable {
        struct Value: Decodable {
            let type: String
            let sha256: String?
        }
        struct Tensor: Decodable {
            let name: String
            let type: String
            let shape: [Int64]
            let sha256: String
            let bytes: Int64
        }
        let metadata: [String: Value]
        let tensors: [Tensor]
    }

    @Test(
        "tensors and metadata are those that the peers write",
        .enabled(
            if: isPresent, "needs fixtures/pajama-tiny/model.safetensors and fixtures/peers/*.json: run ./lab prove"),
        arguments: recorded)
    func peers(name: String) throws {
        let folder = try TemporaryFolder()
        let recipe = try #require(Self.recipe(of: name))
        let url = folder.url.appendingPathComponent("m.gguf")
        try Converter(Checkpoint(directory: Self.model)).convert(
            to: [(recipe: recipe, url: url)], threads: 2, engineBuild: "b11434")
        let artifact = try GGUFReader(url)
        let record = try JSONDecoder().decode(
            Record.self, from: Data(contentsOf: Self.peers.appendingPathComponent("\(name).json")))
        #expect(Set(artifact.metadata.entries.map(\.key)) == Set(record.metadata.keys))
        #expect(artifact.tensors.map(\.name) == record.tensors.map(\.name))
        for (tensor, peer) in zip(artifact.tensors, record.tensors) {
            #expect(tensor.type.name == peer.type, "\(tensor.name)")
            #expect(tensor.byteCount == peer.bytes, "\(tensor.name)")
            guard tensor.type.blockElements == 1 || PeerGoldens.isComparableMachine else { continue }
            #expect(Digest(of: Data(try artifact.data(of: tensor))).hex == peer.sha256, "\(tensor.name)")
        }
    }
}
