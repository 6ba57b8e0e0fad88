/// A model's `tokenizer.json`: a byte-level BPE vocabulary and what goes before it.
public struct TokenizerDefinition: Sendable, Equatable {
    /// A token of the vocabulary; its text is in byte-level encoding ("Ġ" for a space).
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
    /// The regular expression that splits the text; nil when the file has none.
    public let preTokenizerPattern: String?
    /// The types of the post-processors, such as "ByteLevel".
    public let postProcessors: [String]
    /// The types of the normalizers, such as "NFC".
    public let normalizers: [String]

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
        let vocabulary = try model.require("vocab", model.object)
        self.vocabulary = try vocabulary.members.map { member in
            guard case .integer(let id) = member.value, (0..<Int64(Int32.max)).contains(id) else {
                throw vocabulary.mismatch(member.name, "an id")
            }
            return Token(text: member.name, id: Int(id))
        }
        merges = try model.require("merges", model.array).map { try Self.merge($0, of: model) }
        addedTokens = try (object.array("added_tokens") ?? []).map { value in
            let entry = try JSONObject(value, file: object.file, path: "added_tokens")
            let id = try entry.require("id", entry.integer)
            guard (0..<Int(Int32.max)).contains(id) else { throw entry.mismatch("id", "an id") }
            return AddedToken(
                content: try entry.require("content", entry.string), id: id,
                isSpecial: try entry.bool("special") ?? false)
        }
        preTokenizerPattern = try object.object("pre_tokenizer").flatMap(Self.pattern)
        postProcessors = try object.object("post_processor").map { try Self.types($0, nested: "processors") } ?? []
        normalizers = try object.object("normalizer").map { try Self.types($0, nested: "normalizers") } ?? []
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

    /// The regular expression of the first splitter, alone or in a sequence.
    private static func pattern(_ preTokenizer: JSONObject) throws -> String? {
        switch try preTokenizer.string("type") {
        case "Split": return try preTokenizer.object("pattern")?.string("Regex")
        case "Sequence":
            for element in try preTokenizer.array("pretokenizers") ?? [] {
                let nested = try JSONObject(element, file: preTokenizer.file, path: "pre_tokenizer.pretokenizers")
                if let found = try pattern(nested) { return found }
            }
            return nil
        default: return nil
        }
    }

    private static func types(_ object: JSONObject, nested key: String) throws -> [String] {
        let type = try object.require("type", object.string)
        guard type == "Sequence" else { return [type] }
        return try object.require(key, object.array).flatMap {
            try types(JSONObject($0, file: object.file, path: key), nested: key)
        }
    }
}
