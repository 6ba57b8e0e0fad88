import Foundation
import LabCore
import ModelFormats
import TestSupport
import Testing

@Suite("Checkpoints")
struct CheckpointTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ tiny: TinyCheckpoint) throws -> Checkpoint {
        try Checkpoint(directory: tiny.write(to: folder.url.appendingPathComponent("tiny")))
    }

    @Test("a whole checkpoint opens: names, roles and the number of weights")
    func whole() throws {
        let checkpoint = try open(TinyCheckpoint())
        #expect(checkpoint.name == "tiny")
        #expect(checkpoint.architecture.name == "qwen3")
        #expect(checkpoint.tensors.count == 2 * 11 + 3)
        // By hand: 2 x 288 x 256 and 256; a block has 6 x 65,536 in matrices and 768 in norms.
        #expect(checkpoint.parameterCount == 147_456 + 256 + 2 * (6 * 65_536 + 768))
        #expect(checkpoint.tensors.first?.model.name == "output.weight")
        #expect(
            checkpoint.files.map(\.name) == [
                "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
                "model.safetensors",
            ])
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let checkpoint: TinyCheckpoint
        let problem: String
        var code = FormatError.Code.malformed
    }

    static let faults = [
        Fault(
            testDescription: "a tensor is absent",
            checkpoint: TinyCheckpoint(omitted: ["model.layers.1.mlp.up_proj.weight"]),
            problem: "tensor 'model.layers.1.mlp.up_proj.weight': is in none of the files", code: .missing),
        Fault(
            testDescription: "the output is absent and not tied",
            checkpoint: TinyCheckpoint(omitted: ["lm_head.weight"]),
            problem: "tensor 'lm_head.weight': is in none of the files", code: .missing),
        Fault(
            testDescription: "a shape contradicts the configuration",
            checkpoint: TinyCheckpoint(shapes: ["model.norm.weight": [255]]),
            problem: "tensor 'model.norm.weight': has the shape [255], and config.json demands [256]"),
        Fault(
            testDescription: "a tensor of a block too many",
            checkpoint: TinyCheckpoint(additional: ["model.layers.2.mlp.up_proj.weight": [256, 256]]),
            problem: "tensor 'model.layers.2.mlp.up_proj.weight': has no place", code: .unsupported),
        Fault(
            testDescription: "another architecture", checkpoint: TinyCheckpoint(architecture: "MambaForCausalLM"),
            problem: "key 'architectures': names MambaForCausalLM", code: .unsupported),
    ]

    @Test("a checkpoint that is not whole is an error that names file and tensor", arguments: faults)
    func refused(fault: Fault) throws {
        let error = #expect(throws: FormatError.self) { try open(fault.checkpoint) }
        #expect(error?.code == fault.code)
        #expect(error?.description.contains(fault.problem) == true, "\(error?.description ?? "")")
        #expect(error?.remedy != nil)
    }

    @Test("more blocks than the weights have tensors are refused before memory is set aside for them")
    func tooManyBlocks() throws {
        let directory = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("tiny"))
        let url = directory.appendingPathComponent("config.json")
        let text = try String(contentsOf: url, encoding: .utf8)
        // 11 tensors for each of 2^31 - 1 blocks would be more than a terabyte.
        try Data(text.replacing(#""num_hidden_layers":2"#, with: #""num_hidden_layers":2147483647"#).utf8).write(
            to: url)
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: directory) }
        #expect(
            error?.description
                == "\(url.path): key 'num_hidden_layers': tells of 2147483647 blocks, and the weights are 25 tensors")
    }

    @Test("buffers that older checkpoints carry are passed over")
    func ignored() throws {
        let name = "model.layers.0.self_attn.rotary_emb.inv_freq"
        #expect(try open(TinyCheckpoint(additional: [name: [64]])).tensors.count == 25)
    }

    @Test("the identity changes with any byte, the name and the front matter, not with the card's text")
    func identity() throws {
        let directory = folder.url.appendingPathComponent("tiny")
        let first = try open(TinyCheckpoint()).digest()
        #expect(try Checkpoint(directory: directory).digest() == first)
        #expect(try Checkpoint(directory: directory, name: "other").digest() != first)
        #expect(try open(TinyCheckpoint(card: "# only text")).digest() == first)
        #expect(try open(TinyCheckpoint(card: "---\nlicense: mit\n---\n")).digest() != first)
        try FileManager.default.removeItem(at: directory.appendingPathComponent("README.md"))
        #expect(try open(TinyCheckpoint(firstValues: ["lm_head.weight": 0.5])).digest() != first)
    }

    @Test("an embedding model of a language model's class is refused by what it is")
    func embeddingModel() throws {
        let error = #expect(throws: FormatError.self) {
            try open(TinyCheckpoint(tiesEmbedding: true, tensorPrefix: ""))
        }
        #expect(error?.code == .unsupported)
        #expect(error?.problem.hasPrefix("is an embedding model such as Qwen3-Embedding") == true)
        #expect(error?.remedy?.hasPrefix("Not supported yet") == true)
    }

    @Test("a reranker is told by its directory, its repository or the title of its card, and refused")
    func reranker() throws {
        let named = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("Qwen3-Reranker-0.6B"))
        let titled = try TinyCheckpoint(card: "---\nlicense: mit\n---\n# Qwen3-Reranker-0.6B\n")
            .write(to: folder.url.appendingPathComponent("titled"))
        let plain = try TinyCheckpoint(card: "# Beside Qwen3-Reranker").write(
            to: folder.url.appendingPathComponent("plain"))
        for (directory, sourceID) in [(named, nil), (titled, nil), (plain, "Qwen/Qwen3-Reranker-8B")] {
            let error = #expect(throws: FormatError.self) {
                try Checkpoint(directory: directory, sourceID: sourceID)
            }
            #expect(error?.problem.hasPrefix("is a reranker") == true)
        }
        #expect(try Checkpoint(directory: plain).tensors.count == 25)
    }

    @Test("line ends of templates are those that Python's text mode reads")
    func lineEnds() throws {
        let directory = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("tiny"))
        let others = directory.appendingPathComponent("additional_chat_templates")
        try FileManager.default.createDirectory(at: others, withIntermediateDirectories: true)
        for (url, text) in [
            (directory.appendingPathComponent("tokenizer_config.json"), "{}"),
            (directory.appendingPathComponent("chat_template.jinja"), "a\r\n\r\nb\rc\n"),
            (others.appendingPathComponent("tool.jinja"), "t\r\n"),
        ] { try Data(text.utf8).write(to: url) }
        let configuration = try #require(Checkpoint(directory: directory).tokenizerConfiguration)
        // Expected: open(...).read() of Python 3.
        #expect(configuration.chatTemplate == "a\n\nb\nc\n")
        #expect(configuration.chatTemplates.last?.source == "t\n")
    }

    @Test("a directory without a configuration is an error that names the file")
    func empty() {
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: folder.url) }
        #expect(error?.code == .missing)
        #expect(error?.file.hasSuffix("config.json") == true)
    }

    @Test("damaged text files are errors that name file and line", arguments: ["config.json", "tokenizer.json"])
    func damaged(name: String) throws {
        let directory = try TinyCheckpoint().write(to: folder.url.appendingPathComponent("tiny"))
        let url = directory.appendingPathComponent(name)
        let text = try Data(contentsOf: url)
        try text.prefix(text.count / 2).write(to: url)
        let error = #expect(throws: FormatError.self) { try Checkpoint(directory: directory) }
        #expect(error?.file == url.path)
        #expect(error?.subject?.hasPrefix("line ") == true)
    }
}
