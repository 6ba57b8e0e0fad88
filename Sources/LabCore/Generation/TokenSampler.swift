import Foundation

/// Chooses the next token from a position's logits.
///
/// The order is that of Hugging Face transformers and vLLM, for which models name their settings: the temperature
/// divides the logits, then come ``Sampling/topK``, and ``Sampling/topP`` of what that kept.
package struct TokenSampler {
    private let sampling: Sampling
    private let vocabulary: Int
    private var selection: TopSelection?

    /// A sampler for rows of so many logits.
    package init(_ sampling: Sampling, vocabulary: Int) {
        self.sampling = sampling
        self.vocabulary = vocabulary
        if sampling.temperature > 0, let count = Self.firstCount(sampling, vocabulary: vocabulary) {
            selection = TopSelection(count: count, vocabulary: vocabulary)
        }
    }

    /// The token at a step of a text, by a random number that the seed and the step alone decide; nil when the logits
    /// are no numbers.
    package mutating func choose(_ logits: UnsafeBufferPointer<Float>, seed: UInt64, step: Int) -> Int32? {
        if sampling.temperature <= 0 { return Self.likeliest(logits) }
        var generator = SplitMix64(seed: seed, position: step)
        let share = generator.unitInterval()
        guard let candidates = kept(logits) else { return nil }
        let weights = weights(of: candidates, in: logits)
        var rest = share * weights.reduce(0, +)
        guard rest.isFinite else { return nil }
        for (candidate, weight) in zip(candidates, weights) {
            if rest < weight { return candidate }
            rest -= weight
        }
        return candidates.last
    }

    /// The largest logit's index, the lowest where several are; nil when there is none.
    package static func likeliest(_ logits: UnsafeBufferPointer<Float>) -> Int32? {
        let raw = UnsafeRawBufferPointer(logits)
        var best: (block: Int, maximum: Float) = (0, -.infinity)
        for block in stride(from: 0, to: logits.count, by: blockLength) {
            let end = min(block + blockLength, logits.count)
            let whole = block + (end - block) & ~7
            var maxima = Lanes(repeating: -.infinity)
            for index in stride(from: block, to: whole, by: 8) {
                let lanes = raw.loadUnaligned(fromByteOffset: index * 4, as: Lanes.self)
                maxima.replace(with: lanes, where: lanes .> maxima)
            }
            var maximum = maxima.max()
            for index in whole..<end where logits[index] > maximum { maximum = logits[index] }
            if maximum > best.maximum { best = (block, maximum) }
        }
        guard best.maximum.isFinite else { return nil }
        for index in best.block..<logits.count where logits[index] == best.maximum { return Int32(index) }
        return nil
    }

    private static let blockLength = 1024

    /// How many candidates are looked at first; nil for all of the vocabulary.
    private static func firstCount(_ sampling: Sampling, vocabulary: Int) -> Int? {
        if sampling.topK > 0 { return sampling.topK < vocabulary ? sampling.topK : nil }
        return sampling.topP < 1 && vocabulary > 256 ? 256 : nil
    }

    /// The tokens among which one is drawn, likeliest first unless all of the vocabulary is kept; nil when the logits
    /// are no numbers.
    private mutating func kept(_ logits: UnsafeBufferPointer<Float>) -> [Int32]? {
        guard let maximum = Self.likeliest(logits).map({ logits[Int($0)] }) else { return nil }
        let isLimited = sampling.topK > 0 && sampling.topK < vocabulary
        guard var candidates = selection?.select(logits) else {
            let all = (0..<Int32(logits.count)).map { $0 }
            guard sampling.topP < 1 else { return all }
            return nucleus(sorted(all, by: logits), of: nil, in: logits)
        }
        if isLimited { return sampling.topP < 1 ? nucleus(candidates, of: nil, in: logits) : candidates }
        // Without a limit of tokens the nucleus may reach beyond those that were looked at.
        let total = total(of: logits, maximum: maximum)
        while true {
            if let found = nucleus(candidates, of: total, in: logits) { return found }
            guard candidates.count < logits.count else { return candidates }
            var wider = TopSelection(count: candidates.count * 8, vocabulary: vocabulary)
            candidates = wider.select(logits)
        }
    }

    private func sorted(_ tokens: [Int32], by logits: UnsafeBufferPointer<Float>) -> [Int32] {
        tokens.sorted { (logits[Int($0)], $1) > (logits[Int($1)], $0) }
    }

    /// The shortest beginning of candidates, likeliest first, that holds the share of the total; nil when all of them
    /// hold less. A total of nil is that of the candidates.
    private func nucleus(
        _ candidates: [Int32], of total: Double?, in logits: UnsafeBufferPointer<Float>
    ) -> [Int32]? {
        let weights = weights(of: candidates, in: logits)
        let wanted = sampling.topP * (total ?? weights.reduce(0, +))
        var sum = 0.0
        for (index, weight) in weights.enumerated() {
            sum += weight
            if sum >= wanted { return Array(candidates[...index]) }
        }
        return total == nil ? candidates : nil
    }

    /// exp((logit - largest) / temperature) of each candidate; the largest is the first, or any of all.
    private func weights(of candidates: [Int32], in logits: UnsafeBufferPointer<Float>) -> [Double] {
        let maximum = candidates.reduce(-Float.infinity) { max($0, logits[Int($1)]) }
        return candidates.map { exp(Double(logits[Int($0)] - maximum) / sampling.temperature) }
    }

    private func total(of logits: UnsafeBufferPointer<Float>, maximum: Float) -> Double {
        logits.reduce(0) { $0 + exp(Double($1 - maximum) / sampling.temperature) }
    }
}
