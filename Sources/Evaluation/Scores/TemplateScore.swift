public import LabCore

/// Whether two chat templates make the same tokens of a conversation.
public struct TemplateScore: Sendable {
    /// Whether they do as the template has it by itself.
    public var isSame: Bool
    /// Whether they do with thinking switched off.
    public var isSameWithoutThinking: Bool

    /// A score.
    public init(isSame: Bool, isSameWithoutThinking: Bool) {
        self.isSame = isSame
        self.isSameWithoutThinking = isSameWithoutThinking
    }
}

extension TemplateScore {
    /// What the template evaluation measures.
    ///
    /// A template that differs throughout counts once: the switch is to blame only where nothing else is.
    public static var metrics: [any Metric<TemplateScore>] {
        [
            CountMetric(.promptsRenderedDifferently) { $0.isSame ? 0 : 1 },
            CountMetric(.switchIgnored) { $0.isSame && !$0.isSameWithoutThinking ? 1 : 0 },
        ]
    }
}
