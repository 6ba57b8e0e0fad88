import CLlama
import LabCore

/// One prompt in its sequence of the context, and what has been written after it.
struct Continuation {
    let prompt: WorkerRequest.GenerateParameters.Prompt
    private let format: ChatFormat?
    /// What has been written, without the token that ends it.
    private(set) var tokens: [llama_token] = []
    /// Tokens that the context has seen, of the prompt and then of the text.
    private var position = 0
    /// The place in the last batch from whose logits the next token is chosen; nil where the prompt goes on, and where
    /// the sequence had no part in it.
    private var row: Int?
    /// The text's last bytes, where a text that ends it may stand.
    private var tail: [UInt8] = []

    init(of prompt: WorkerRequest.GenerateParameters.Prompt, format: ChatFormat?) {
        self.prompt = prompt
        self.format = format
    }

    /// Whether the whole prompt is in the context.
    var isPrefilled: Bool { position >= prompt.tokens.count }

    /// Puts the next tokens into the batch: the last one written, or of the prompt as many as there is room for.
    mutating func append(to batch: Batch, sequence: Int) {
        row = nil
        while batch.hasRoom {
            let written = position - prompt.tokens.count
            guard written < tokens.count else { return }
            let token = written < 0 ? prompt.tokens[position] : tokens[written]
            // The last token there is tells what comes next.
            let isLast = written == tokens.count - 1
            let place = batch.append(token, position: position, sequence: sequence, wantsLogits: isLast)
            position += 1
            if isLast { row = place }
        }
    }

    /// The place in the last batch from whose logits the next token is chosen, once; nil where there is none.
    mutating func takeRow() -> Int? {
        defer { row = nil }
        return row
    }

    /// Takes the token that was chosen; says why the text is whole, nil when it goes on.
    mutating func take(_ token: llama_token, model: Model, limit: Int) -> GeneratedText.Finish? {
        if llama_vocab_is_eog(model.vocabulary, token) { return .stop }
        tokens.append(token)
        if let format, !format.stops.isEmpty, endsText(with: model.piece(token), format.stops, model: model) {
            return .stop
        }
        return tokens.count >= limit ? .length : nil
    }

    /// Whether a text that ends the answer has been written; takes it away again.
    private mutating func endsText(with piece: [UInt8], _ stops: [[UInt8]], model: Model) -> Bool {
        tail += piece
        for stop in stops {
            guard let start = tail.firstRange(of: stop)?.lowerBound else { continue }
            var excess = tail.count - start
            while excess > 0, let last = tokens.popLast() { excess -= model.piece(last).count }
            return true
        }
        let longest = stops.reduce(0) { max($0, $1.count) }
        if tail.count >= longest { tail.removeFirst(tail.count - longest + 1) }
        return false
    }

    /// The whole text, taken apart.
    func output(_ finish: GeneratedText.Finish, model: Model) -> GeneratedText {
        let pieces = tokens.map(model.piece)
        let bytes = Array(pieces.joined())
        let text = String(decoding: bytes, as: UTF8.self)
        let whole = finish == .length ? bytes.dropLast(bytes.countOfCutCharacter) : bytes[...]
        var output = GeneratedText(
            text: text, tokens: tokens, finish: finish,
            isUTF8: String(decoding: whole, as: UTF8.self).utf8.elementsEqual(whole), answer: text)
        if let format { takeApart(&output, bytes: bytes, pieces: pieces, format: format, model: model) }
        return output
    }

    private func takeApart(
        _ output: inout GeneratedText, bytes: [UInt8], pieces: [[UInt8]], format: ChatFormat, model: Model
    ) {
        var starts: [Int] = []
        var length = 0
        for piece in pieces {
            starts.append(length)
            length += piece.count
        }
        func firstControl(from start: Int) -> Int? {
            tokens.indices.first { starts[$0] >= start && llama_vocab_is_control(model.vocabulary, tokens[$0]) }
        }
        // A text that does not have the template's form may have it up to a stop token that was not obeyed.
        let parts = format.parse(bytes) ?? firstControl(from: 0).flatMap { format.parse(bytes[..<starts[$0]]) }
        guard let parts else {
            output.answer = String(
                decoding: bytes[..<(firstControl(from: 0).map { starts[$0] } ?? length)], as: UTF8.self)
            return
        }
        output.answer = parts.content
        if let control = firstControl(from: parts.contentStart), let cut = format.parse(bytes[..<starts[control]]) {
            output.answer = cut.content
        }
        guard let thought = parts.thought else { return }
        output.thought = thought
        output.isThoughtClosed = !parts.isThoughtOpen
        output.thoughtTokens = starts.prefix { $0 < parts.contentStart }.count
    }
}
