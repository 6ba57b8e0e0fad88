/// A model's `tokenizer.json`: a BPE vocabulary and what goes before and after it.
public struct TokenizerDefinition: Sendable, Equatable {
    /// A token of the vocabulary.
    ///
    /// Its text is in byte-level encoding ("Ġ" for a space), or, with byte fallback, as it is ("▁" for a space).
    public struct Token: Sendable, Equatable {
        /// The text.
        public let text: String
        /// The id.
        public let id: Int
    }

    /// Two tokens that become one, by rank.
    public struct Merge: Sendable, Equatable {
        /// The left token.
        public let left: String
        /// The right token.
        public let right: String
    }

    /// A token that is found in the text before the vocabulary is applied.
    public struct AddedToken: Sendable, Equatable {
        /// The text as it is written.
        public let content: String
        /// The id.
        public let id: Int
        /// Whether decoding may leave it out.
        public let isSpecial: Bool
    }

    /// The vocabulary in the order of the file.
    public let vocabulary: [Token]
    /// The merges, the first one first.
    public let merges: [Merge]
    /// The added tokens in the order of the file.
    public let addedTokens: [AddedToken]
    /// How text is cut before the merges, in order.
    public let preTokenizer: [SplittingStep]
    /// What is added around a text, in order.
    public let postProcessors: [PostProcessor]
    /// What is done to a text before it is cut, in order.
    public let normalizers: [NormalizingStep]
    /// Whether characters that the vocabulary lacks become a token for each byte, as in SentencePiece.
    public let hasByteFallback: Bool
    /// Whether a word that is a token itself is left alone by the merges.
    public let ignoresMerges: Bool

    /// The number of ids in use: the highest one and 1.
    public var idCount: Int {
        1 + max(vocabulary.lazy.map(\.id).max() ?? -1, addedTokens.lazy.map(\.id).max() ?? -1)
    }

    /// Reads a tokenizer.
    ///
    /// Throws ``FormatError``, also for a model that is no BPE.
    public init(_ object: JSONObject) throws {
        let model = try object.require("model", object.object)
        let type = try model.string("type") ?? "BPE"
        guard type == "BPE" else {
            throw FormatError(
                .unsupported, file: object.file, subject: "key 'model.type'", "is \(type)", remedy: "Supported is BPE.")
        }
        vocabulary = try Self.tokens(model.require("vocab", model.object))
        merges = try model.require("merges", model.array).map { try Self.merge($0, of: model) }
        addedTokens = try (object.array("added_tokens") ?? []).map { value in
            let entry = try JSONObject(value, file: object.file, path: "added_tokens")
            let id = try entry.require("id", entry.integer)
            guard (0..<Int(Int32.max)).contains(id) else { throw entry.mismatch("id", "an id") }
            return AddedToken(
                content: try entry.require("content", entry.string), id: id,
                isSpecial: try entry.bool("special") ?? false)
        }
        preTokenizer = try object.object("pre_tokenizer").map(SplittingStep.steps) ?? []
        postProcessors = try object.object("post_processor").map(PostProcessor.processors) ?? []
        normalizers = try object.object("normalizer").map(NormalizingStep.steps) ?? []
        hasByteFallback = try model.bool("byte_fallback") ?? false
        ignoresMerges = try model.bool("ignore_merges") ?? false
    }

    /// Ids by text, in the order of the file.
    static func tokens(_ object: JSONObject) throws -> [Token] {
        try object.members.map { member in
            guard case .integer(let id) = member.value, (0..<Int64(Int32.max)).contains(id) else {
                throw object.mismatch(member.name, "an id")
            }
            return Token(text: member.name, id: Int(id))
        }
    }

    /// Merges are "a b" in older files and ["a", "b"] in newer ones.
    private static func merge(_ value: JSONValue, of model: JSONObject) throws -> Merge {
        switch value {
        case .array(let pair):
            guard pair.count == 2, case .string(let left) = pair[0], case .string(let right) = pair[1] else { break }
            return Merge(left: left, right: right)
        case .string(let text):
            let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) else { break }
            return Merge(left: left, right: right)
        default: break
        }
        throw model.mismatch("merges", "a list of pairs")
    }
}

extension JSONObject {
    /// The parts of a pipeline: this one alone, or the members of a "Sequence" and of those within it.
    func flattened(_ key: String) throws -> [JSONObject] {
        guard try require("type", string) == "Sequence" else { return [self] }
        return try require(key, array).flatMap { try JSONObject($0, file: file, path: key).flattened(key) }
    }
}
