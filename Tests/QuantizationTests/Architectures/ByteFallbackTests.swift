import Foundation
import ModelFormats
import Quantization
import TestSupport
import Testing

@Suite("SentencePiece vocabularies without tokenizer.model")
struct ByteFallbackTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func metadata(_ small: ArchitectureCheckpoint) throws -> GGUFMetadata {
        try RecipePlan(Checkpoint(directory: small.write(into: folder.url)), .named("BF16")).metadata
    }

    @Test(
        "the scores put tokens in the order of the published ones, which the engine merges by",
        .enabled(if: EngineVocabulary.isAvailable, EngineVocabulary.why))
    func order() throws {
        let published = try EngineVocabulary.llama2.sentencePiece().pieces
        let metadata = try metadata(ArchitectureCases.llama2WithoutModel)
        guard case .array(.float32(let scores)) = metadata["tokenizer.ggml.scores"] else {
            Issue.record("scores are expected")
            return
        }
        // Spaces alone share one score; characters are no result of a merge.
        let merged = published.indices.filter {
            published[$0].kind == 1 && published[$0].text.unicodeScalars.count > 1 && published[$0].score > -1e8
        }
        #expect(merged.count > 29_000)
        #expect(
            merged.sorted { scores[$0] > scores[$1] } == merged.sorted { published[$0].score > published[$1].score })
        #expect(Set(merged.map { scores[$0] }).count == merged.count)
        // What no merge makes comes after everything else.
        let lowest = try #require(merged.map { scores[$0] }.min())
        let characters = published.indices.filter {
            published[$0].kind == 1 && published[$0].text.unicodeScalars.count == 1
        }
        #expect(characters.allSatisfy { scores[$0] < lowest })
    }

    @Test("what tokenizer.model says of a vocabulary, tokenizer.json says too: texts, kinds, special tokens")
    func sameVocabulary() throws {
        let files: [String: String] = [
            "tokenizer_config.json":
                #"{"bos_token":"<s>","eos_token":"</s>","unk_token":"<unk>","tokenizer_class":"LlamaTokenizer"}"#
        ]
        func checkpoint(_ name: String, _ content: [String: ArchitectureCheckpoint.Content]) -> ArchitectureCheckpoint {
            ArchitectureCheckpoint(
                name: name, shape: DecoderShape(vocabulary: 280),
                configuration: ArchitectureCases.mistral7B.configuration
            ) { content.merging(files.mapValues { .text($0) }) { first, _ in first } }
        }
        let tokenizer = SentencePieceTokenizer.small
        let model = try metadata(checkpoint("model", ["tokenizer.model": .data(tokenizer.model)]))
        let json = try metadata(checkpoint("json", ["tokenizer.json": .text(tokenizer.json())]))
        #expect(model["tokenizer.ggml.tokens"] == json["tokenizer.ggml.tokens"])
        #expect(model["tokenizer.ggml.model"] == .string("llama"))
        #expect(json["tokenizer.ggml.model"] == .string("llama"))
        #expect(model["tokenizer.ggml.bos_token_id"] == json["tokenizer.ggml.bos_token_id"])
        guard case .array(.float32(let scores)) = json["tokenizer.ggml.scores"] else {
            Issue.record("scores are expected")
            return
        }
        // By hand: the words follow the three control tokens and the 256 bytes, "▁h" is merged first.
        #expect(Array(scores[259..<267]) == [0, -1, -2, -3, -4, -5, -6, -7])
        // No merge makes a character, not even one of two scalars that looks like one of one.
        #expect(Array(scores[267..<275]) == [Float](repeating: -9, count: 8))
    }

    private func withoutModel(
        normalizer: String, preTokenizer: String
    ) -> ArchitectureCheckpoint {
        let json = SentencePieceTokenizer.small.json(normalizer: normalizer, preTokenizer: preTokenizer)
        return ArchitectureCheckpoint(
            name: "small", shape: DecoderShape(vocabulary: 280),
            configuration: ArchitectureCases.mistral7B.configuration
        ) { ["tokenizer.json": .text(json)] }
    }

    private static func metaspace(_ scheme: String, splits: Bool = false) -> String {
        #"{"type":"Metaspace","replacement":"\#u{2581}","prepend_scheme":"\#(scheme)","split":\#(splits)}"#
    }

    /// Expected: whether `tokenizers` of Hugging Face begins the first word of "a b" with "▁".
    static let prefixes: [(normalizer: String, preTokenizer: String, adds: Bool)] = [
        (SentencePieceTokenizer.prefix, "null", true),
        (SentencePieceTokenizer.replace, "null", false),
        ("null", metaspace("first"), true),
        ("null", metaspace("always"), true),
        ("null", metaspace("never"), false),
        (SentencePieceTokenizer.replace, metaspace("first"), true),
    ]

    @Test("a vocabulary that puts no space before a text says so; the engine puts one otherwise", arguments: prefixes)
    func spacePrefix(normalizer: String, preTokenizer: String, adds: Bool) throws {
        let metadata = try metadata(withoutModel(normalizer: normalizer, preTokenizer: preTokenizer))
        #expect(metadata["tokenizer.ggml.add_space_prefix"] == (adds ? nil : .bool(false)))
    }

    static let otherSteps: [(normalizer: String, preTokenizer: String, problem: String)] = [
        (#"{"type":"NFKC"}"#, metaspace("first"), "has the normalizer NFKC"),
        (
            #"{"type":"Replace","pattern":{"Regex":" +"},"content":"\#u{2581}"}"#, "null",
            "has the normalizer Replace (Regex)"
        ),
        (
            "null", metaspace("first", splits: true),
            "has the pre-tokenizer Metaspace '\u{2581}', with split"
        ),
        (SentencePieceTokenizer.prefix, #"{"type":"Whitespace"}"#, "has the pre-tokenizer Whitespace"),
        ("null", "null", "leaves spaces as they are"),
    ]

    @Test("steps before the merges that the engine does not have are refused by name", arguments: otherSteps)
    func refusedStep(normalizer: String, preTokenizer: String, problem: String) {
        let error = #expect(throws: QuantizationError.self) {
            try metadata(withoutModel(normalizer: normalizer, preTokenizer: preTokenizer))
        }
        #expect(error?.code == .unsupported)
        #expect(error?.description == "tokenizer.json has byte_fallback and \(problem)")
        #expect(error?.remedy?.contains("tokenizer.model") == true)
    }

    @Test("a pre-tokenizer that is asked for is refused where there is none, and where the engine does not know it")
    func asked() throws {
        let spm = try ArchitectureCases.mistral7B.write(into: folder.url)
        let bpe = try ArchitectureCases.smolLM2.write(into: folder.url)
        func plan(_ directory: URL, _ name: String) throws -> GGUFMetadata {
            try RecipePlan(Checkpoint(directory: directory, preTokenizer: name), .named("BF16")).metadata
        }
        let none = #expect(throws: QuantizationError.self) { try plan(spm, "qwen2") }
        #expect(none?.code == .unknownPreTokenizer)
        #expect(none?.remedy == "Leave out --pre-tokenizer.")
        let unknown = #expect(throws: QuantizationError.self) { try plan(bpe, "qwen17") }
        #expect(unknown?.exitCode == .usage)
        #expect(unknown?.remedy?.contains("qwen2") == true)
        #expect(try plan(bpe, "refact")["tokenizer.ggml.pre"] == .string("refact"))
        let digest = try Checkpoint(directory: bpe).digest()
        #expect(try Checkpoint(directory: bpe, preTokenizer: "refact").digest() != digest)
    }
}
