import CLlama
import Foundation
import LabCore

/// An answer that is being written in a slot.
final class ServedAnswer {
    let prepared: PreparedPrompt
    let cachedTokens: Int
    /// What has been written, without a token that ends it.
    private(set) var written: [llama_token] = []
    /// The places in the last batch whose logits are read, with the number of the token that each predicts, counted from
    /// the prompt's first.
    var rows: [(row: Int, target: Int)] = []
    private var sampler: TokenSampler
    private var text: AnswerText
    private var parts: AnswerParts?
    private var counts: [llama_token: Int] = [:]
    private var firstToken: ContinuousClock.Instant?
    private var stop: String?

    init(_ prepared: PreparedPrompt, cachedTokens: Int, vocabulary: Int) {
        self.prepared = prepared
        self.cachedTokens = cachedTokens
        sampler = TokenSampler(prepared.prompt.sampling.sampling, vocabulary: vocabulary)
        text = AnswerText(stops: prepared.stops)
        parts = prepared.parts
        if prepared.prompt.sampling.repetitionPenalty != 1 {
            // The prompt's tokens count as seen, and not as written.
            for token in prepared.tokens { counts[token] = 0 }
        }
    }

    var id: UInt32 { prepared.id }

    /// The number of tokens of prompt and text.
    var count: Int { prepared.tokens.count + written.count }

    /// The token at a place of prompt and text.
    subscript(place: Int) -> llama_token {
        place < prepared.tokens.count ? prepared.tokens[place] : written[place - prepared.tokens.count]
    }

    /// Whether logits are read of the token at a place.
    func wantsLogits(_ place: Int) -> Bool {
        if place == count - 1 { return prepared.prompt.maximumTokens != 0 }
        return prepared.prompt.promptAlternatives != nil
    }

    /// The tokens that may be written.
    func limit(_ contextLength: Int) -> Int {
        min(prepared.prompt.maximumTokens ?? .max, contextLength - prepared.tokens.count)
    }

    /// A token with its probability in a row of logits.
    ///
    /// A probability of 0 has no logarithm: it is not told, and such a token is none of the likeliest.
    static func described(
        _ token: llama_token, in logits: UnsafeBufferPointer<Float>, alternatives: Int, model: Model
    ) throws -> ServedToken {
        let softmax = LogSoftmax(logits)
        guard softmax.isFinite else { throw notFinite }
        func logProbability(_ token: llama_token) -> Double? {
            let value = -softmax.nats(logits[Int(token)])
            return value.isFinite ? value : nil
        }
        var likeliest: [ServedToken.Alternative] = []
        if alternatives > 0 {
            var selection = TopSelection(count: alternatives, vocabulary: logits.count)
            likeliest = selection.select(logits).compactMap { other in
                logProbability(other).map {
                    ServedToken.Alternative(token: other, logProbability: $0, bytes: Data(model.piece(other)))
                }
            }
        }
        return ServedToken(
            token: token, bytes: Data(model.piece(token)), logProbability: logProbability(token),
            alternatives: likeliest)
    }

    private static let notFinite = ServedFailure(.worker, "the model's logits are no numbers")

    /// Chooses the next token from a row, whose logits it changes where the request asks for that.
    func choose(
        _ row: Int, logits: UnsafeMutableBufferPointer<Float>, context: Context, ends: [llama_token]
    ) throws -> llama_token {
        let sampling = prepared.prompt.sampling
        for (token, bias) in sampling.bias { logits[Int(token)] += Float(bias) }
        if sampling.ignoresEnd { for token in ends { logits[Int(token)] = -.infinity } }
        penalize(logits, sampling)
        if let constraint = prepared.constraint { return try constraint.choose(context, row: row) }
        if sampling.minP > 0, sampling.sampling.temperature > 0 { leaveOutUnlikely(logits, sampling) }
        let row = UnsafeBufferPointer(logits)
        guard let token = sampler.choose(row, seed: sampling.seed, step: written.count) else { throw Self.notFinite }
        return token
    }

    private func penalize(_ logits: UnsafeMutableBufferPointer<Float>, _ sampling: ServedSampling) {
        for (token, count) in counts {
            var logit = logits[Int(token)]
            if sampling.repetitionPenalty != 1 {
                logit =
                    logit > 0 ? logit / Float(sampling.repetitionPenalty) : logit * Float(sampling.repetitionPenalty)
            }
            if count > 0 { logit -= Float(sampling.presencePenalty + Double(count) * sampling.frequencyPenalty) }
            logits[Int(token)] = logit
        }
    }

    private func leaveOutUnlikely(_ logits: UnsafeMutableBufferPointer<Float>, _ sampling: ServedSampling) {
        guard let likeliest = TokenSampler.likeliest(UnsafeBufferPointer(logits)) else { return }
        let least = logits[Int(likeliest)] + Float(sampling.sampling.temperature * log(sampling.minP))
        for index in logits.indices where logits[index] < least { logits[index] = -.infinity }
    }

    /// Takes the token that was chosen: what goes out, and why the answer is whole, nil where it goes on.
    func take(
        _ token: llama_token, model: Model, contextLength: Int
    ) -> (events: [ServedEvent], end: ServedFinish.Reason?) {
        if firstToken == nil { firstToken = .now }
        if llama_vocab_is_eog(model.vocabulary, token) { return ([], .stop) }
        written.append(token)
        let sampling = prepared.prompt.sampling
        if sampling.presencePenalty != 0 || sampling.frequencyPenalty != 0 || sampling.repetitionPenalty != 1 {
            counts[token, default: 0] += 1
        }
        let isText = !llama_vocab_is_control(model.vocabulary, token) || prepared.preserved.contains(token)
        let (out, stop) = text.take(isText ? model.piece(token) : [])
        let events = events(of: out)
        if let stop {
            self.stop = String(decoding: stop, as: UTF8.self)
            return (events, .stop)
        }
        return (events, written.count >= limit(contextLength) ? .length : nil)
    }

    private func events(of out: [UInt8]) -> [ServedEvent] {
        if parts != nil { return parts?.take(out) ?? [] }
        return out.isEmpty ? [] : [.text(ServedText(.content, String(decoding: out, as: UTF8.self)))]
    }

    /// What is left of the answer at its end, and the end.
    func finish(_ reason: ServedFinish.Reason) -> [ServedEvent] {
        var events: [ServedEvent] = []
        if reason != .cancelled {
            events = self.events(of: text.finish())
            events += parts?.finish() ?? []
        }
        let now = ContinuousClock.now
        let first = firstToken ?? now
        let callsTools = reason == .stop && parts?.hasCalls == true
        let end = ServedFinish(
            reason: callsTools ? .toolCalls : reason, stop: prepared.prompt.stops.first { $0 == stop },
            promptTokens: prepared.tokens.count, cachedTokens: cachedTokens, writtenTokens: written.count,
            firstTokenSeconds: (first - prepared.arrival) / .seconds(1), writingSeconds: (now - first) / .seconds(1))
        return events + [.finished(end)]
    }
}
