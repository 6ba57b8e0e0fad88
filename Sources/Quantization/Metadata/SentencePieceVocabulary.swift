import ModelFormats

extension Vocabulary {
    private static let model = "llama"
    private static let preTokenizer = "default"
    /// The converter's own.
    private static let addedScore: Float = -1000
    private static let paddingScore: Float = -10_000

    /// The vocabulary of a `tokenizer.model`, and what other files add to it.
    static func sentencePiece(_ source: SentencePieceModel, of checkpoint: Checkpoint, size: Int) -> Vocabulary {
        var texts = padding(size)
        var scores = [Float](repeating: paddingScore, count: size)
        var types = [TokenType](repeating: .unused, count: size)
        for (id, piece) in source.pieces.prefix(size).enumerated() {
            (texts[id], scores[id], types[id]) = (piece.text, piece.score, type(of: piece.kind))
        }
        for token in checkpoint.addedTokens where token.id < size {
            (texts[token.id], scores[token.id], types[token.id]) = (token.text, addedScore, .userDefined)
        }
        for token in checkpoint.tokenizerConfiguration?.addedTokens ?? [] where token.id < size {
            (texts[token.id], types[token.id]) = added(token.content, isSpecial: token.isSpecial)
            scores[token.id] = addedScore
        }
        return Vocabulary(
            model: model, preTokenizer: preTokenizer, texts: texts, scores: scores, types: types, merges: [])
    }

    /// llama.cpp's converter takes tokens that users defined there for normal ones.
    private static func type(of kind: SentencePieceModel.Kind) -> TokenType {
        switch kind {
        case .normal, .userDefined: .normal
        case .unknown: .unknown
        case .control: .control
        case .unused: .unused
        case .byte: .byte
        }
    }

    /// A SentencePiece vocabulary that was saved as `tokenizer.json` alone: merges and byte fallback.
    ///
    /// The engine merges by score. llama.cpp's converter gives all tokens the same one, with which the engine finds
    /// other tokens than the model was trained on; here the merges' order becomes the score, as it was once made from
    /// it.
    static func byteFallback(
        _ tokenizer: TokenizerDefinition, of checkpoint: Checkpoint, size: Int
    ) throws -> Vocabulary {
        let addsSpacePrefix = try addsSpacePrefix(tokenizer)
        let named = Set((checkpoint.tokenizerConfiguration?.specialTokens ?? [:]).values)
        var texts = padding(size)
        var scores = [Float](repeating: paddingScore, count: size)
        var types = [TokenType](repeating: .unused, count: size)
        let ranks = mergeRanks(tokenizer)
        // No merge makes these, so the engine must make every other token before them.
        let unreachableScore = -Float(ranks.count) - 1
        for token in tokenizer.vocabulary {
            guard types[token.id] == .unused else { throw sharedID(token.id) }
            texts[token.id] = token.text
            scores[token.id] = ranks[Array(token.text.utf8)].map { -Float($0) } ?? unreachableScore
            types[token.id] = isByte(token.text) ? .byte : named.contains(token.text) ? .control : .normal
        }
        for token in tokenizer.addedTokens {
            let isFree = types[token.id] == .unused
            guard isFree || texts[token.id].utf8.elementsEqual(token.content.utf8) else { throw sharedID(token.id) }
            let isControl = token.isSpecial || named.contains(token.content)
            // A token of the vocabulary stays one of it unless it is special.
            guard isFree || isControl else { continue }
            (texts[token.id], types[token.id]) = (token.content, isControl ? .control : .userDefined)
            scores[token.id] = unreachableScore
        }
        return Vocabulary(
            model: model, preTokenizer: preTokenizer, texts: texts, scores: scores, types: types, merges: [],
            addsSpacePrefix: addsSpacePrefix ? nil : false)
    }

    /// Whether a space is put before a text, as the engine does unless told otherwise.
    ///
    /// Throws ``QuantizationError`` for steps that the engine does not have: it only turns spaces into "▁".
    private static func addsSpacePrefix(_ tokenizer: TokenizerDefinition) throws -> Bool {
        let space = "\u{2581}"
        let prepend = NormalizingStep.prepend(space)
        let replace = NormalizingStep.replace(" ", with: space)
        func metaspace(_ prepends: Bool) -> SplittingStep {
            .metaspace(replacement: space, prepends: prepends, splits: false)
        }
        let (normalizers, splitting) = (tokenizer.normalizers, tokenizer.preTokenizer)
        if let other = normalizers.first(where: { $0 != prepend && $0 != replace }) {
            throw unsupported("has the normalizer \(other)")
        }
        if let other = splitting.first(where: { $0 != metaspace(true) && $0 != metaspace(false) }) {
            throw unsupported("has the pre-tokenizer \(other)")
        }
        guard normalizers.contains(replace) || !splitting.isEmpty else {
            throw unsupported("leaves spaces as they are")
        }
        guard normalizers.count(where: { $0 == prepend }) < 2 else {
            throw unsupported("has the normalizer \(prepend) twice")
        }
        return normalizers.contains(prepend) || splitting.contains(metaspace(true))
    }

    private static func unsupported(_ problem: String) -> QuantizationError {
        QuantizationError(
            .unsupported, "tokenizer.json has byte_fallback and \(problem)",
            remedy:
                "Supported are Prepend '\u{2581}', Replace ' ' with '\u{2581}', and Metaspace without split. Put the "
                + "model's tokenizer.model into the directory if there is one: it decides then.")
    }

    /// The place of each token among the results of the merges, the first one first.
    ///
    /// By bytes: strings that only look the same are other tokens.
    private static func mergeRanks(_ tokenizer: TokenizerDefinition) -> [[UInt8]: Int] {
        var ranks: [[UInt8]: Int] = [:]
        ranks.reserveCapacity(tokenizer.vocabulary.count)
        for merge in tokenizer.merges {
            let text = Array(merge.left.utf8) + Array(merge.right.utf8)
            if ranks[text] == nil { ranks[text] = ranks.count }
        }
        return ranks
    }

    private static func isByte(_ text: String) -> Bool { text.wholeMatch(of: /<0x[0-9A-Fa-f]{2}>/) != nil }
}
