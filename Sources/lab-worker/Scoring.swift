import CLlama
import Dispatch
import LabCore

/// A text cut into chunks of equal length, as llama-perplexity cuts it.
struct ChunkedText {
    let tokenCount: Int
    let chunks: [[llama_token]]

    /// - Parameter contextLength: tokens per chunk; the rest of the text that fills no chunk is left out.
    init(_ text: String, contextLength: Int, model: Model) throws {
        guard contextLength >= 4 else {
            throw WorkerProblem("a context of \(contextLength) tokens is too short to score")
        }
        let tokens = try model.tokenize(text, parseSpecial: false)
        tokenCount = tokens.count
        let beginsWithBOS = llama_vocab_get_add_bos(model.vocabulary)
        chunks = (0..<tokens.count / contextLength).map { index in
            var chunk = Array(tokens[index * contextLength..<(index + 1) * contextLength])
            // Every chunk is a text of its own to the model.
            if beginsWithBOS { chunk[0] = llama_vocab_bos(model.vocabulary) }
            return chunk
        }
    }

    var description: WorkerEvent.Chunks {
        WorkerEvent.Chunks(tokenCount: tokenCount, digests: chunks.map { Digest(ofTokens: $0) })
    }
}

extension Context {
    /// Scores one chunk: the tokens after its first half, each given all tokens before it.
    func score(_ chunk: [llama_token], batch: Batch) throws -> ChunkScore {
        let first = chunk.count / 2
        llama_memory_clear(llama_get_memory(handle), true)
        batch.clear()
        for (position, token) in chunk.enumerated() {
            // The last position predicts a token outside the chunk, but llama-perplexity computes it too.
            batch.append(token, position: position, sequence: 0, wantsLogits: position >= first)
        }
        try batch.decode(in: self)
        guard let logits = llama_get_logits_ith(handle, Int32(first)) else {
            throw WorkerProblem("the engine returned no logits")
        }
        let vocabulary = Int(llama_vocab_n_tokens(model.vocabulary))
        let scored = chunk.count - 1 - first
        let sum = try sumInParallel(count: scored) { index in
            let row = UnsafeBufferPointer(start: logits + index * vocabulary, count: vocabulary)
            return negativeLogLikelihood(logits: row, token: Int(chunk[first + index + 1]))
        }
        return ChunkScore(nllSumNats: sum, tokenCount: scored)
    }

    /// Adds `term(0) + ... + term(count - 1)` in index order, computed on all threads.
    private func sumInParallel(count: Int, _ term: @escaping (Int) -> Double) throws -> Double {
        let lanes = max(1, Int(llama_n_threads_batch(handle)))
        var terms = [Double](repeating: 0, count: count)
        terms.withUnsafeMutableBufferPointer { buffer in
            // Each iteration writes its own slice of the buffer, which outlives the call.
            nonisolated(unsafe) let slots = buffer
            nonisolated(unsafe) let term = term
            DispatchQueue.concurrentPerform(iterations: lanes) { lane in
                for index in stride(from: lane, to: count, by: lanes) { slots[index] = term(index) }
            }
        }
        let sum = terms.reduce(0, +)
        guard sum.isFinite else {
            throw WorkerProblem(
                "the model's predictions are not finite", remedy: "the artifact is damaged; convert it again")
        }
        return sum
    }
}
