import LabCore
import Reports
import Testing

@Suite struct FindingTests {
    @Test(
        arguments: [
            (accuracy, 94.1667, 90.0, "thinking", "solves 94.17 % of the problems, above the limit of 90 %."),
            (accuracy, 94.1667, 90, "code", "answers 94.17 % of the prompts rightly, above the limit of 90 %."),
            (
                accuracyChange, -3.3333, -3, "thinking",
                "solves 3.33 percentage points fewer of the problems than its BF16 parent, not above the limit of \u{2212}3."
            ),
            (
                accuracyChange, 1.6667, -3, "code",
                "answers 1.67 percentage points more of the prompts rightly than its BF16 parent, above the limit of \u{2212}3."
            ),
            (
                accuracyChange, 0, -3, "thinking",
                "solves as many problems as its BF16 parent, above the limit of \u{2212}3."
            ),
            (
                .plainAccuracy, 85, 80, "thinking",
                "solves 85.00 % of the problems with thinking switched off, above the limit of 80 %."
            ),
            (
                .plainAccuracyChange, -5, -3, "thinking",
                "solves 5.00 percentage points fewer of the problems than its BF16 parent with thinking switched off, not above "
                    + "the limit of \u{2212}3."
            ),
            (
                .followedAgreement, 97.134, 90, "x",
                "follows its BF16 parent\u{2019}s choice at 97.13 % of the tokens, above the limit of 90 %."
            ),
            (
                .exactMatch, 62, 50, "x",
                "writes the same text as its BF16 parent for 62.00 % of the prompts, above the limit of 50 %."
            ),
            (
                .sharedPrefix, 88.74, 64, "x",
                "writes the same first 88.7 tokens as its BF16 parent, on average, above the limit of 64."
            ),
            (
                .textSimilarity, 87.21, 80, "x",
                "writes texts that are 87.21 % similar to its BF16 parent\u{2019}s, above the limit of 80 %."
            ),
            (.incoherentTexts, 2, 1, "x", "writes 2 texts that are not coherent, outside the limit of 1."),
            (.incoherentTexts, 1, 1, "x", "writes 1 text that is not coherent, outside the limit of 1."),
            (.incoherentTexts, 0, 1, "x", "writes coherent texts only, inside the limit of 1."),
            (.languagesRight, 6, 4, "x", "is right in 6 languages, above the limit of 4."),
            (.languagesRight, 1, 4, "x", "is right in 1 language, not above the limit of 4."),
            (.languagesRight, 0, 4, "x", "is right in no language, not above the limit of 4."),
            (
                .languageAsked, 98.606, 90, "x",
                "writes 98.61 % of its answers in the language asked, above the limit of 90 %."
            ),
            (
                .worstLanguageChange, -56, -10, "x",
                "answers 56.00 percentage points fewer of the prompts rightly than its BF16 parent in the language that lost "
                    + "most, not above the limit of \u{2212}10."
            ),
            (
                .worstLanguageChange, 0, -10, "x",
                "answers no fewer prompts rightly than its BF16 parent in any language, above the limit of \u{2212}10."
            ),
            (
                .languageDegradation, 0.8123, 0.1, "x",
                "loses up to 0.8123 nats per token more against its BF16 parent in another language than in English, outside "
                    + "the limit of 0.1."
            ),
            (
                .languageDegradation, -0.01, 0.1, "x",
                "loses no more against its BF16 parent in other languages than in English, inside the limit of 0.1."
            ),
            (
                .unclosedThoughts, 0.27778, 5, "x",
                "does not end 0.28 % of its thoughts, inside the limit of 5 %."
            ),
            (.unclosedThoughts, 0, 5, "x", "ends every thought, inside the limit of 5 %."),
            (
                .thoughtLengthChange, 26.35, 25, "x",
                "thinks 26.35 % longer than its BF16 parent, outside the limit of 25 %."
            ),
            (
                .thoughtLengthChange, -6.35, 25, "x",
                "thinks 6.35 % shorter than its BF16 parent, inside the limit of 25 %."
            ),
            (
                .thoughtsWhenOff, 3, 1, "x",
                "thinks in 3 texts though thinking is switched off, outside the limit of 1."
            ),
            (
                .thoughtsWhenOff, 0, 1, "x",
                "does not think where thinking is switched off, inside the limit of 1."
            ),
            (
                .promptsRenderedDifferently, 12, 1, "x",
                "renders 12 prompts differently than its BF16 parent, outside the limit of 1."
            ),
            (
                .promptsRenderedDifferently, 0, 1, "x",
                "renders every prompt as its BF16 parent does, inside the limit of 1."
            ),
            (.switchIgnored, 1, 1, "x", "ignores the thinking switch in 1 prompt, outside the limit of 1."),
            (.switchIgnored, 0, 1, "x", "heeds the thinking switch in every prompt, inside the limit of 1."),
        ] as [(MetricDefinition, Double, Double, String, String)])
    func aGateOnPromptsIsToldInASentence(
        metric: MetricDefinition, value: Double, limit: Double, evaluation: String, ending: String
    ) {
        var run = promptRun()
        let threshold = Threshold(metric: metric, limit: limit)
        let status: VerdictStatus = threshold.admits(value) ? .pass : .fail
        run.verdict = status
        run.verdicts = [
            Verdict(
                evaluation: evaluation, backend: "cpu", artifact: candidatePath, metric: metric.name, status: status,
                value: value, threshold: threshold, reason: "what the gate found")
        ]
        let sentence = Headline(run).sentence.replacingOccurrences(of: "\u{A0}", with: " ")
        #expect(sentence == "pajama-tiny Q4_K_M " + ending)
    }

    @Test func everyMetricOfGenerationHasASentenceOfItsOwn() {
        // A new metric would be told as "has a name of value".
        for metric in MetricDefinition.all where !["log_ratio", "perplexity"].contains(metric.name) {
            guard !metric.name.hasPrefix("kl_") || metric == .klMean || metric == .klMeanExcess else { continue }
            var run = sampleRun()
            run.verdicts[0].metric = metric.name
            run.verdicts[0].threshold = Threshold(metric: metric, limit: 100)
            #expect(!Headline(run).sentence.contains(" has a "), "\(metric.name)")
        }
    }
}
