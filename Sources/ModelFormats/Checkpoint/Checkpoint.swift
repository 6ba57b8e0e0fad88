public import Foundation
public import LabCore

/// A Hugging Face checkpoint on disk, opened and checked: configuration, tokenizer and every tensor.
public struct Checkpoint: Sendable {
    /// A tensor of the network and the place of its data.
    public struct Tensor: Sendable {
        /// Which tensor it is.
        public let model: ModelTensor
        /// Where its data is.
        public let source: SafetensorsModel.Entry
    }

    /// A file that the checkpoint consists of.
    public struct File: Sendable, Equatable {
        /// The name within the directory.
        public let name: String
        /// The place.
        public let url: URL
        /// The size.
        public let sizeBytes: Int64
    }

    /// The directory.
    public let directory: URL
    /// The model's name, from which `general.name` is made.
    ///
    /// Default: the directory's name.
    public let name: String
    /// The id of the repository it comes from, such as "Qwen/Qwen3-8B"; nil for a local one.
    public let sourceID: String?
    /// The commit of the repository; nil when not known.
    public let revision: String?
    /// `config.json`.
    public let configuration: ModelConfiguration
    /// The kind of network.
    public let architecture: Architecture
    /// `tokenizer.json`.
    public let tokenizer: TokenizerDefinition
    /// `tokenizer_config.json`; nil when absent.
    public let tokenizerConfiguration: TokenizerConfiguration?
    /// `generation_config.json`; nil when absent.
    public let generation: GenerationConfiguration?
    /// `README.md`; nil when absent.
    public let card: ModelCard?
    /// The tensors in the order of the files, in a file in the order of their names.
    public let tensors: [Tensor]
    /// The files that decide what an artifact contains; the card is not among them.
    public let files: [File]

    /// The number of weights, a tied output matrix counted once.
    public var parameterCount: Int64 { tensors.reduce(0) { $0 + $1.source.tensor.elementCount } }

    /// Opens and checks a checkpoint.
    ///
    /// Throws ``FormatError`` for the first thing that is wrong.
    public init(directory: URL, name: String? = nil, sourceID: String? = nil, revision: String? = nil) throws {
        let directory = directory.standardizedFileURL
        self.directory = directory
        self.name = name ?? directory.lastPathComponent
        self.sourceID = sourceID
        self.revision = revision
        let folder = CheckpointFolder(directory)
        let configurationObject = try folder.object("config.json")
        // Told first: the keys that the configuration needs depend on the architecture.
        architecture = try Self.detectArchitecture(configurationObject)
        configuration = try ModelConfiguration(configurationObject)
        tokenizer = try TokenizerDefinition(folder.object("tokenizer.json"))
        let separateTemplate = try folder.text("chat_template.jinja")
        tokenizerConfiguration = try folder.optionalObject("tokenizer_config.json").map {
            try TokenizerConfiguration($0, separateTemplate: separateTemplate)
        }
        generation = try folder.optionalObject("generation_config.json").map(GenerationConfiguration.init)
        card = try folder.text("README.md").map(ModelCard.init)
        guard tokenizer.idCount <= configuration.vocabularySize else {
            throw FormatError.malformed(
                directory.appendingPathComponent("tokenizer.json").path, nil,
                "has \(tokenizer.idCount) ids, and config.json a vocabulary of \(configuration.vocabularySize)")
        }
        let weights = try SafetensorsModel(directory: directory)
        // Before the blocks are listed: their number is only a claim of config.json.
        guard configuration.layerCount <= weights.entries.count else {
            throw FormatError.malformed(
                directory.appendingPathComponent("config.json").path, "key 'num_hidden_layers'",
                "tells of \(configuration.layerCount) blocks, and the weights are \(weights.entries.count) tensors")
        }
        tensors = try Self.match(
            weights, with: architecture.tensors(configuration), configuration: configuration, directory: directory)
        files = try folder.files(weights: weights.files)
    }

    /// The identity of the checkpoint: the digest of the sorted names and digests of its files, its name and the
    /// card's front matter, all of which an artifact contains.
    ///
    /// `digest` computes a file's digest; pass one that remembers, since the weights are read in full.
    public func digest(of digest: (URL) throws -> Digest = FileDigest.compute) throws -> Digest {
        self.digest(of: try fileDigests(digest))
    }

    /// The identity of the checkpoint from the digests of its files.
    public func digest(of fileDigests: [String: Digest]) -> Digest {
        var lines = fileDigests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.hex)" }
        lines.append("name \(name)")
        lines.append("card \(Digest(of: card?.frontMatter ?? "").hex)")
        return Digest(of: lines.joined(separator: "\n"))
    }

    /// The digest of each file by name.
    public func fileDigests(_ digest: (URL) throws -> Digest = FileDigest.compute) throws -> [String: Digest] {
        var digests: [String: Digest] = [:]
        for file in files { digests[file.name] = try digest(file.url) }
        return digests
    }

    private static func detectArchitecture(_ object: JSONObject) throws -> Architecture {
        let names = try object.require("architectures", object.array).compactMap { value -> String? in
            guard case .string(let name) = value else { return nil }
            return name
        }
        return try Architecture.detect(names, file: object.file)
    }

    private static let ignoredSuffixes = [".rotary_emb.inv_freq", ".attention.masked_bias", ".attention.bias"]

    private static func match(
        _ weights: SafetensorsModel, with expected: [ModelTensor], configuration: ModelConfiguration, directory: URL
    ) throws -> [Tensor] {
        var wanted = Dictionary(uniqueKeysWithValues: expected.map { ($0.sourceName, $0) })
        var tensors: [Tensor] = []
        for entry in weights.entries {
            let name = entry.tensor.name
            if ignoredSuffixes.contains(where: name.hasSuffix) { continue }
            guard let model = wanted.removeValue(forKey: name) else {
                throw FormatError(
                    .unsupported, file: entry.file.url.path, subject: "tensor '\(name)'",
                    "has no place in this architecture, or its block is not among the \(configuration.layerCount)",
                    remedy: "Check that config.json and the weights belong together.")
            }
            guard entry.tensor.shape == model.shape else {
                throw FormatError.malformed(
                    entry.file.url.path, "tensor '\(name)'",
                    "has the shape \(entry.tensor.shape), and config.json demands \(model.shape)")
            }
            guard [.bfloat16, .float16, .float32].contains(entry.tensor.scalarType) else {
                throw FormatError(
                    .unsupported, file: entry.file.url.path, subject: "tensor '\(name)'",
                    "has the element type \(entry.tensor.scalarType.rawValue)",
                    remedy: "Supported are BF16, F16 and F32: take the checkpoint that was not quantized.")
            }
            tensors.append(Tensor(model: model, source: entry))
        }
        let absent = expected.first {
            wanted[$0.sourceName] != nil && !($0.role == .output && configuration.tiesWordEmbeddings)
        }
        if let absent {
            throw FormatError(
                .missing, file: directory.path, subject: "tensor '\(absent.sourceName)'", "is in none of the files",
                remedy: FormatError.downloadAgain)
        }
        return tensors
    }
}

/// The files of a checkpoint's directory.
private struct CheckpointFolder {
    let directory: URL

    init(_ directory: URL) { self.directory = directory }

    private static let textFiles = [
        "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja",
        SafetensorsModel.indexName,
    ]

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

    func files(weights: [SafetensorsFile]) throws -> [Checkpoint.File] {
        let texts = try Self.textFiles.filter(exists).map { name in
            Checkpoint.File(name: name, url: url(name), sizeBytes: try RandomAccessFile(url(name)).sizeBytes)
        }
        let parts = weights.map {
            Checkpoint.File(name: $0.url.lastPathComponent, url: $0.url, sizeBytes: $0.sizeBytes)
        }
        return texts + parts
    }
}
