/// How much worse than in an accepted run a metric may be.
///
/// The larger of the two amounts counts. A relative one is a share of the reference's value, so it allows nothing where
/// that is 0.
public struct RegressionTolerance: Hashable, Sendable, Codable {
    /// The evaluation it holds for; nil for all.
    public var evaluation: String?
    /// The metric's name.
    public var metric: String
    /// Percent of the reference's value; nil for none.
    public var relativePercent: Double?
    /// An amount in the metric's unit; nil for none.
    public var absolute: Double?

    enum CodingKeys: String, CodingKey {
        case evaluation, metric, absolute
        case relativePercent = "relative_percent"
    }

    /// Creates a tolerance; amounts are at least 0.
    public init(evaluation: String? = nil, metric: String, relativePercent: Double?, absolute: Double?) {
        self.evaluation = evaluation
        self.metric = metric
        self.relativePercent = relativePercent
        self.absolute = absolute
    }

    /// What is allowed where neither suite nor command line says otherwise: 1 % in perplexity, a tenth in mean KL
    /// divergence or 0.001 nats, half a percent of top-1 agreement, 5 % of the speeds of prefill and decoding.
    public static let usual = [
        RegressionTolerance(metric: MetricDefinition.perplexity.name, relativePercent: 1, absolute: nil),
        RegressionTolerance(metric: MetricDefinition.klMean.name, relativePercent: 10, absolute: 0.001),
        RegressionTolerance(metric: MetricDefinition.topAgreement.name, relativePercent: nil, absolute: 0.5),
        RegressionTolerance(metric: MetricDefinition.prefillRate.name, relativePercent: 5, absolute: nil),
        RegressionTolerance(metric: MetricDefinition.decodeRate.name, relativePercent: 5, absolute: nil),
    ]

    /// What a comparison judges: the suite's word goes before the usual one, a person's own before both.
    public static func ofComparison(
        suite: [RegressionTolerance], own: [RegressionTolerance]
    ) -> [RegressionTolerance] { usual + suite + own }

    /// The amount allowed, in the metric's unit; nil where a relative tolerance has nothing to be relative to.
    public func allowed(reference: Double) -> Double? {
        let relative = relativePercent.map { $0 / 100 * abs(reference) }
        if reference == 0, absolute == nil { return nil }
        return [relative, absolute].compactMap { $0 }.max()
    }
}

extension [RegressionTolerance] {
    /// What a metric of an evaluation is allowed; the last word counts, so that a list may begin with what is usual.
    ///
    /// What an evaluation is allowed holds for each of its points of speed.
    public func tolerance(of metric: String, in evaluation: String) -> RegressionTolerance? {
        last {
            $0.metric == metric
                && ($0.evaluation.map { $0 == evaluation || $0 == SpeedPoint.evaluation(of: evaluation) } ?? true)
        }
    }
}
