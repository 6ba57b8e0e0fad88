import ModelFormats

extension Vocabulary {
    private static let supportedNormalizers = [NormalizingStep.other("NFC")]

    /// Byte-level BPE, as in GPT-2: merges, and a name for the way to cut text before them.
    static func byteLevel(
        _ tokenizer: TokenizerDefinition, of checkpoint: Checkpoint, size: Int
    ) throws -> Vocabulary {
        if let other = tokenizer.normalizers.first(where: { !supportedNormalizers.contains($0) }) {
            throw QuantizationError(
                .unsupported, "tokenizer.json has the normalizer \(other)",
                remedy: "Supported: none, \(supportedNormalizers.map(\.description).joined(separator: ", ")).")
        }
        let preTokenizer = try PreTokenizers.name(for: tokenizer, asked: checkpoint.preTokenizer)
        var texts = padding(size)
        var types = [TokenType](repeating: .unused, count: size)
        for token in tokenizer.vocabulary {
            guard types[token.id] == .unused else { throw sharedID(token.id) }
            texts[token.id] = token.text
            types[token.id] = .normal
        }
        for token in tokenizer.addedTokens {
            let isFree = types[token.id] == .unused
            guard isFree || texts[token.id].utf8.elementsEqual(token.content.utf8) else { throw sharedID(token.id) }
            (texts[token.id], types[token.id]) = added(token.content, isSpecial: token.isSpecial)
        }
        return Vocabulary(
            model: "gpt2", preTokenizer: preTokenizer, texts: texts, scores: nil, types: types,
            merges: tokenizer.merges.map(line))
    }

    /// A merge in one line; a space within a token is byte-level encoded, the one between the tokens is not.
    private static func line(_ merge: TokenizerDefinition.Merge) -> String {
        func encoded(_ part: String) -> String {
            part.utf8.contains(0x20) ? part.replacing(" ", with: "\u{0120}") : part
        }
        return "\(encoded(merge.left)) \(encoded(merge.right))"
    }
}
