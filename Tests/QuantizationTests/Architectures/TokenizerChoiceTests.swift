import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("Tokenizer files that contradict each other")
struct TokenizerChoiceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func metadata(_ small: ArchitectureCheckpoint) throws -> GGUFMetadata {
        try RecipePlan(Checkpoint(directory: small.write(into: folder.url)), .named("BF16")).metadata
    }

    /// A vocabulary of 280 and a `tokenizer.json` whose padding token has the id 280.
    private func strayPadding(hasModel: Bool) -> ArchitectureCheckpoint {
        let tokenizer = SentencePieceTokenizer.small
        let configuration = ArchitectureCases.mistral7B.configuration + #","pad_token_id":0"#
        return ArchitectureCheckpoint(
            name: hasModel ? "model" : "json", shape: DecoderShape(vocabulary: 280), configuration: configuration
        ) {
            var files: [String: ArchitectureCheckpoint.Content] = [
                "tokenizer.json": .text(tokenizer.json(special: ["<x>", "<y>", "<pad>"])),
                "tokenizer_config.json": .text(
                    #"{"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>","pad_token":"<pad>"}"#),
            ]
            if hasModel { files["tokenizer.model"] = .data(tokenizer.model) }
            return files
        }
    }

    @Test("tokenizer.model decides: a token beyond the vocabulary is left out, and config.json names the role's")
    func strayToken() throws {
        let metadata = try metadata(strayPadding(hasModel: true))
        guard case .array(.string(let texts)) = metadata["tokenizer.ggml.tokens"] else {
            Issue.record("tokens are expected")
            return
        }
        #expect(texts.count == 280)
        #expect(!texts.contains("<pad>"))
        // Expected: gguf.SpecialVocab of build b11434 with n_vocab 280 on the same files.
        #expect(metadata["tokenizer.ggml.padding_token_id"] == .uint32(0))
        #expect(metadata["tokenizer.ggml.bos_token_id"] == .uint32(1))
    }

    @Test("without tokenizer.model a token beyond the vocabulary is an error")
    func strayTokenAlone() throws {
        let directory = try strayPadding(hasModel: false).write(into: folder.url)
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: directory) }
        #expect(error?.file == directory.appendingPathComponent("tokenizer.json").path)
        #expect(error?.problem == "has 281 ids, and config.json a vocabulary of 280")
    }

    /// Expected: the names for which `llama_vocab::impl::load` of build b11434 sets `ignore_merges`, and those for
    /// which it does not.
    static let splittings: [(ByteLevelTokenizer.Splitting, Bool, String?)] = [
        (.qwen2, false, "qwen2"), (.qwen2, true, nil), (.smollm, false, "smollm"), (.smollm, true, nil),
        (.llama3, true, "llama-bpe"), (.llama3, false, "smaug-bpe"), (.tekken, true, "tekken"),
        (.tekken, false, "tekken"),
    ]

    @Test("the same cuts with words left alone by merges are another way, or an unknown one", arguments: splittings)
    func ignoredMerges(splitting: ByteLevelTokenizer.Splitting, ignoresMerges: Bool, name: String?) throws {
        let tokenizer = ByteLevelTokenizer.small(splitting, special: ["<s>"], ignoresMerges: ignoresMerges)
        let small = ArchitectureCheckpoint(
            name: "small", shape: DecoderShape(vocabulary: 280),
            configuration: ArchitectureCases.mistral7B.configuration
        ) { ["tokenizer.json": .text(tokenizer.json)] }
        guard let name else {
            let error = #expect(throws: QuantizationError.self) { try metadata(small) }
            #expect(error?.code == .unsupported)
            #expect(error?.description.hasSuffix(", with ignore_merges") == true)
            return
        }
        #expect(try metadata(small)["tokenizer.ggml.pre"] == .string(name))
    }
}
