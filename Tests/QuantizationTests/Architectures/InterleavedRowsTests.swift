import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Rows of heads that GGUF interleaves")
struct InterleavedRowsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a bad value is reported at its place in the checkpoint, not in the artifact")
    func place() throws {
        let directory = try ArchitectureCases.mistral7B.write(into: folder.url)
        let weights = directory.appendingPathComponent("model.safetensors")
        let name = "model.layers.0.self_attn.k_proj.weight"
        let tensor = try #require(try SafetensorsFile(weights).tensors.first { $0.name == name })
        // BF16's infinity at row 9, column 3 of the 64 columns: row 1 of the second half of the first head.
        var bytes = [UInt8](try Data(contentsOf: weights))
        let offset = Int(tensor.offset) + 2 * (9 * 64 + 3)
        bytes.replaceSubrange(offset..<(offset + 2), with: [0x80, 0x7F])
        try Data(bytes).write(to: weights)
        let target = Converter.Target(recipe: try .named("BF16"), url: folder.url.appendingPathComponent("m.gguf"))
        let error = #expect(throws: QuantizationError.self) {
            try Converter(Checkpoint(directory: directory)).convert(to: [target], threads: 2, engineBuild: "b11434")
        }
        #expect(error?.description.contains("'\(name)': the value at row 9, column 3 is infinite") == true)
    }
}
