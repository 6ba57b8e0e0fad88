import Foundation
import Inference
import LabCore
import ModelFormats
import Quantization
import TestSupport
import Testing

/// A worker with the embedded model for tests of generated text.
struct GenerationWorker {
    let worker: Worker

    init(
        _ file: URL? = nil, sequences: Int = 4, contextLength: Int = 512, vocabularyOnly: Bool = false
    ) throws {
        worker = try Worker(executable: EngineWorkerTests.executable)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: try file?.path ?? EngineWorkerTests.model.get().path, backend: "cpu",
                    vocabularyOnly: vocabularyOnly, contextLength: contextLength, parallelSequences: sequences,
                    threads: 2)))
    }

    func render(_ prompts: [PromptSource]) throws -> [RenderedPrompt] {
        guard case .rendered(let rendered) = try worker.perform(.render(.init(prompts: prompts))) else {
            throw CancellationError()
        }
        return rendered
    }

    /// The prompts' texts; each prompt's seed is its number.
    func generate(
        _ prompts: [RenderedPrompt], maximumTokens: Int = 128, sampling: Sampling = .greedy, order: [Int]? = nil
    ) throws -> [Int: GeneratedText] {
        var texts: [Int: GeneratedText] = [:]
        let parameters = WorkerRequest.GenerateParameters(
            prompts: (order ?? Array(prompts.indices)).map { index in
                .init(
                    index: index, tokens: prompts[index].tokens, format: prompts[index].format, seed: UInt64(index))
            },
            maximumTokens: maximumTokens, sampling: sampling)
        _ = try worker.perform(.generate(parameters)) { event in
            if case .completed(let completion) = event {
                #expect(texts.updateValue(completion.output, forKey: completion.index) == nil)
            }
        }
        return texts
    }

    func follow(_ texts: [WorkerRequest.FollowParameters.Text]) throws -> [Int: FollowedText] {
        var followed: [Int: FollowedText] = [:]
        _ = try worker.perform(.follow(.init(texts: texts))) { event in
            if case .followed(let text) = event { followed[text.index] = text.output }
        }
        return followed
    }

    /// A prompt of the embedded model's held-out sets.
    struct HeldOut: Decodable {
        var messages: [ChatMessage]
        var thinking: Bool
        var answer: String

        var source: PromptSource { .chat(messages, isThinking: thinking) }
    }

    /// The first prompts of a held-out set: "thinking", "languages" or "functions".
    static func heldOut(_ name: String, _ count: Int) throws -> [HeldOut] {
        let file = EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny/heldout/\(name).jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").prefix(count).map {
            try JSONDecoder().decode(HeldOut.self, from: Data($0.utf8))
        }
    }

    /// The embedded model in BF16 with another chat template, in a folder.
    static func model(withTemplate template: String, in folder: TemporaryFolder) throws -> URL {
        try convert(in: folder) { copy in
            // Where a checkpoint has such a file, it counts in place of what tokenizer_config.json says.
            try Data(template.utf8).write(to: copy.appendingPathComponent("chat_template.jinja"))
        }
    }

    /// The embedded model in BF16 with two tokens' rows of its output matrix in each other's place.
    static func model(swappingOutputs first: Int, _ second: Int, in folder: TemporaryFolder) throws -> URL {
        try convert(in: folder) { copy in
            let file = copy.appendingPathComponent("model.safetensors")
            var data = try Data(contentsOf: file)
            let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
            let header = try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: Any]
            let output = try #require(header?["lm_head.weight"] as? [String: Any])
            let start = try #require(output["data_offsets"] as? [Int])[0] + 8 + length
            // 256 numbers of two bytes each.
            let rows = [first, second].map { (start + $0 * 512)..<(start + ($0 + 1) * 512) }
            let bytes = rows.map { Data(data[$0]) }
            data.replaceSubrange(rows[0], with: bytes[1])
            data.replaceSubrange(rows[1], with: bytes[0])
            try data.write(to: file)
        }
    }

    private static func convert(in folder: TemporaryFolder, change: (URL) throws -> Void) throws -> URL {
        let copy = folder.url.appendingPathComponent("checkpoint")
        try FileManager.default.copyItem(
            at: EngineWorkerTests.root.appendingPathComponent("fixtures/pajama-tiny"), to: copy)
        try change(copy)
        let file = folder.url.appendingPathComponent("model.gguf")
        _ = try Converter(Checkpoint(directory: copy)).convert(
            to: [Converter.Target(recipe: try Recipe.named("BF16"), url: file)], threads: 2, engineBuild: "test")
        return file
    }
}
