import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Artifact metadata")
struct ArtifactMetadataTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func metadata(_ tiny: TinyCheckpoint = TinyCheckpoint(), name: String? = nil) throws -> GGUFMetadata {
        let directory = try tiny.write(to: folder.url.appendingPathComponent("tiny"))
        return try RecipePlan(Checkpoint(directory: directory, name: name), .named("BF16")).metadata
    }

    struct Name: Sendable, CustomTestStringConvertible {
        let name: String
        let title: String
        var organization: String?
        var baseName: String?
        var finetune: String?
        var version: String?
        let sizeLabel: String
        var testDescription: String { name }
    }

    /// Expected: `gguf.metadata.Metadata.get_model_id_components`, `id_to_title` and `size_label` of build b11434, told
    /// that the model has 935,680 weights.
    static let names: [Name] = [
        Name(name: "Qwen3-8B", title: "Qwen3 8B", baseName: "Qwen3", finetune: "8b", sizeLabel: "936K"),
        Name(name: "Tiny-1M", title: "Tiny 1M", baseName: "Tiny", sizeLabel: "1M"),
        Name(name: "pajama-tiny", title: "Pajama Tiny", sizeLabel: "936K"),
        Name(
            name: "Tiny-1M-Instruct-2507", title: "Tiny 1M Instruct 2507", baseName: "Tiny", finetune: "Instruct",
            version: "2507", sizeLabel: "1M"),
        Name(
            name: "Tiny2.5-1M-Instruct-512K", title: "Tiny2.5 1M Instruct 512K", baseName: "Tiny2.5",
            finetune: "Instruct", sizeLabel: "1M-512K"),
        Name(name: "Tiny-v0.1", title: "Tiny v0.1", baseName: "Tiny", version: "v0.1", sizeLabel: "936K"),
        Name(name: "bloom-0b9", title: "Bloom 0b9", baseName: "bloom", finetune: "0.9b", sizeLabel: "936K"),
        Name(name: "my model", title: "My Model", sizeLabel: "936K"),
        Name(name: "Tiny-1M-Q4_K_M", title: "Tiny 1M Q4_K_M", baseName: "Tiny", sizeLabel: "1M"),
        Name(
            name: "Tiny-3-800k-Chat-v2-iter3", title: "Tiny 3 800k Chat v2 Iter3", baseName: "Tiny-3", finetune: "Chat",
            version: "v2-iter3", sizeLabel: "800K"),
        Name(name: "mini-model-small-1M", title: "Mini Model Small 1M", baseName: "mini-model-small", sizeLabel: "1M"),
        Name(
            name: "acme/tiny-x2-512k", title: "Tiny X2 512k", organization: "Acme", baseName: "tiny-x2",
            sizeLabel: "512K"),
        Name(name: "./Tiny-0.9M", title: "Tiny 0.9M", baseName: "Tiny", sizeLabel: "0.9M"),
        Name(name: "model-large", title: "Model Large", baseName: "model", sizeLabel: "large"),
        Name(name: "Tiny-1M-bf16-1M", title: "Tiny 1M Bf16 1M", baseName: "Tiny", sizeLabel: "1M"),
        Name(name: "tiny_2_0.9M", title: "tiny_2_0.9M", sizeLabel: "936K"),
        Name(name: "NASA-tiny-it's-1M", title: "NASA Tiny It'S 1M", baseName: "NASA-tiny-it's", sizeLabel: "1M"),
    ]

    @Test("a name's parts are told apart as llama.cpp's converter does", arguments: names)
    func nameParts(expected: Name) throws {
        let metadata = try metadata(name: expected.name)
        #expect(metadata.string("general.name") == expected.title)
        #expect(metadata.string("general.organization") == expected.organization)
        #expect(metadata.string("general.basename") == expected.baseName)
        #expect(metadata.string("general.finetune") == expected.finetune)
        #expect(metadata.string("general.version") == expected.version)
        #expect(metadata.string("general.size_label") == expected.sizeLabel)
    }

    @Test("the order of keys is the converter's, and block recipes put the file type last")
    func order() throws {
        let directory = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("tiny"))
        let checkpoint = try Checkpoint(directory: directory)
        let plain = try RecipePlan(checkpoint, .named("BF16")).metadata.entries.map(\.key)
        #expect(plain.prefix(3) == ["general.architecture", "general.type", "general.sampling.top_k"])
        #expect(plain.last == "tokenizer.chat_template")
        let blocks = try RecipePlan(checkpoint, .named("Q4_K_M")).metadata
        #expect(blocks.entries.suffix(2).map(\.key) == ["general.quantization_version", "general.file_type"])
        #expect(blocks["general.file_type"] == .uint32(15))
    }

    @Test("another way to split text is refused with the expression and what is supported")
    func preTokenizer() {
        let error = #expect(throws: QuantizationError.self) { try metadata(TinyCheckpoint(preTokenizer: "x+")) }
        #expect(error?.code == .unsupported)
        #expect(
            error?.description
                == "tokenizer.json cuts text in an unknown way: Split 'x+', then ByteLevel")
        #expect(error?.remedy?.contains("--pre-tokenizer NAME") == true)
    }

    @Test("another post-processor is refused by name")
    func postProcessor() {
        let other = #"{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]}"#
        let error = #expect(throws: QuantizationError.self) { try metadata(TinyCheckpoint(postProcessor: other)) }
        #expect(error?.description.contains("RobertaProcessing") == true)
    }

    @Test("ids of added tokens that Hugging Face's library would not give are refused")
    func addedIDs() {
        let error = #expect(throws: QuantizationError.self) { try metadata(TinyCheckpoint(firstAddedID: 270)) }
        #expect(
            error?.description
                == "tokenizer.json states the id 270 for '<|endoftext|>', which is loaded as 261")
    }

    @Test("an added token that is listed again keeps its id")
    func listedAgain() throws {
        let once = try metadata()
        let directory = folder.url.appendingPathComponent("tiny")
        let url = directory.appendingPathComponent("tokenizer.json")
        let text = try String(contentsOf: url, encoding: .utf8)
        let start = #""added_tokens":["#
        try Data(
            text.replacing(start, with: start + #"{"id":261,"content":"<|endoftext|>","special":true},"#).utf8
        ).write(to: url)
        let again = try Checkpoint(directory: directory)
        #expect(again.tokenizer?.addedTokens.count == 6)
        #expect(try RecipePlan(again, .named("BF16")).metadata == once)
    }

    @Test("without a post-processor the configuration decides what is added")
    func addsTokens() throws {
        let metadata = try metadata(TinyCheckpoint(postProcessor: nil))
        #expect(metadata["tokenizer.ggml.add_bos_token"] == .bool(false))
        #expect(metadata["tokenizer.ggml.add_eos_token"] == nil)
    }
}
