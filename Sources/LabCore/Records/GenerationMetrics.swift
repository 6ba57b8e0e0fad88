extension MetricDefinition {
    /// Of the tokens that the parent wrote, those that the candidate holds for the likeliest, given the parent's text
    /// before them; the mean over prompts.
    public static let followedAgreement = MetricDefinition(
        name: "teacher_forced_agreement", unit: "percent", polarity: .higherIsBetter)
    /// Texts that are the parent's, token for token.
    public static let exactMatch = MetricDefinition(name: "exact_match", unit: "percent", polarity: .higherIsBetter)
    /// Tokens before parent's and candidate's texts part, on average.
    public static let sharedPrefix = MetricDefinition(
        name: "shared_prefix", unit: "tokens", polarity: .higherIsBetter)
    /// How alike parent's and candidate's texts are, character by character, on average.
    public static let textSimilarity = MetricDefinition(
        name: "text_similarity", unit: "percent", polarity: .higherIsBetter)
    /// Texts that are empty, loop, are in another script, are no UTF-8, or do not end.
    public static let incoherentTexts = MetricDefinition(
        name: "incoherent_texts", unit: "texts", polarity: .lowerIsBetter)
    /// The share of coherent texts less the parent's, on the same prompts: what goes on from a text greedily may loop in
    /// full precision too.
    public static let coherenceChange = MetricDefinition(
        name: "coherence_change", unit: "percentage_points", polarity: .higherIsBetter)

    /// Languages in which at least 90 % of the answers are right, and in that language.
    public static let languagesRight = MetricDefinition(
        name: "languages_right", unit: "languages", polarity: .higherIsBetter)
    /// Answers in the language asked, of those whose language can be told.
    public static let languageAsked = MetricDefinition(
        name: "language_asked", unit: "percent", polarity: .higherIsBetter)
    /// The change of the share of right answers from the parent's, in the language that lost most.
    public static let worstLanguageChange = MetricDefinition(
        name: "worst_language_change", unit: "percentage_points", polarity: .higherIsBetter)
    /// How much more the right answers lost in likelihood, against the parent, than in English, in the language that lost
    /// most: a difference in differences.
    public static let languageDegradation = MetricDefinition(
        name: "language_degradation", unit: "nats_per_token", polarity: .lowerIsBetter)

    /// Thoughts that do not come to an end.
    public static let unclosedThoughts = MetricDefinition(
        name: "unclosed_thoughts", unit: "percent", polarity: .lowerIsBetter)
    /// How much longer thoughts are than the parent's on the same tasks.
    public static let thoughtLengthChange = MetricDefinition(
        name: "thought_length_change", unit: "percent", polarity: .lowerIsBetter)
    /// Right answers with thinking switched off.
    public static let plainAccuracy = MetricDefinition(
        name: "plain_accuracy", unit: "percent", polarity: .higherIsBetter)
    /// Their change from the parent's.
    public static let plainAccuracyChange = MetricDefinition(
        name: "plain_accuracy_change", unit: "percentage_points", polarity: .higherIsBetter)
    /// Texts with a thought though thinking is switched off.
    public static let thoughtsWhenOff = MetricDefinition(
        name: "thoughts_when_off", unit: "texts", polarity: .lowerIsBetter)

    /// Conversations that the artifact's own chat template turns into other tokens than the parent's.
    public static let promptsRenderedDifferently = MetricDefinition(
        name: "prompts_rendered_differently", unit: "prompts", polarity: .lowerIsBetter)
    /// Conversations that become other tokens with thinking switched off, though with thinking they do not.
    public static let switchIgnored = MetricDefinition(
        name: "thinking_switch_ignored", unit: "prompts", polarity: .lowerIsBetter)

    static let ofGeneration = [
        followedAgreement, exactMatch, sharedPrefix, textSimilarity, incoherentTexts, coherenceChange, languagesRight,
        languageAsked,
        worstLanguageChange, languageDegradation, unclosedThoughts, thoughtLengthChange, plainAccuracy,
        plainAccuracyChange, thoughtsWhenOff, promptsRenderedDifferently, switchIgnored,
    ]
}
