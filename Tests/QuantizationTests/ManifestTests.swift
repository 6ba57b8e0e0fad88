import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Manifests")
struct ManifestTests {
    private let folder: TemporaryFolder
    private let checkpoint: Checkpoint

    init() throws {
        folder = try TemporaryFolder()
        let source = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("tiny"))
        checkpoint = try Checkpoint(directory: source, sourceID: "acme/tiny", revision: "0123abc")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("out/gguf"), withIntermediateDirectories: true)
    }

    private var place: URL { folder.url.appendingPathComponent("out/manifest.json") }

    private func target(_ recipe: String, overrides: TypeOverrides = TypeOverrides()) throws -> Converter.Target {
        Converter.Target(
            recipe: try Recipe.named(recipe), overrides: overrides,
            url: folder.url.appendingPathComponent("out/gguf/tiny-\(recipe).gguf"), manifest: place)
    }

    @discardableResult
    private func convert(_ targets: Converter.Target...) throws -> [Manifest.Artifact] {
        try Converter(checkpoint).convert(to: targets, threads: 2, engineBuild: "b11434")
    }

    @Test("it comes back as it was written, and tells source, recipe, tools and every tensor")
    func whole() throws {
        let target = try target("q4_k_m")
        let artifact = try #require(convert(target).first)
        #expect(try Manifest(contentsOf: place).artifacts == [artifact])
        #expect(artifact.file == "gguf/tiny-q4_k_m.gguf")
        #expect(artifact.sha256 == (try FileDigest.compute(target.url)))
        #expect(artifact.recipe == "Q4_K_M")
        #expect(artifact.overrides == nil)
        #expect(artifact.source.id == "acme/tiny")
        #expect(artifact.source.revision == "0123abc")
        #expect(artifact.source.digest == (try checkpoint.digest()))
        #expect(artifact.source.files.map(\.name) == checkpoint.files.map(\.name).sorted())
        #expect(artifact.engine == "b11434")
        #expect(artifact.tensors.count == 25)
    }

    @Test("one folder's artifacts share a manifest, and a later one keeps what it says of earlier ones")
    func several() throws {
        let together = try convert(target("q6_k"), target("bf16"))
        let later = try convert(target("q4_k_m"))
        #expect(try Manifest(contentsOf: place).artifacts == [together[1], later[0], together[0]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.deletingLastPathComponent().path).count == 2)
    }

    @Test("an artifact made anew replaces what was said of it; files that are gone are forgotten")
    func replaced() throws {
        try convert(target("q6_k"), target("bf16"))
        var overrides = TypeOverrides()
        overrides.isPure = true
        overrides.outputType = .q8_0
        overrides.patterns = [try .init(parsing: "attn_v=q5_0")]
        try FileManager.default.removeItem(at: target("bf16").url)
        let again = try convert(target("q6_k", overrides: overrides))
        #expect(try Manifest(contentsOf: place).artifacts == again)
        #expect(again.first?.overrides == overrides)
        let types = Dictionary(uniqueKeysWithValues: again[0].tensors.map { ($0.name, $0.type) })
        #expect(types["output.weight"] == "Q8_0")
        #expect(types["blk.1.attn_v.weight"] == "Q5_0")
        #expect(types["blk.1.ffn_down.weight"] == "Q6_K")
    }

    @Test(
        "another version is refused by its number before anything is written", arguments: [(2, "older"), (4, "Update")])
    func otherVersion(version: Int, remedy: String) throws {
        try convert(target("q6_k"))
        let text = try String(contentsOf: place, encoding: .utf8)
        try Data(text.replacing("\"version\" : 3", with: "\"version\" : \(version)").utf8).write(to: place)
        let error = #expect(throws: FormatError.self) { try convert(target("bf16")) }
        #expect(error?.description.contains("key 'version': is \(version)") == true)
        #expect(error?.remedy?.contains(remedy) == true)
        #expect(try !FileManager.default.fileExists(atPath: target("bf16").url.path))
    }

    @Test("a damaged manifest is an error that names it", arguments: ["{}", "", "[1"])
    func damaged(text: String) throws {
        try Data(text.utf8).write(to: place)
        let error = #expect(throws: FormatError.self) { try Manifest(contentsOf: place) }
        #expect(error?.file == place.path)
        #expect(error?.remedy != nil)
    }

    @Test("a recipe that needs an importance matrix is refused before anything is written, naming the tensor")
    func needsMatrix() throws {
        let error = #expect(throws: QuantizationError.self) { try convert(target("iq2_xs")) }
        #expect(error?.exitCode == .usage)
        #expect(error?.description.hasPrefix("IQ2_XS needs an importance matrix: tensor 'blk.0.attn_k.weight'") == true)
        #expect(error?.remedy?.contains("Q2_K") == true)
        #expect(try folder.contents.contains("out"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.url.appendingPathComponent("out/gguf").path)
                .isEmpty)
    }
}
