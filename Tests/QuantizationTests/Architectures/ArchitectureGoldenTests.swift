import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

/// Checkpoints of every supported family, converted by the lab, against what llama.cpp's converter and quantizer make
/// of them; `./lab prove architectures` remakes the records.
@Suite("Architectures against llama.cpp's converter")
struct ArchitectureGoldenTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a small vocabulary", arguments: ArchitectureCases.all.filter { !$0.needsEngineVocabulary })
    func small(checkpoint: ArchitectureCheckpoint) throws { try compare(checkpoint) }

    @Test(
        "a published vocabulary", .enabled(if: EngineVocabulary.isAvailable, EngineVocabulary.why),
        arguments: ArchitectureCases.all.filter(\.needsEngineVocabulary))
    func published(checkpoint: ArchitectureCheckpoint) throws { try compare(checkpoint) }

    private func compare(_ small: ArchitectureCheckpoint) throws {
        let checkpoint = try Checkpoint(directory: small.write(into: folder.url))
        let recipes = try small.recipes.map(Recipe.named)
        let targets = recipes.map {
            Converter.Target(recipe: $0, url: folder.url.appendingPathComponent("\($0.name).gguf"))
        }
        let made = try Converter(checkpoint).convert(to: targets, threads: 2, engineBuild: "b11434")
        for (recipe, (target, artifact)) in zip(recipes, zip(targets, made)) {
            let peer = try PeerRecord("architectures/\(small.name)-\(recipe.name).json")
            let isComparable = !recipe.usesBlocks || PeerGoldens.isComparableMachine
            let differences = try peer.differences(from: GGUFReader(target.url), comparingBlocks: isComparable)
            #expect(differences == small.differingKeys.map { "key \($0)" }, "\(recipe.name)")
            #expect(artifact.bytes == peer.file.bytes, "\(recipe.name)")
            if small.differingKeys.isEmpty, isComparable { #expect(artifact.sha256.hex == peer.file.sha256) }
        }
    }

    @Test("every supported class has a checkpoint here")
    func complete() {
        for name in Architecture.supported.flatMap(\.classNames) {
            #expect(ArchitectureCases.all.contains { $0.configuration.contains("[\"\(name)\"]") }, "\(name)")
        }
    }

    @Test(
        "the checkpoints are written for the peers",
        .enabled(
            if: ProcessInfo.processInfo.environment["LAB_WRITE_ARCHITECTURES"] != nil,
            "only to remake the records: run ./lab prove architectures"))
    func write() throws {
        let place = URL(
            fileURLWithPath: try #require(ProcessInfo.processInfo.environment["LAB_WRITE_ARCHITECTURES"]))
        var lines = ""
        for small in ArchitectureCases.all {
            _ = try small.write(into: place)
            lines += "\(small.name) \(small.preTokenizer ?? "-") \(small.recipes.joined(separator: ","))\n"
        }
        try Data(lines.utf8).write(to: place.appendingPathComponent("cases"))
    }
}
