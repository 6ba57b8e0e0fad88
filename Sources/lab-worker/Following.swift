import CLlama
import LabCore

extension Context {
    /// Throws unless a text can be followed.
    func check(_ text: WorkerRequest.FollowParameters.Text) throws {
        guard !text.prompt.isEmpty else { throw WorkerProblem("text \(text.index) has no prompt to begin with") }
        // The last token is predicted, but predicts nothing.
        try requireTokens(text.prompt + text.continuation, of: "text \(text.index)", room: -1)
    }

    /// Sends texts that were checked through the model, several in one batch, each token given those before it.
    ///
    /// - Parameter report: called with `followed` for each text as soon as it is through.
    func follow(
        _ texts: [WorkerRequest.FollowParameters.Text], advance: Advance, report: (WorkerEvent) -> Void
    ) throws {
        let memory = llama_get_memory(handle)
        llama_memory_clear(memory, true)
        let batch = Batch(capacity: Int(llama_n_batch(handle)))
        // The engine keeps a row of the vocabulary for each prediction.
        let mostRows = max(1, Self.logitBytes / (4 * vocabularySize))
        var waiting = texts.makeIterator()
        var slots = [FollowedSequence?](repeating: nil, count: parallelSequences)

        while true {
            batch.clear()
            var targets: [(sequence: Int, token: llama_token)] = []
            for sequence in slots.indices {
                if slots[sequence] == nil { slots[sequence] = waiting.next().map(FollowedSequence.init) }
                // Cut in two, a text's rest would be computed among the others' first parts again. One that is longer
                // than a batch begins where a batch does.
                if let slot = slots[sequence], !slot.hasBegun, batch.count > 0, slot.length > batch.room { continue }
                while let next = slots[sequence]?.next, batch.hasRoom, next.target == nil || targets.count < mostRows {
                    batch.append(
                        next.token, position: next.position, sequence: sequence, wantsLogits: next.target != nil)
                    if let target = next.target { targets.append((sequence, target)) }
                    slots[sequence]?.step()
                }
            }
            if batch.count > 0 {
                try batch.decode(in: self)
                advance.count(batch.count)
            }
            for (target, (nats, choice)) in zip(targets, try predictions(of: targets.map(\.token))) {
                slots[target.sequence]?.output.nats.append(Float(nats))
                slots[target.sequence]?.output.choices.append(choice)
            }
            if slots.allSatisfy({ $0 == nil }) { return }
            for sequence in slots.indices {
                guard let slot = slots[sequence], slot.next == nil else { continue }
                report(.followed(WorkerEvent.Followed(index: slot.text.index, output: slot.output)))
                llama_memory_seq_rm(memory, llama_seq_id(sequence), -1, -1)
                slots[sequence] = nil
            }
        }
    }

    /// Most bytes of logits that one batch may take.
    private static let logitBytes = 1 << 28

    /// -ln p of tokens, and the likeliest in their places, from the rows of the last batch in its order.
    private func predictions(of targets: [llama_token]) throws -> [(nats: Double, choice: llama_token)] {
        guard !targets.isEmpty else { return [] }
        guard let start = llama_get_logits(handle) else { throw WorkerProblem("the engine returned no logits") }
        let logits = ScoredLogits(
            tokens: targets[...], start: start, vocabulary: vocabularySize, threads: threads)
        return try logits.map(scratch: {}) { _, index in
            let row = logits.row(index)
            let softmax = LogSoftmax(row)
            guard softmax.isFinite else { throw WorkerProblem.notFinite }
            return (softmax.nats(row[logits.token(index)]), llama_token(softmax.likeliest(in: row)))
        }
    }
}

/// A text in its sequence of the context, and what the model made of it so far.
private struct FollowedSequence {
    let text: WorkerRequest.FollowParameters.Text
    var output = FollowedText(nats: [], choices: [])
    private var position = 0

    init(_ text: WorkerRequest.FollowParameters.Text) { self.text = text }

    /// The token to send next and the one that it predicts, nil within the prompt; nil when the text is through.
    var next: (token: llama_token, position: Int, target: llama_token?)? {
        guard position < text.prompt.count + text.continuation.count - 1, !text.continuation.isEmpty else { return nil }
        let written = position - text.prompt.count
        return (
            written < 0 ? text.prompt[position] : text.continuation[written], position,
            written < -1 ? nil : text.continuation[written + 1]
        )
    }

    mutating func step() { position += 1 }

    var hasBegun: Bool { position > 0 }

    /// Tokens to send.
    var length: Int { text.prompt.count + text.continuation.count - 1 }
}
