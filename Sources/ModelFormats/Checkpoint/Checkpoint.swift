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
        /// What its elements are multiplied with; nil when they are the weights themselves.
        public let scales: Scales?
    }

    /// The scales of a tensor of 8-bit floats.
    public struct Scales: Sendable {
        /// Where they are, a row of scales for each row of blocks.
        public let source: SafetensorsModel.Entry
        /// The rows and columns that share a scale.
        public let block: SourceQuantization.Block
        /// The number of blocks beside each other.
        public let columns: Int
    }

    /// A tensor that GGUF files have and checkpoints do not: it follows from the configuration.
    public struct Constant: Sendable {
        /// Which tensor it is.
        public let model: ModelTensor
        /// Its values.
        public let values: [Float]
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
    /// Default: the repository's name where the directory is one of the Hugging Face cache, else the directory's.
    public let name: String
    /// The id of the repository it comes from, such as "Qwen/Qwen3-8B"; nil for a local one.
    public let sourceID: String?
    /// The commit of the repository; nil when not known.
    public let revision: String?
    /// `config.json`.
    public let configuration: ModelConfiguration
    /// The kind of network.
    public let architecture: Architecture
    /// `tokenizer.json`; nil when absent.
    public let tokenizer: TokenizerDefinition?
    /// `tokenizer.model`, which decides where it is there; nil when absent.
    public let sentencePiece: SentencePieceModel?
    /// `added_tokens.json`: ids by text; empty when absent.
    public let addedTokens: [TokenizerDefinition.Token]
    /// The name of the way to split text that was asked for; nil to find it in `tokenizer.json`.
    public let preTokenizer: String?
    /// `tokenizer_config.json`; nil when absent.
    public let tokenizerConfiguration: TokenizerConfiguration?
    /// `generation_config.json`; nil when absent.
    public let generation: GenerationConfiguration?
    /// `README.md`; nil when absent.
    public let card: ModelCard?
    /// The tensors in the order of the files, in a file in the order of their names.
    public let tensors: [Tensor]
    /// Tensors that GGUF files have beside those.
    public let constants: [Constant]
    /// The files that decide what an artifact contains; the card is not among them.
    public let files: [File]

    /// The number of weights in ``tensors``: a tied output matrix is counted again where the files store it.
    public var parameterCount: Int64 { tensors.reduce(0) { $0 + $1.source.tensor.elementCount } }

    /// Opens and checks a checkpoint.
    ///
    /// Throws ``FormatError`` for the first thing that is wrong.
    /// - Parameters:
    ///   - name: Default: what the directory's path tells, as ``CachedOrigin`` reads it, else the directory's name.
    ///   - sourceID: The id of the repository. Default: what the path tells, else none.
    ///   - revision: The commit. Default: what the path tells, else none.
    ///   - preTokenizer: llama.cpp's name for the way to split text. Default: what `tokenizer.json` tells.
    public init(
        directory: URL, name: String? = nil, sourceID: String? = nil, revision: String? = nil,
        preTokenizer: String? = nil
    ) throws {
        let directory = directory.standardizedFileURL
        self.directory = directory
        let origin = CachedOrigin(directory)
        self.name = name ?? origin?.name ?? directory.lastPathComponent
        self.sourceID = sourceID ?? origin?.id
        self.revision = revision ?? origin?.commit
        let folder = CheckpointFolder(directory)
        let configurationObject = try folder.object("config.json")
        // Told first: the keys that the configuration needs depend on the architecture.
        architecture = try Architecture.detect(configurationObject)
        configuration = try ModelConfiguration(configurationObject, architecture: architecture)
        sentencePiece = try folder.sentencePiece()
        tokenizer =
            try sentencePiece == nil
            ? TokenizerDefinition(folder.object("tokenizer.json"))
            : folder.optionalObject("tokenizer.json").map(TokenizerDefinition.init)
        self.preTokenizer = preTokenizer
        addedTokens = try folder.optionalObject("added_tokens.json").map(TokenizerDefinition.tokens) ?? []
        let templates = try folder.templates()
        tokenizerConfiguration = try folder.optionalObject("tokenizer_config.json").map {
            try TokenizerConfiguration($0, separateTemplates: templates)
        }
        generation = try folder.optionalObject("generation_config.json").map(GenerationConfiguration.init)
        let cardText = try folder.text("README.md")
        card = cardText.map(ModelCard.init)
        // tokenizer.model decides where it is there; what tokenizer.json has beyond the vocabulary is left out then.
        let ids = sentencePiece == nil ? tokenizer?.idCount ?? 0 : 0
        guard ids <= configuration.vocabularySize else {
            throw FormatError.malformed(
                directory.appendingPathComponent("tokenizer.json").path, nil,
                "has \(ids) ids, and config.json a vocabulary of \(configuration.vocabularySize)")
        }
        let weights = try SafetensorsModel(directory: directory)
        try Qwen3Siblings(directory: directory, names: [directory.lastPathComponent, self.name, sourceID ?? ""])
            .refuse(configurationObject, architecture: architecture, card: cardText, weights: weights)
        // Before the blocks are listed: their number is only a claim of config.json.
        guard configuration.layerCount <= weights.entries.count else {
            throw FormatError.malformed(
                directory.appendingPathComponent("config.json").path, "key 'num_hidden_layers'",
                "tells of \(configuration.layerCount) blocks, and the weights are \(weights.entries.count) tensors")
        }
        tensors = try TensorMatching(configuration: configuration, directory: directory)
            .match(weights, with: architecture.tensors(configuration))
        constants = configuration.frequencyFactors.map { [$0] } ?? []
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
        if let preTokenizer { lines.append("pre-tokenizer \(preTokenizer)") }
        return Digest(of: lines.joined(separator: "\n"))
    }

    /// The digest of each file by name.
    public func fileDigests(_ digest: (URL) throws -> Digest = FileDigest.compute) throws -> [String: Digest] {
        var digests: [String: Digest] = [:]
        for file in files { digests[file.name] = try digest(file.url) }
        return digests
    }
}
