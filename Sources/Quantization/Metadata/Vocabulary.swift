import ModelFormats

/// A vocabulary as GGUF files hold it.
struct Vocabulary {
    /// `tokenizer.ggml.model`.
    let model: String
    /// `tokenizer.ggml.pre`.
    let preTokenizer: String
    /// The texts by id.
    let texts: [String]
    /// The scores by id; nil for vocabularies with merges.
    let scores: [Float]?
    /// The kinds by id.
    let types: [TokenType]
    /// The merges, one in a line; empty for vocabularies with scores.
    let merges: [String]
    /// `tokenizer.ggml.add_space_prefix`; nil where the vocabulary does not decide it.
    var addsSpacePrefix: Bool?

    /// The format's numbers for kinds of tokens.
    enum TokenType: Int32 {
        case normal = 1
        case unknown = 2
        case control = 3
        case userDefined = 4
        case unused = 5
        case byte = 6
    }

    /// The vocabulary of a checkpoint: SentencePiece's where there is one, or one like it, otherwise byte-level BPE.
    static func make(_ checkpoint: Checkpoint) throws -> Vocabulary {
        if let asked = checkpoint.preTokenizer,
            checkpoint.sentencePiece != nil || checkpoint.tokenizer?.hasByteFallback == true
        {
            throw QuantizationError(
                .unknownPreTokenizer, "a SentencePiece vocabulary has no pre-tokenizer '\(asked)'",
                remedy: "Leave out --pre-tokenizer.")
        }
        let size = checkpoint.configuration.vocabularySize
        if let model = checkpoint.sentencePiece { return sentencePiece(model, of: checkpoint, size: size) }
        guard let tokenizer = checkpoint.tokenizer else { preconditionFailure("a checkpoint has a tokenizer") }
        try checkAddedIDs(tokenizer)
        return tokenizer.hasByteFallback
            ? try byteFallback(tokenizer, of: checkpoint, size: size)
            : try byteLevel(tokenizer, of: checkpoint, size: size)
    }

    /// Texts that fill ids without a token.
    static func padding(_ size: Int) -> [String] { (0..<size).map { "[PAD\($0)]" } }

    /// Some models forget to mark their control tokens.
    static func looksSpecial(_ text: String) -> Bool {
        let frames = [("<|", "|>"), ("<\u{FF5C}", "\u{FF5C}>"), ("<unused", ">")]
        return ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
            || frames.contains { text.hasPrefix($0.0) && text.hasSuffix($0.1) }
    }

    /// The text and kind of a token that was added to a vocabulary; tokens of users have their spaces as they are.
    static func added(_ text: String, isSpecial: Bool) -> (text: String, type: TokenType) {
        isSpecial || looksSpecial(text)
            ? (text, .control) : (text.replacing("\u{2581}", with: " "), .userDefined)
    }

    static func sharedID(_ id: Int) -> QuantizationError {
        QuantizationError(
            .badValue, "tokenizer.json gives the id \(id) to two tokens", remedy: "Download tokenizer.json again.")
    }

    /// Hugging Face's library ignores the stated ids and numbers new tokens after the vocabulary; a file where the two
    /// differ would make this artifact disagree with the model that was trained.
    private static func checkAddedIDs(_ tokenizer: TokenizerDefinition) throws {
        var known = Dictionary(tokenizer.vocabulary.map { (Array($0.text.utf8), $0.id) }) { first, _ in first }
        var next = tokenizer.vocabulary.count
        for token in tokenizer.addedTokens {
            let given = known[Array(token.content.utf8)] ?? next
            guard token.id == given else {
                throw QuantizationError(
                    .unsupported,
                    "tokenizer.json states the id \(token.id) for '\(token.content)', which is loaded as \(given)",
                    remedy: "Save the tokenizer again with the library that trained the model.")
            }
            // A token that is listed again keeps its id.
            known[Array(token.content.utf8)] = given
            next = max(next, given + 1)
        }
    }
}
