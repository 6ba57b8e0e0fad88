import Foundation

/// The files of a checkpoint's directory.
struct CheckpointFolder {
    let directory: URL

    init(_ directory: URL) { self.directory = directory }

    private static let textFiles = [
        "config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "added_tokens.json",
        "generation_config.json", "chat_template.jinja", "chat_template.json", SafetensorsModel.indexName,
    ]
    private static let templateFolder = "additional_chat_templates"

    private func url(_ name: String) -> URL { directory.appendingPathComponent(name) }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url(name).path) }

    func object(_ name: String) throws -> JSONObject {
        try JSONObject(contentsOf: RandomAccessFile(url(name)))
    }

    func optionalObject(_ name: String) throws -> JSONObject? {
        exists(name) ? try object(name) : nil
    }

    func text(_ name: String) throws -> String? {
        guard exists(name) else { return nil }
        let file = try RandomAccessFile(url(name))
        return String(decoding: try file.read(at: 0, count: Int(file.sizeBytes)), as: UTF8.self)
    }

    /// A template with the line ends that Python's text mode makes of all kinds.
    private func template(_ name: String) throws -> String? {
        try text(name)?.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }

    func sentencePiece() throws -> SentencePieceModel? {
        exists("tokenizer.model") ? try SentencePieceModel(RandomAccessFile(url("tokenizer.model"))) : nil
    }

    /// The chat templates outside of tokenizer_config.json, the default one first.
    func templates() throws -> [TokenizerConfiguration.ChatTemplate] {
        if let source = try template("chat_template.jinja") {
            let others = try additionalTemplates().map { name in
                TokenizerConfiguration.ChatTemplate(
                    name: String(name.dropFirst(Self.templateFolder.count + 1).dropLast(".jinja".count)),
                    source: try template(name) ?? "")
            }
            return [TokenizerConfiguration.ChatTemplate(name: "default", source: source)] + others
        }
        return try optionalObject("chat_template.json").map(TokenizerConfiguration.templates) ?? []
    }

    private func additionalTemplates() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url(Self.templateFolder).path)) ?? []
        return names.filter { $0.hasSuffix(".jinja") }.sorted().map { "\(Self.templateFolder)/\($0)" }
    }

    func files(weights: [SafetensorsFile]) throws -> [Checkpoint.File] {
        let names = Self.textFiles.filter(exists) + (exists("chat_template.jinja") ? additionalTemplates() : [])
        let texts = try names.map { name in
            Checkpoint.File(name: name, url: url(name), sizeBytes: try RandomAccessFile(url(name)).sizeBytes)
        }
        let parts = weights.map {
            Checkpoint.File(name: $0.url.lastPathComponent, url: $0.url, sizeBytes: $0.sizeBytes)
        }
        return texts + parts
    }
}
