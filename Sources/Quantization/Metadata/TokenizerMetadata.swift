import ModelFormats

/// The `tokenizer.*` keys: the vocabulary as llama.cpp reads it, special tokens and chat templates.
struct TokenizerMetadata {
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    /// The key of a special token's id; the format has none for classification.
    private static let idKeys: [SpecialToken: String] = [
        .bos: "bos_token_id", .eos: "eos_token_id", .unk: "unknown_token_id", .sep: "seperator_token_id",
        .pad: "padding_token_id", .mask: "mask_token_id", .eot: "eot_token_id", .eom: "eom_token_id",
    ]

    func append(to metadata: inout GGUFMetadata) throws {
        let (configuration, architecture) = (checkpoint.tokenizerConfiguration, checkpoint.architecture)
        let vocabulary = try Vocabulary.make(checkpoint)
        let stated = architecture.statesSpacePrefix ? configuration?.addsPrefixSpace : nil
        metadata["tokenizer.ggml.add_space_prefix"] = (vocabulary.addsSpacePrefix ?? stated).map(GGUFValue.bool)
        metadata["tokenizer.ggml.model"] = .string(vocabulary.model)
        metadata["tokenizer.ggml.pre"] = .string(vocabulary.preTokenizer)
        metadata["tokenizer.ggml.tokens"] = .array(.string(vocabulary.texts))
        metadata["tokenizer.ggml.scores"] = vocabulary.scores.map { .array(.float32($0)) }
        metadata["tokenizer.ggml.token_type"] = .array(.int32(vocabulary.types.map(\.rawValue)))
        if !vocabulary.merges.isEmpty { metadata["tokenizer.ggml.merges"] = .array(.string(vocabulary.merges)) }
        try appendSpecialTokens(to: &metadata, limit: vocabulary.scores == nil ? nil : vocabulary.texts.count)
        appendTemplates(to: &metadata)
        for rule in architecture.vocabularyRules where rule.size == checkpoint.configuration.vocabularySize {
            metadata["tokenizer.ggml.eot_token_id"] = rule.endOfTurnID.map(GGUFValue.uint32)
            if let adding = rule.addsBOS { metadata["tokenizer.ggml.add_bos_token"] = .bool(adding) }
        }
    }

    private func appendSpecialTokens(to metadata: inout GGUFMetadata, limit: Int?) throws {
        let tokens = try SpecialTokens(checkpoint, limit: limit)
        for (token, id) in tokens.ids {
            guard let key = Self.idKeys[token], let id = UInt32(exactly: id) else { continue }
            metadata["tokenizer.ggml.\(key)"] = .uint32(id)
        }
        for (token, adding) in tokens.adds where [.bos, .eos, .sep].contains(token) {
            metadata["tokenizer.ggml.add_\(token.rawValue)_token"] = .bool(adding)
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
