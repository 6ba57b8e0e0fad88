import ModelFormats

/// The `tokenizer.*` keys: the vocabulary as llama.cpp reads it.
struct TokenizerMetadata {
    private let checkpoint: Checkpoint
    private let tokenizer: TokenizerDefinition

    init(_ checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
        tokenizer = checkpoint.tokenizer
    }

    /// llama.cpp's name for a way to split text, and the regular expression that tells it.
    private static let preTokenizers: [(name: String, pattern: String)] = [
        (
            "qwen2",
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
                + #"|\s+(?!\S)|\s+"#
        )
    ]

    private static let supportedNormalizers = ["NFC"]
    private static let supportedPostProcessors = ["ByteLevel"]

    /// The format's numbers for kinds of tokens.
    private enum TokenType: Int32 {
        case normal = 1
        case control = 3
        case userDefined = 4
        case unused = 5
    }

    /// The key of a special token's id; the format has none for classification.
    private static let idKeys: [SpecialToken: String] = [
        .bos: "bos_token_id", .eos: "eos_token_id", .unk: "unknown_token_id", .sep: "seperator_token_id",
        .pad: "padding_token_id", .mask: "mask_token_id",
    ]

    func append(to metadata: inout GGUFMetadata) throws {
        try check()
        metadata["tokenizer.ggml.model"] = .string("gpt2")
        metadata["tokenizer.ggml.pre"] = .string(try preTokenizerName())
        let (texts, types) = try tokens()
        metadata["tokenizer.ggml.tokens"] = .array(.string(texts))
        metadata["tokenizer.ggml.token_type"] = .array(.int32(types))
        if !tokenizer.merges.isEmpty {
            metadata["tokenizer.ggml.merges"] = .array(.string(tokenizer.merges.map(Self.line)))
        }
        appendSpecialTokens(to: &metadata)
        appendTemplates(to: &metadata)
    }

    private func check() throws {
        try require(tokenizer.normalizers, within: Self.supportedNormalizers, what: "normalizer")
        try require(tokenizer.postProcessors, within: Self.supportedPostProcessors, what: "post-processor")
    }

    private func require(_ found: [String], within supported: [String], what: String) throws {
        guard let other = found.first(where: { !supported.contains($0) }) else { return }
        throw QuantizationError(
            .unsupported, "tokenizer.json has the \(what) '\(other)'",
            remedy: "Supported: none, \(supported.joined(separator: ", ")).")
    }

    private func preTokenizerName() throws -> String {
        guard let known = Self.preTokenizers.first(where: { $0.pattern == tokenizer.preTokenizerPattern }) else {
            throw QuantizationError(
                .unsupported,
                "tokenizer.json splits text with \(tokenizer.preTokenizerPattern.map { "'\($0)'" } ?? "no expression")",
                remedy: "Supported is the expression of \(Self.preTokenizers.map(\.name).joined(separator: ", ")).")
        }
        return known.name
    }

    /// Texts and types by id; ids without a token are padding.
    private func tokens() throws -> ([String], [Int32]) {
        var texts = (0..<checkpoint.configuration.vocabularySize).map { "[PAD\($0)]" }
        var types = [Int32](repeating: TokenType.unused.rawValue, count: texts.count)
        for token in tokenizer.vocabulary {
            guard types[token.id] == TokenType.unused.rawValue else { throw sharedID(token.id) }
            texts[token.id] = token.text
            types[token.id] = TokenType.normal.rawValue
        }
        try checkAddedIDs()
        for token in tokenizer.addedTokens {
            let isFree = types[token.id] == TokenType.unused.rawValue
            guard isFree || texts[token.id].utf8.elementsEqual(token.content.utf8) else { throw sharedID(token.id) }
            let isControl = token.isSpecial || Self.looksSpecial(token.content)
            texts[token.id] = isControl ? token.content : token.content.replacing("\u{2581}", with: " ")
            types[token.id] = (isControl ? TokenType.control : TokenType.userDefined).rawValue
        }
        return (texts, types)
    }

    /// Hugging Face's library ignores the stated ids and numbers new tokens after the vocabulary; a file where the two
    /// differ would make this artifact disagree with the model that was trained.
    private func checkAddedIDs() throws {
        let known = Dictionary(tokenizer.vocabulary.map { (Array($0.text.utf8), $0.id) }) { first, _ in first }
        var next = tokenizer.vocabulary.count
        for token in tokenizer.addedTokens {
            let given = known[Array(token.content.utf8)] ?? next
            guard token.id == given else {
                throw QuantizationError(
                    .unsupported,
                    "tokenizer.json states the id \(token.id) for '\(token.content)', which is loaded as \(given)",
                    remedy: "Save the tokenizer again with the library that trained the model.")
            }
            next = max(next, given + 1)
        }
    }

    private func sharedID(_ id: Int) -> QuantizationError {
        QuantizationError(
            .badValue, "tokenizer.json gives the id \(id) to two tokens", remedy: "Download tokenizer.json again.")
    }

    /// Some models forget to mark their control tokens.
    private static func looksSpecial(_ text: String) -> Bool {
        let frames = [("<|", "|>"), ("<\u{FF5C}", "\u{FF5C}>"), ("<unused", ">")]
        return ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
            || frames.contains { text.hasPrefix($0.0) && text.hasSuffix($0.1) }
    }

    /// A merge in one line; a space within a token is byte-level encoded, the one between the tokens is not.
    private static func line(_ merge: TokenizerDefinition.Merge) -> String {
        func encoded(_ part: String) -> String {
            part.utf8.contains(0x20) ? part.replacing(" ", with: "\u{0120}") : part
        }
        return "\(encoded(merge.left)) \(encoded(merge.right))"
    }

    /// tokenizer_config.json speaks first, then config.json; each writes what is not there yet.
    private func appendSpecialTokens(to metadata: inout GGUFMetadata) {
        let stated = checkpoint.tokenizerConfiguration
        var texts = stated?.specialTokens ?? [:]
        texts[.bos] = texts[.bos] ?? texts[.cls]
        texts[.eos] = texts[.eos] ?? texts[.sep]
        var ids: [(SpecialToken, Int)] = SpecialToken.allCases.compactMap { token in
            guard let text = texts[token],
                let added = tokenizer.addedTokens.first(where: { $0.content.utf8.elementsEqual(text.utf8) })
            else { return nil }
            return (token, added.id)
        }
        for token in SpecialToken.allCases where !ids.contains(where: { $0.0 == token }) {
            if let id = checkpoint.configuration.specialTokenIDs[token] { ids.append((token, id)) }
        }
        for (token, id) in ids {
            guard let key = Self.idKeys[token], let id = UInt32(exactly: id) else { continue }
            metadata["tokenizer.ggml.\(key)"] = .uint32(id)
        }
        var adds = stated?.addsToken ?? [:]
        if tokenizer.postProcessors.contains("ByteLevel") {
            // The post-processor adds nothing, whatever the configuration says.
            adds[.bos] = false
            adds[.eos] = false
        }
        for token in [SpecialToken.bos, .eos, .sep] {
            if let adding = adds[token] { metadata["tokenizer.ggml.add_\(token.rawValue)_token"] = .bool(adding) }
        }
    }

    private func appendTemplates(to metadata: inout GGUFMetadata) {
        let templates = checkpoint.tokenizerConfiguration?.chatTemplates ?? []
        var names: [String] = []
        for template in templates where template.name != "default" {
            let name = String(template.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            guard !name.isEmpty, !template.source.isEmpty else { continue }
            metadata["tokenizer.chat_template.\(name)"] = .string(template.source)
            if !names.contains(name) { names.append(name) }
        }
        if !names.isEmpty { metadata["tokenizer.chat_templates"] = .array(.string(names.sorted())) }
        if let source = checkpoint.tokenizerConfiguration?.chatTemplate, !source.isEmpty {
            metadata["tokenizer.chat_template"] = .string(source)
        }
    }
}
