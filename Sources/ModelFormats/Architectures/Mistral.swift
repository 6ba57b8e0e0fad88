extension Architecture {
    /// Mistral, dense: Llama's tensors. Its sliding window has no place in GGUF.
    static let mistral = Architecture(
        classNames: ["MistralForCausalLM"],
        name: llama.name,
        modules: llama.modules.filter { $0.presence == .always },
        defaults: Defaults(ropeTheta: 10_000, rmsNormEpsilon: 1e-6, dividesHiddenIntoHeads: true),
        keys: [.vocabularySize, .ropeDimensionCount],
        readsFrequencyFactors: true,
        statesSpacePrefix: true,
        vocabularyRules: llama.vocabularyRules)
}
