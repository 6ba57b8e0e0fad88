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

/// The logits of a chunk's scored positions, valid until the context computes again.
struct ScoredLogits {
    /// The tokens that were to be predicted, one for each row.
    let tokens: ArraySlice<llama_token>
    private let start: UnsafePointer<Float>
    private let vocabulary: Int
    private let threads: Int

    init(tokens: ArraySlice<llama_token>, start: UnsafePointer<Float>, vocabulary: Int, threads: Int) {
        self.tokens = tokens
        self.start = start
        self.vocabulary = vocabulary
        self.threads = threads
    }

    /// The logits of one position.
    func row(_ index: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: start + index * vocabulary, count: vocabulary)
    }

    /// The token to predict there.
    func token(_ index: Int) -> Int { Int(tokens[tokens.startIndex + index]) }

    /// Calls `body` for each position, on all threads; each thread makes its own scratch space for it.
    func map<Scratch, Result>(
        scratch: () -> Scratch, _ body: (inout Scratch, Int) throws -> Result
    ) throws -> [Result] {
        let (count, threads) = (tokens.count, threads)
        var results = [Swift.Result<Result, any Error>?](repeating: nil, count: count)
        results.withUnsafeMutableBufferPointer { buffer in
            withoutActuallyEscaping(body) { body in
                withoutActuallyEscaping(scratch) { scratch in
                    // Each iteration writes its own slots of the buffer; all outlive the call.
                    nonisolated(unsafe) let (slots, body, scratch) = (buffer, body, scratch)
                    DispatchQueue.concurrentPerform(iterations: threads) { lane in
                        var space = scratch()
                        for index in stride(from: lane, to: count, by: threads) {
                            slots[index] = Swift.Result { try body(&space, index) }
                        }
                    }
                }
            }
        }
        return try results.compactMap { try $0?.get() }
    }
}

extension WorkerProblem {
    /// Logits that are no numbers.
    static var notFinite: WorkerProblem {
        WorkerProblem("the model's predictions are not finite", remedy: "the artifact is damaged; convert it again")
    }
}

extension Context {
    /// Scores one chunk: the tokens after its first half, each given all tokens before it.
    func score(_ chunk: [llama_token], batch: Batch) throws -> ChunkScore {
        let logits = try compute(chunk, batch: batch)
        return try ChunkScore(
            nats: logits.map(scratch: {}) { _, index in
                let row = logits.row(index)
                return LogSoftmax(row).nats(row[logits.token(index)])
            })
    }

    /// Sends one chunk through the model.
    func compute(_ chunk: [llama_token], batch: Batch) throws -> ScoredLogits {
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
        return ScoredLogits(
            tokens: chunk[(first + 1)...], start: logits, vocabulary: vocabularySize,
            threads: threads)
    }

    /// Threads of computation.
    var threads: Int { max(1, Int(llama_n_threads_batch(handle))) }

    /// Tokens of the vocabulary.
    var vocabularySize: Int { Int(llama_vocab_n_tokens(model.vocabulary)) }
}

extension ChunkScore {
    /// The score of a chunk from its tokens' -ln p; throws when one is no number.
    init(nats: [Double]) throws {
        self.init(nllSumNats: nats.reduce(0, +), tokenCount: nats.count)
        guard nllSumNats.isFinite else { throw WorkerProblem.notFinite }
    }
}
