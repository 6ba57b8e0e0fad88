public import LabCore

/// Mean KL(parent || candidate) over all scored tokens, nats per token: llama-perplexity's "Mean KLD".
///
/// With a floor, what it exceeds the floor by: the parent diverges from itself, too, when it is computed in another
/// order.
public struct KLMeanMetric: Metric {
    /// Name, unit and polarity.
    public let definition: MetricDefinition
    private let floorNats: Double

    /// The mean divergence.
    public init() {
        definition = .klMean
        floorNats = 0
    }

    /// The mean divergence less the noise floor's, in nats per token.
    public init(above floorNats: Double) {
        definition = .klMeanExcess
        self.floorNats = floorNats
    }

    /// Clustered by window; nil without windows.
    public func estimate(_ scores: [ChunkDivergence], level: Double) -> Estimate? {
        let clusters = scores.map {
            (total: $0.klSumNats - floorNats * Double($0.klNats.count), weight: Double($0.klNats.count))
        }
        return ClusteredMean(clusters: clusters).map { Estimate($0, level: level) }
    }

    /// The mean divergence, of which the floor is a constant part.
    public var gateable: GateableMean<ChunkDivergence>? {
        let floorNats = floorNats
        return GateableMean(
            value: { $0.klMeanNats }, toMean: { $0 + floorNats }, toUnit: { $0 - floorNats },
            design: SequentialGate.Design.divergences)
    }
}

extension ChunkDivergence {
    /// Summed KL of the window's scored tokens, nats.
    public var klSumNats: Double { klNats.reduce(0) { $0 + Double($1) } }
    /// Mean KL of the window's scored tokens, nats per token.
    public var klMeanNats: Double { klSumNats / Double(klNats.count) }
    /// Share of positions with the same likeliest token, in 0...1.
    public var topAgreement: Double { Double(agreements) / Double(klNats.count) }
}
