import Foundation
import TestSupport
import Testing

/// Qwen3-8B's own configuration and tokenizer, on a local hub; its weights are headers and holes, which is all that
/// these commands may read.
@Suite struct LargeModelOutlineTests {
    private static let data =
        ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
        ?? LabCommand.root.appendingPathComponent("../shared/data")

    /// Writes five shards in the shapes of the published ones.
    private static func write(to folder: URL) throws {
        let files = FileManager.default
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = data.appendingPathComponent("qwen3")
        try #require(
            files.fileExists(atPath: source.appendingPathComponent("tokenizer.json").path),
            "no qwen3/tokenizer.json in \(data.path): set LAB_DATA to a folder with it")
        for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
            try files.copyItem(at: source.appendingPathComponent(name), to: folder.appendingPathComponent(name))
        }
        let configs = source.appendingPathComponent("configs")
        let config = try #require(
            try files.contentsOfDirectory(atPath: configs.path).first { $0.lowercased().contains("8b") })
        let place = configs.appendingPathComponent(config)
        let isFolder = (try place.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
        try files.copyItem(
            at: isFolder ? place.appendingPathComponent("config.json") : place,
            to: folder.appendingPathComponent("config.json"))
        try Data(
            """
            ```json
            { "rope_scaling": { "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768 } }
            ```
            """.utf8
        ).write(to: folder.appendingPathComponent("README.md"))
        var tensors = [("model.embed_tokens.weight", [151_936, 4096]), ("model.norm.weight", [4096])]
        for layer in 0..<36 {
            let shapes: [(String, [Int])] = [
                ("input_layernorm", [4096]), ("post_attention_layernorm", [4096]), ("self_attn.q_norm", [128]),
                ("self_attn.k_norm", [128]), ("self_attn.q_proj", [4096, 4096]), ("self_attn.k_proj", [1024, 4096]),
                ("self_attn.v_proj", [1024, 4096]), ("self_attn.o_proj", [4096, 4096]),
                ("mlp.gate_proj", [12_288, 4096]),
                ("mlp.up_proj", [12_288, 4096]), ("mlp.down_proj", [4096, 12_288]),
            ]
            tensors += shapes.map { ("model.layers.\(layer).\($0.0).weight", $0.1) }
        }
        tensors.append(("lm_head.weight", [151_936, 4096]))
        var map: [String: String] = [:]
        for shard in 0..<5 {
            let name = "model-0000\(shard + 1)-of-00005.safetensors"
            let own = tensors.indices.filter { $0 * 5 / tensors.count == shard }.map { tensors[$0] }
            var header: [String: Any] = [:]
            var end = 0
            for (tensor, shape) in own {
                let bytes = shape.reduce(2, *)
                header[tensor] = ["dtype": "BF16", "shape": shape, "data_offsets": [end, end + bytes]]
                end += bytes
                map[tensor] = name
            }
            let text = try JSONSerialization.data(withJSONObject: header)
            let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
            let url = folder.appendingPathComponent(name)
            try (length + text).write(to: url)
            let file = try FileHandle(forWritingTo: url)
            try file.truncate(atOffset: UInt64(8 + text.count + end))
            try file.close()
            // Nobody reads these files whole, so their digest may be any.
            try Data(String(repeating: "\(shard)", count: 64).utf8).write(to: url.appendingPathExtension("sha256"))
        }
        try JSONSerialization.data(withJSONObject: ["weight_map": map])
            .write(to: folder.appendingPathComponent("model.safetensors.index.json"))
    }

    @Test func infoAndADryRunOfEightBillionWeightsReadHeaders() throws {
        let lab = try LabCommand()
        let root = lab.folder.appendingPathComponent("hub")
        try Self.write(to: root.appendingPathComponent("Qwen/Qwen3-8B"))
        let server = try LocalHub(root: root)
        func quant(_ words: String...) throws -> LabCommand.Result {
            try LabCommand.command(
                [
                    "HF_ENDPOINT=\(server.endpoint)", "HF_HOME=\(lab.folder.path)/home",
                    "LAB_CACHE=\(lab.folder.path)/cache", "LAB_STORE=\(lab.store.path)", LabCommand.quantizer.path,
                ] + words)
        }
        // The server looks at its files when it is first asked.
        _ = try quant("info", "Qwen/Qwen3-8B@nothing")
        let began = ContinuousClock.now

        let info = try quant("info", "Qwen/Qwen3-8B")

        let elapsed = ContinuousClock.now - began
        #expect(info.status == 0, "\(info.errors)")
        for words in [
            "dense decoder, GQA 4:1", "8.19 billion, 6.95 billion without embeddings", "native 40,960 (config.json)",
            "extended 131,072 (README.md)", "BF16, 16.38 GB in 5 files", "thinking, can be switched off, tools",
            "5.03 GB",
        ] {
            #expect(info.output.contains(words), "\(words) in \(info.output)")
        }
        // 3 s on an idle machine; tests run beside each other.
        #expect(elapsed < .seconds(10), "\(elapsed)")
        let shards = try server.requests().filter { $0.content && $0.path.contains("safetensors?") }
        #expect(shards.count == 5 && shards.allSatisfy { $0.sent <= 1 << 17 })

        let plan = try quant(
            "convert", "--model", "Qwen/Qwen3-8B", "--output", "\(lab.folder.path)/models", "--formats", "gguf,mlx",
            "--precision", "q4_k_m:4bit", "--dry-run")

        #expect(plan.status == 0, "\(plan.errors)")
        #expect(plan.output.contains("Qwen3-8B as Q4_K_M") && plan.output.contains("5.03 GB"))
        #expect(!FileManager.default.fileExists(atPath: "\(lab.folder.path)/models"))
    }
}
