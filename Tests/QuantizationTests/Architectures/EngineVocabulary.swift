import Foundation
import ModelFormats
import Testing

/// Published vocabularies, from the engine's source tree (`models/ggml-vocab-*.gguf`).
enum EngineVocabulary: String, CaseIterable {
    case llama3 = "llama-bpe"
    case llama2 = "llama-spm"
    case qwen2

    static let why: Comment =
        "needs the engine's source tree with models/ggml-vocab-*.gguf: unset LAB_ENGINE_PREFIX and run ./lab engine"

    static let isAvailable = allCases.allSatisfy { $0.url != nil }

    /// The file; nil where the engine was not built from source on this machine.
    var url: URL? {
        let environment = ProcessInfo.processInfo.environment
        let home = URL(fileURLWithPath: environment["HOME"] ?? NSHomeDirectory())
        #if os(macOS)
            let standard = home.appendingPathComponent("Library/Caches")
        #else
            let standard =
                environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
                ?? home.appendingPathComponent(".cache")
        #endif
        let cache =
            environment["LAB_CACHE"].map { URL(fileURLWithPath: $0) }
            ?? standard.appendingPathComponent("llama-pajamas")
        let engine = cache.appendingPathComponent("engine")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: engine.path)) ?? []
        return names.filter { $0.hasPrefix("src-") }.sorted()
            .map { engine.appendingPathComponent("\($0)/source/models/ggml-vocab-\(rawValue).gguf") }
            .last { FileManager.default.fileExists(atPath: $0.path) }
    }

    private static let normal: Int32 = 1
    private static let control: Int32 = 3

    private func metadata() throws -> GGUFMetadata { try GGUFReader(#require(url, Self.why)).metadata }

    /// A byte-level vocabulary in the words of `tokenizer.json`.
    func byteLevel(
        _ splitting: ByteLevelTokenizer.Splitting, normalizer: String, postProcessor: String, ignoresMerges: Bool
    ) throws -> ByteLevelTokenizer {
        let metadata = try metadata()
        guard case .array(.string(let texts)) = metadata["tokenizer.ggml.tokens"],
            case .array(.int32(let types)) = metadata["tokenizer.ggml.token_type"],
            case .array(.string(let merges)) = metadata["tokenizer.ggml.merges"]
        else { throw CocoaError(.fileReadCorruptFile) }
        let tokens = zip(texts, types).enumerated().map { (id: $0, text: $1.0, type: $1.1) }
        return ByteLevelTokenizer(
            splitting: splitting, vocabulary: tokens.filter { $0.type == Self.normal }.map { ($0.text, $0.id) },
            merges: merges,
            added: tokens.filter { $0.type == Self.control }.map { ($0.id, $0.text, true) },
            normalizer: normalizer, postProcessor: postProcessor, ignoresMerges: ignoresMerges)
    }

    /// A SentencePiece vocabulary.
    func sentencePiece() throws -> SentencePieceTokenizer {
        let metadata = try metadata()
        guard case .array(.string(let texts)) = metadata["tokenizer.ggml.tokens"],
            case .array(.int32(let types)) = metadata["tokenizer.ggml.token_type"],
            case .array(.float32(let scores)) = metadata["tokenizer.ggml.scores"]
        else { throw CocoaError(.fileReadCorruptFile) }
        return SentencePieceTokenizer(
            pieces: zip(texts, zip(scores, types)).map { .init(text: $0, score: $1.0, kind: Int($1.1)) })
    }
}
