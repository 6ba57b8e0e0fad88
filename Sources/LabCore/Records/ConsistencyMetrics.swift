extension MetricDefinition {
    /// The largest difference of a token's normalized logit between two backends: ``ChunkDivergence/logitDifferenceMaxNats``.
    public static let logitDifferenceMax = MetricDefinition(
        name: "max_logit_difference", unit: "nats", polarity: .lowerIsBetter)
    /// Windows of a text that one side cuts into other tokens than the other.
    public static let windowsTokenizedDifferently = MetricDefinition(
        name: "windows_tokenized_differently", unit: "windows", polarity: .lowerIsBetter)
    /// Prompts whose text is the same on both sides and whose tokens are not.
    public static let promptsTokenizedDifferently = MetricDefinition(
        name: "prompts_tokenized_differently", unit: "prompts", polarity: .lowerIsBetter)

    /// ``klMean`` of a backend against itself, with another batch size and another number of threads.
    public static let floorKLMean = MetricDefinition(
        name: "floor_kl_mean", unit: "nats_per_token", polarity: .lowerIsBetter)
    /// ``topAgreement`` of the same.
    public static let floorTopAgreement = MetricDefinition(
        name: "floor_top1_agreement", unit: "percent", polarity: .higherIsBetter)
    /// ``logitDifferenceMax`` of the same.
    public static let floorLogitDifferenceMax = MetricDefinition(
        name: "floor_max_logit_difference", unit: "nats", polarity: .lowerIsBetter)
    /// ``exactMatch`` of a backend's greedy texts with its own, written fewer at a time and with another number of threads.
    public static let floorExactMatch = MetricDefinition(
        name: "floor_exact_match", unit: "percent", polarity: .higherIsBetter)
    /// ``textSimilarity`` of the same.
    public static let floorTextSimilarity = MetricDefinition(
        name: "floor_text_similarity", unit: "percent", polarity: .higherIsBetter)

    static let ofConsistency = [
        logitDifferenceMax, windowsTokenizedDifferently, promptsTokenizedDifferently, floorKLMean, floorTopAgreement,
        floorLogitDifferenceMax, floorExactMatch, floorTextSimilarity,
    ]
}
