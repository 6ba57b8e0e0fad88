import ModelFormats

/// Which tokens have a role, and which the engine adds to a text.
///
/// The post-processor of `tokenizer.json` speaks first, then `tokenizer_config.json`, then `config.json`; each decides
/// what is still open. The rules are those of `gguf.vocab.SpecialVocab` of llama.cpp's converter.
struct SpecialTokens {
    /// Ids in the order of their keys.
    private(set) var ids: [(token: SpecialToken, id: Int)] = []
    /// Whether tokens are added, in the order of their keys.
    private(set) var adds: [(token: SpecialToken, isAdded: Bool)] = []

    private var texts: [SpecialToken: String]
    /// Texts as they are compared with those of a template; a token that is stated as an object equals none.
    private var comparable: [SpecialToken: String]
    private var tokens = SpecialToken.stated
    private let hasConfiguration: Bool

    /// Ids from `limit` on are passed over, as if they were not stated; nil for no limit.
    init(_ checkpoint: Checkpoint, limit: Int?) throws {
        let configuration = checkpoint.tokenizerConfiguration
        hasConfiguration = configuration != nil
        texts = configuration?.specialTokens ?? [:]
        comparable = texts.filter { configuration?.plainTokens.contains($0.key) == true }
        if let tokenizer = checkpoint.tokenizer {
            fall(back: .bos, to: .cls)
            fall(back: .eos, to: .sep)
            for processor in tokenizer.postProcessors { try apply(processor) }
        }
        for token in tokens {
            if let adding = configuration?.addsToken[token], !adds.contains(where: { $0.token == token }) {
                adds.append((token, adding))
            }
        }
        if hasConfiguration {
            for token in tokens {
                let text = texts[token].map { Array($0.utf8) }
                let added = checkpoint.tokenizer?.addedTokens.first { Array($0.content.utf8) == text }
                record(token, added?.id, limit: limit)
            }
        }
        for token in tokens { record(token, checkpoint.configuration.specialTokenIDs[token], limit: limit) }
    }

    /// The first id within the vocabulary counts.
    private mutating func record(_ token: SpecialToken, _ id: Int?, limit: Int?) {
        guard let id, limit.map({ id < $0 }) ?? true, !ids.contains(where: { $0.token == token }) else { return }
        ids.append((token, id))
    }

    private mutating func fall(back token: SpecialToken, to other: SpecialToken) {
        guard texts[token] == nil else { return }
        texts[token] = texts[other]
        comparable[token] = comparable[other]
    }

    private mutating func set(_ token: SpecialToken, isAdded: Bool, replacing: Bool = true) {
        if let index = adds.firstIndex(where: { $0.token == token }) {
            if replacing { adds[index].isAdded = isAdded }
        } else {
            adds.append((token, isAdded))
        }
    }

    private mutating func apply(_ processor: PostProcessor) throws {
        switch processor {
        case .byteLevel:
            set(.bos, isAdded: false, replacing: false)
            set(.eos, isAdded: false, replacing: false)
        case .template(let single, let pair):
            let first = single.count > 1 ? startOfText(single) : nil
            let last = single.count > 1 ? endOfText(single) : nil
            separate(pair, first: first, last: last)
        case .other(let type):
            throw QuantizationError(
                .unsupported, "tokenizer.json has the post-processor '\(type)'",
                remedy: "Supported: none, ByteLevel, TemplateProcessing.")
        }
    }

    private mutating func startOfText(_ single: [PostProcessor.TemplatePiece]) -> String? {
        guard case .special(let first)? = single.first else { return nil }
        if !hasConfiguration {
            comparable[.bos] = first
        } else if comparable[.bos] != first, comparable[.cls] != first {
            for token in [SpecialToken.bos, .cls] where texts[token] == nil {
                texts[token] = first
                comparable[token] = first
            }
        }
        set(.bos, isAdded: comparable[.bos] == first || comparable[.cls] == first)
        return first
    }

    /// A template that ends with another token than the stated end of a text makes that one the end of a turn.
    private mutating func endOfText(_ single: [PostProcessor.TemplatePiece]) -> String? {
        guard case .special(let last)? = single.last else { return nil }
        if !hasConfiguration {
            comparable[.eos] = last
        } else if comparable[.eos] != last {
            if let free = [SpecialToken.eot, .eom].first(where: { !tokens.contains($0) }) {
                tokens.append(free)
                texts[free] = texts[.eos]
            }
            texts[.eos] = last
            comparable[.eos] = last
        }
        set(.eos, isAdded: true)
        return last
    }

    /// What stands between two texts.
    private mutating func separate(_ pair: [PostProcessor.TemplatePiece], first: String?, last: String?) {
        var pieces = pair[...]
        if let first, pieces.first == .special(first) { pieces = pieces.dropFirst() }
        if let last, pieces.last == .special(last) { pieces = pieces.dropLast() }
        guard pieces.first == .sequence("A"), pieces.last == .sequence("B"), pieces.count > 2 else { return }
        func separates(_ piece: PostProcessor.TemplatePiece) -> Bool {
            guard case .special(let text) = piece else { return false }
            return text == comparable[.sep] || text == comparable[.eos]
        }
        let between = Array(pieces.dropFirst().dropLast())
        let isAdded = (separates(between[0]) && last == nil) || (between.count == 2 && separates(between[1]))
        set(.sep, isAdded: isAdded)
        if isAdded, texts[.sep] == nil, hasConfiguration { texts[.sep] = texts[.eos] }
    }
}
