import ArgumentParser
import LabCore
import Serving

/// Whether a model thinks before it answers.
enum Mode: String, ExpressibleByArgument, CaseIterable {
    case thinking, plain

    var isThinking: Bool { self == .thinking }
}

/// How tokens are chosen, on the command line.
struct SamplingOptions: ParsableArguments {
    @Option(help: "Divides the logits; 0 takes the likeliest token. Default: the model's own.") var temperature: Double?
    @Option(help: "The share of probability that is drawn from. Default: the model's own.") var topP: Double?
    @Option(help: "The likeliest tokens that are drawn from; 0 for all. Default: the model's own.") var topK: Int?
    @Option(help: "The least probability, relative to the likeliest token. Default: the model's own.") var minP: Double?
    @Option(help: "Divides the logits of tokens that were there before. Default: the model's own.")
    var repeatPenalty: Double?
    @Option(help: "Decides what is drawn. Default: a random one.") var seed: UInt64?

    func validate() throws {
        if let temperature, !(0...10).contains(temperature) {
            throw ValidationError("--temperature must be from 0 to 10")
        }
        for (name, value) in [("--top-p", topP), ("--min-p", minP)] {
            if let value, !(0...1).contains(value) { throw ValidationError("\(name) must be from 0 to 1") }
        }
        if let topK, topK < 0 { throw ValidationError("--top-k must be at least 0") }
        if let repeatPenalty, !(0.01...10).contains(repeatPenalty) {
            throw ValidationError("--repeat-penalty must be from 0.01 to 10")
        }
    }

    /// The settings on top of a model's own.
    func sampling(_ defaults: ServedSampling, seed: UInt64) -> ServedSampling {
        var sampling = defaults
        if let temperature { sampling.sampling.temperature = temperature }
        if let topP { sampling.sampling.topP = topP }
        if let topK { sampling.sampling.topK = topK }
        if let minP { sampling.minP = minP }
        if let repeatPenalty { sampling.repetitionPenalty = repeatPenalty }
        sampling.seed = seed
        return sampling
    }
}
