import CLlama
import Foundation
import LabCore

extension Context {
    /// Throws unless a prompt can be continued.
    func check(_ prompt: WorkerRequest.GenerateParameters.Prompt) throws {
        try requireTokens(prompt.tokens, of: "prompt \(prompt.index)", room: 1)
    }

    /// Continues prompts that were checked, as many at a time as the context has sequences.
    ///
    /// A sequence whose text is whole takes the next prompt at once; the others wait while it is filled. What is drawn
    /// depends on a prompt's seed alone, not on its sequence.
    ///
    /// - Parameter report: called with `completed` for each prompt as soon as its continuation is whole.
    func generate(
        _ parameters: WorkerRequest.GenerateParameters, advance: Advance, report: (WorkerEvent) -> Void
    ) throws {
        guard parameters.maximumTokens > 0 else { throw WorkerProblem("no tokens are asked for") }
        var formats: [String: ChatFormat] = [:]
        let prompts = try parameters.prompts.map { prompt in
            let format = try prompt.format.map { try formats[$0] ?? ChatFormat($0) }
            if let text = prompt.format { formats[text] = format }
            return (prompt, format)
        }
        let memory = llama_get_memory(handle)
        llama_memory_clear(memory, true)
        let batch = Batch(capacity: Int(llama_n_batch(handle)))
        var sampler = TokenSampler(parameters.sampling, vocabulary: vocabularySize)
        var waiting = prompts.makeIterator()
        var slots = [Continuation?](repeating: nil, count: parallelSequences)

        while true {
            for sequence in slots.indices where slots[sequence] == nil {
                slots[sequence] = waiting.next().map { Continuation(of: $0, format: $1) }
            }
            batch.clear()
            // The engine computes together what lies side by side: sequences in order, with as many tokens each. So
            // prompts go in batches of their own, without the single tokens of texts that go on.
            let isFilling = slots.contains { $0?.isPrefilled == false }
            for sequence in slots.indices where slots[sequence]?.isPrefilled == !isFilling {
                slots[sequence]?.append(to: batch, sequence: sequence)
            }
            if batch.count == 0 { return }
            try batch.decode(in: self)
            advance.count(batch.count)
            for sequence in slots.indices {
                guard var slot = slots[sequence], let row = slot.takeRow() else { continue }
                guard
                    let token = sampler.choose(
                        UnsafeBufferPointer(try logits(row)), seed: slot.prompt.seed, step: slot.tokens.count)
                else { throw WorkerProblem.notFinite }
                if let finish = slot.take(
                    token, model: model, limit: min(parameters.maximumTokens, contextLength - slot.prompt.tokens.count))
                {
                    let output = slot.output(finish, model: model)
                    report(.completed(WorkerEvent.Completion(index: slot.prompt.index, output: output)))
                    llama_memory_seq_rm(memory, llama_seq_id(sequence), -1, -1)
                    slots[sequence] = nil
                } else {
                    slots[sequence] = slot
                }
            }
        }
    }

    /// Throws unless there are tokens, all of the vocabulary, that leave so much room in the context.
    func requireTokens(_ tokens: [llama_token], of name: String, room: Int) throws {
        guard !tokens.isEmpty else { throw WorkerProblem("\(name) has no tokens") }
        guard tokens.count + room <= contextLength else {
            throw WorkerProblem(
                "\(name) has \(tokens.count) tokens; the context holds \(contextLength)",
                remedy: "ask for a longer context")
        }
        guard tokens.allSatisfy({ $0 >= 0 && $0 < vocabularySize }) else {
            throw WorkerProblem(
                "\(name) has tokens that are none of the vocabulary", remedy: "render it with this artifact")
        }
    }

    /// The logits of a place in the last batch.
    func logits(_ row: Int) throws -> UnsafeMutableBufferPointer<Float> {
        guard let start = llama_get_logits_ith(handle, Int32(row)) else {
            throw WorkerProblem("the engine returned no logits")
        }
        return UnsafeMutableBufferPointer(start: start, count: vocabularySize)
    }
}

/// Counts tokens, of all contexts, and tells of them every second.
final class Advance: @unchecked Sendable {
    private let report: (WorkerEvent) -> Void
    // `lock` protects everything below it.
    private let lock = NSLock()
    private var tokens = 0
    private var last = ContinuousClock.now

    /// - Parameter report: called with `advanced`, from any context's thread.
    init(report: @escaping (WorkerEvent) -> Void) { self.report = report }

    func count(_ count: Int) {
        lock.withLock {
            tokens += count
            let now = ContinuousClock.now
            guard now - last >= .seconds(1) else { return }
            last = now
            report(.advanced(tokens))
        }
    }
}
