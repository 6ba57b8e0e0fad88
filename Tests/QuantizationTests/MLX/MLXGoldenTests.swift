import Foundation
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

/// What mlx-lm makes of the embedded model; `./lab prove mlx` remakes the records.
@Suite("MLX artifacts against mlx-lm")
struct MLXGoldenTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../..").standardizedFileURL
    private static let records = repository.appendingPathComponent("fixtures/peers/mlx")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: records.path)) ?? []
        return files.filter { $0.hasPrefix("pajama-tiny-") }.sorted()
    }()

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("every kind of recipe is on record")
    func recorded() { #expect(Self.names.count == 11) }

    @Test("tensors, totals and config.json are mlx-lm's", arguments: names)
    func same(name: String) throws {
        let record = try object(Self.records.appendingPathComponent(name))
        let recipe = try recipe(record.require("options", record.string))
        let checkpoint = try Checkpoint(directory: Self.repository.appendingPathComponent("fixtures/pajama-tiny"))
        let target = Converter.Target(.mlx(recipe), url: folder.url.appendingPathComponent("out"))
        try Converter(checkpoint).convert(to: [target], threads: 2, engineBuild: "none")

        let expected = try record.require("tensors", record.object)
        let tensors = try SafetensorsModel(directory: target.url).entries
        #expect(tensors.map(\.tensor.name).sorted() == expected.members.map(\.name).sorted())
        for entry in tensors {
            let golden = try expected.require(entry.tensor.name, expected.object)
            #expect(try golden.string("dtype") == entry.tensor.scalarType.rawValue, "\(entry.tensor.name)")
            #expect(try golden.array("shape") == entry.tensor.shape.map { .integer(Int64($0)) }, "\(entry.tensor.name)")
            #expect(try golden.string("sha256") == digest(entry).hex, "\(entry.tensor.name)")
        }
        let index = try object(target.url.appendingPathComponent("model.safetensors.index.json"))
        #expect(sorted(try #require(index["metadata"])) == sorted(try #require(record["totals"])))
        #expect(
            try meaning(object(target.url.appendingPathComponent("config.json")))
                == meaning(record.require("config", record.object)))
    }

    private func object(_ url: URL) throws -> JSONObject { try JSONObject(contentsOf: RandomAccessFile(url)) }

    private func digest(_ entry: SafetensorsModel.Entry) throws -> Digest {
        var bytes = [UInt8](repeating: 0, count: Int(entry.tensor.byteCount))
        try bytes.withUnsafeMutableBytes { try entry.file.read(entry.tensor, from: 0, into: $0) }
        var hasher = Digest.Hasher()
        bytes.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }

    /// The recipe of a record's command line.
    private func recipe(_ line: String) throws -> MLXRecipe {
        var options = MLXOptions()
        var recipe: MLXRecipe?
        var words = line.split(separator: " ").map(String.init)[...]
        while let word = words.popFirst() {
            if word == "--aggressive" {
                options.isUniform = true
                continue
            }
            let argument = words.popFirst()
            let value = try #require(argument)
            switch word {
            case "--precision": recipe = try .named(value)
            case "--group-size": options.groupSize = Int(value)
            case "--dtype": options.dataType = MLXDataType(rawValue: value)
            default: Issue.record("the record has an option that this test does not know: \(word)")
            }
        }
        return try #require(recipe).applying(options)
    }

    /// A configuration without order, and without matrices that are named although they have the model's own type.
    private func meaning(_ config: JSONObject) throws -> JSONValue {
        let members = config.members.map { member -> JSONMember in
            guard member.name.hasPrefix("quantization"), case .object(let entries) = member.value else { return member }
            let own = entries.filter { ["group_size", "bits", "mode"].contains($0.name) }
            let others = entries.filter { entry in
                !own.contains { $0.name == entry.name } && sorted(entry.value) != sorted(.object(own))
            }
            return JSONMember(name: member.name, value: .object(own + others))
        }
        return sorted(.object(members))
    }

    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(
                members.map { JSONMember(name: $0.name, value: sorted($0.value)) }.sorted { $0.name < $1.name })
        case .array(let elements): .array(elements.map(sorted))
        default: value
        }
    }
}
