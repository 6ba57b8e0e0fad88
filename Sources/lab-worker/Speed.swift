import CLlama
import LabCore

extension Context {
    /// Tokens of one call to the engine, as llama-bench has by default.
    static let benchmarkBatch = 2048

    /// Times prompts and steps of decoding at a depth, on all sequences of the context.
    ///
    /// As llama-bench does: random tokens; logits of the last token of a prompt, and of every token that is written; the
    /// clock stops when the device has finished. The context is filled to its depth once, and what a repetition adds is
    /// taken away again. All prompts come before all texts: between computations of one shape the engine keeps its graph,
    /// which it would make again at every change from one to the other. With several sequences the first one's keys and
    /// values are copied to the others, and each step is one call to the engine.
    ///
    /// - Parameter report: called with `timed` for each repetition that counts, when its text is written.
    func benchmark(
        _ parameters: WorkerRequest.BenchmarkParameters, advance: Advance, report: (WorkerEvent) -> Void
    ) throws -> WorkerEvent.BenchmarkSummary {
        let needed = parameters.depth + max(parameters.prefillTokens, parameters.decodeTokens)
        guard parameters.depth >= 0, parameters.prefillTokens > 0, parameters.decodeTokens > 0,
            parameters.repetitions > 0, parameters.warmUps >= 0
        else { throw WorkerProblem("a benchmark needs a prompt, tokens to write and repetitions") }
        guard needed <= contextLength else {
            throw WorkerProblem(
                "the benchmark needs \(needed) tokens of context; there are \(contextLength)",
                remedy: "ask for a longer context")
        }
        HostMemory.forgetPeak()
        var run = BenchmarkRun(self, seed: parameters.seed, advance: advance)
        let depthSeconds = try run.fill(to: parameters.depth)
        let indices = -parameters.warmUps..<parameters.repetitions
        let prompts = try indices.map { _ in
            let prompt = try run.prefill(parameters.prefillTokens)
            try run.restore()
            return prompt
        }
        for (index, prompt) in zip(indices, prompts) {
            let steps = try run.decode(parameters.decodeTokens)
            try run.restore()
            guard index >= 0 else { continue }
            report(
                .timed(
                    WorkerEvent.TimedRepetition(
                        index: index, prefillSeconds: prompt.whole, firstTokenSeconds: prompt.firstToken,
                        stepSeconds: steps)))
        }
        let memory = HostMemory()
        return WorkerEvent.BenchmarkSummary(
            depthSeconds: depthSeconds, hostPeakBytes: memory.peakBytes, hostMappedBytes: memory.mappedBytes)
    }
}

/// One benchmark on a context.
private struct BenchmarkRun {
    private let context: Context
    private let memory: llama_memory_t?
    private let batch: Batch
    private let capacity: Int
    private var generator: SplitMix64
    private let advance: Advance
    private var depth = 0

    init(_ context: Context, seed: UInt64, advance: Advance) {
        self.context = context
        self.advance = advance
        memory = llama_get_memory(context.handle)
        capacity = min(Context.benchmarkBatch, Int(llama_n_batch(context.handle)))
        // A step needs room for a token of each sequence.
        batch = Batch(capacity: max(capacity, context.parallelSequences))
        generator = SplitMix64(state: seed)
    }

    /// Fills every sequence to a depth; returns the seconds it took.
    mutating func fill(to depth: Int) throws -> Double {
        self.depth = depth
        llama_memory_clear(memory, false)
        let start = ContinuousClock.now
        var position = 0
        while position < depth {
            batch.clear()
            let end = min(depth, position + capacity)
            for place in position..<end {
                batch.append(token(at: place), position: place, sequence: 0, wantsLogits: place == end - 1)
            }
            try batch.decode(in: context)
            // Told when it has been computed, or a slow device would be silent for all of it.
            llama_synchronize(context.handle)
            advance.count(batch.count)
            position = end
        }
        if depth > 0 {
            for sequence in 1..<max(1, context.parallelSequences) {
                llama_memory_seq_cp(memory, 0, llama_seq_id(sequence), -1, -1)
            }
        }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// Takes away what came after the depth; a memory that cannot forget a part is filled again.
    mutating func restore() throws {
        for sequence in 0..<context.parallelSequences {
            guard llama_memory_seq_rm(memory, llama_seq_id(sequence), llama_pos(depth), -1) else {
                _ = try fill(to: depth)
                return
            }
        }
    }

    /// Times a prompt for each sequence; returns the seconds of computing them, and those until each has a first token.
    mutating func prefill(
        _ tokens: Int
    ) throws -> (whole: Double, firstToken: Double) {
        let sequences = context.parallelSequences
        let prompts = (0..<sequences).map { _ in (0..<tokens).map { token(at: depth + $0) } }
        var choosing = Duration.zero
        let start = ContinuousClock.now
        var place = 0
        while place < sequences * tokens {
            batch.clear()
            var outputs: [Int] = []
            for index in place..<min(sequences * tokens, place + capacity) {
                let (sequence, offset) = (index / tokens, index % tokens)
                let isLast = offset == tokens - 1
                let row = batch.append(
                    prompts[sequence][offset], position: depth + offset, sequence: sequence, wantsLogits: isLast)
                if isLast { outputs.append(row) }
            }
            try batch.decode(in: context)
            place += batch.count
            // The next batch may follow at once unless someone waits for this one's token.
            guard !outputs.isEmpty else { continue }
            llama_synchronize(context.handle)
            let computed = ContinuousClock.now
            for row in outputs { _ = try likeliest(row) }
            choosing += ContinuousClock.now - computed
        }
        let end = ContinuousClock.now - start
        advance.count(sequences * tokens)
        return ((end - choosing) / .seconds(1), end / .seconds(1))
    }

    /// Times steps of decoding; returns the seconds of each.
    mutating func decode(_ steps: Int) throws -> [Double] {
        var seconds: [Double] = []
        seconds.reserveCapacity(steps)
        for step in 0..<steps {
            let start = ContinuousClock.now
            batch.clear()
            for sequence in 0..<context.parallelSequences {
                batch.append(token(at: depth + step), position: depth + step, sequence: sequence, wantsLogits: true)
            }
            try batch.decode(in: context)
            llama_synchronize(context.handle)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            advance.count(batch.count)
        }
        return seconds
    }

    /// A random token; at the beginning of a context the one that begins texts, where the vocabulary has one.
    private mutating func token(at position: Int) -> llama_token {
        let vocabulary = context.model.vocabulary
        if position == 0, llama_vocab_get_add_bos(vocabulary) { return llama_vocab_bos(vocabulary) }
        return llama_token(generator.next() % UInt64(context.vocabularySize))
    }

    private func likeliest(_ row: Int) throws -> Int {
        guard let logits = llama_get_logits_ith(context.handle, Int32(row)) else {
            throw WorkerProblem("the engine returned no logits")
        }
        var best = 0
        for index in 1..<context.vocabularySize where logits[index] > logits[best] { best = index }
        return best
    }
}

/// Steele, Lea and Flood's generator: a step and a hash of the state.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
