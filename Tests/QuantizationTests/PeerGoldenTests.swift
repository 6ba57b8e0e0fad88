import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Artifacts against llama.cpp's converter and quantizer")
struct PeerGoldenTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func convert(_ golden: PeerGoldens.Golden) throws -> Manifest.Artifact {
        let checkpoint = try #require(PeerGoldens.directories[golden.directory])
        let source = try checkpoint.write(to: folder.url.appendingPathComponent(golden.directory))
        let manifests = try Converter(Checkpoint(directory: source)).convert(
            to: [Converter.Target(recipe: .named(golden.recipe), url: folder.url.appendingPathComponent("m.gguf"))],
            threads: 2, engineBuild: "b11434")
        return try #require(manifests.first)
    }

    @Test("float artifacts are the converter's, byte for byte", arguments: PeerGoldens.floats)
    func floats(golden: PeerGoldens.Golden) throws {
        #expect(try convert(golden).sha256.hex == golden.sha256)
    }

    @Test(
        "block artifacts are the quantizer's, byte for byte",
        .enabled(if: PeerGoldens.isComparableMachine, PeerGoldens.why), arguments: PeerGoldens.blocks)
    func blocks(golden: PeerGoldens.Golden) throws {
        #expect(try convert(golden).sha256.hex == golden.sha256)
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
