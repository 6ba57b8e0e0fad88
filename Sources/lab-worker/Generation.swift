import CLlama
import LabCore

extension Context {
    /// One sequence of the context and the prompt it is busy with.
    private struct Slot {
        var prompt: Int
        var position: Int
        var next: llama_token
        var tokens: [llama_token] = []
        var row = 0
    }

    /// Continues prompts greedily, as many at a time as the context has sequences.
    ///
    /// - Parameter report: called for each prompt as soon as its continuation is whole.
    func generate(_ parameters: WorkerRequest.GenerateParameters, report: (WorkerEvent.Completion) -> Void) throws {
        let prompts = try parameters.prompts.map { try model.tokenize($0, parseSpecial: true) }
        for (index, prompt) in prompts.enumerated() {
            guard !prompt.isEmpty, prompt.count < contextLength else {
                throw WorkerProblem("prompt \(index) has \(prompt.count) tokens; the context holds \(contextLength)")
            }
        }
        let memory = llama_get_memory(handle)
        llama_memory_clear(memory, true)
        let batch = Batch(capacity: max(Int(llama_n_batch(handle)), parallelSequences))
        var waiting = prompts.indices.makeIterator()
        var slots = [Slot?](repeating: nil, count: parallelSequences)

        while true {
            for sequence in slots.indices {
                // A continuation may end at once, so the sequence is offered prompts until one goes on.
                while true {
                    if let slot = slots[sequence] {
                        guard let finish = finish(slot, limit: parameters.maximumTokens) else { break }
                        report(completion(slot, finish: finish))
                        llama_memory_seq_rm(memory, llama_seq_id(sequence), -1, -1)
                        slots[sequence] = nil
                    }
                    guard let prompt = waiting.next() else { break }
                    let token = try prefill(prompts[prompt], sequence: sequence, batch: batch)
                    slots[sequence] = Slot(prompt: prompt, position: prompts[prompt].count, next: token)
                }
            }
            batch.clear()
            for sequence in slots.indices {
                guard var slot = slots[sequence] else { continue }
                slot.tokens.append(slot.next)
                slot.row = batch.append(slot.next, position: slot.position, sequence: sequence, wantsLogits: true)
                slot.position += 1
                slots[sequence] = slot
            }
            if batch.count == 0 { return }
            try batch.decode(in: self)
            for sequence in slots.indices {
                guard let row = slots[sequence]?.row else { continue }
                slots[sequence]?.next = try likeliest(row)
            }
        }
    }

    private func prefill(_ prompt: [llama_token], sequence: Int, batch: Batch) throws -> llama_token {
        var row = 0
        for start in stride(from: 0, to: prompt.count, by: Int(llama_n_batch(handle))) {
            batch.clear()
            let end = min(start + Int(llama_n_batch(handle)), prompt.count)
            for position in start..<end {
                row = batch.append(
                    prompt[position], position: position, sequence: sequence, wantsLogits: position == prompt.count - 1)
            }
            try batch.decode(in: self)
        }
        return try likeliest(row)
    }

    private func finish(_ slot: Slot, limit: Int) -> String? {
        if llama_vocab_is_eog(model.vocabulary, slot.next) { return "stop" }
        return slot.tokens.count >= limit || slot.position >= contextLength ? "length" : nil
    }

    private func completion(_ slot: Slot, finish: String) -> WorkerEvent.Completion {
        WorkerEvent.Completion(
            index: slot.prompt, text: model.text(of: slot.tokens), tokens: slot.tokens, finish: finish)
    }

    private func likeliest(_ row: Int) throws -> llama_token {
        guard let logits = llama_get_logits_ith(handle, Int32(row)) else {
            throw WorkerProblem("the engine returned no logits")
        }
        var best = 0
        for token in 1..<Int(llama_vocab_n_tokens(model.vocabulary)) where logits[token] > logits[best] {
            best = token
        }
        return llama_token(best)
    }
}
