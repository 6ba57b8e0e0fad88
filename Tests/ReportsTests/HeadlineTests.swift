import LabCore
import Reports
import Testing

@Suite struct HeadlineTests {
    @Test(arguments: [
        (
            VerdictStatus.pass, 0.0123456,
            "diverges from its BF16 parent by 0.01235 nats per token beyond the noise floor, inside the limit of 0.05."
        ),
        (
            .fail, 0.0712,
            "diverges from its BF16 parent by 0.07120 nats per token beyond the noise floor, outside the limit of 0.05."
        ),
        (
            .pass, -2e-8,
            "diverges from its BF16 parent no more than the parent does from itself, inside the limit of 0.05."
        ),
    ])
    func aDivergenceIsToldAsItsExcess(status: VerdictStatus, value: Double, ending: String) {
        let threshold = Threshold(metric: .klMeanExcess, limit: 0.05)
        #expect(headline(status, value, threshold) == "pajama-tiny Q4_K_M " + ending)
    }

    @Test(arguments: [
        (
            VerdictStatus.pass, 93.214,
            "has the same likeliest token as its BF16 parent at 93.21 % of the positions, above the limit of 90 %."
        ),
        (
            .fail, 90,
            "has the same likeliest token as its BF16 parent at 90.00 % of the positions, not above the limit of 90 %."
        ),
    ])
    func anAgreementIsToldAsAShareOfPositions(status: VerdictStatus, value: Double, ending: String) {
        let threshold = Threshold(metric: .topAgreement, limit: 90)
        #expect(headline(status, value, threshold) == "pajama-tiny Q4_K_M " + ending)
    }

    @Test(arguments: [
        (
            GateEnding.earlyPass,
            "is 2.53 % worse than its BF16 parent in perplexity, inside the limit of 5 %, after 41 of 592 chunks "
                + "(93 % saved). All 2 gates say so."
        ),
        (
            .earlyFail,
            "is 11.25 % worse than its BF16 parent in perplexity, outside the limit of 5 %, after 9 of 592 chunks "
                + "(98 % saved). 1 of 2 gates say so."
        ),
        (
            .needsMore,
            "is 4.75 % worse than its BF16 parent in perplexity, but its interval of 3.60 to 5.90 % straddles the "
                + "limit of 5 %; about 480 chunks would decide. 1 of 2 gates say so."
        ),
        (
            .exact,
            "is 2.53 % worse than its BF16 parent in perplexity, inside the limit of 5 %. All 2 gates say so."
        ),
    ])
    func theSentenceSaysWhatItTookToDecide(ending: GateEnding, sentence: String) {
        #expect(plain(Headline(fidelityRun(ending)).sentence) == "pajama-tiny Q4_K_M " + sentence)
    }

    // Of 95 % asked for, 96 % uses 4 of 5 points; of 40 tokens per second asked for, 50 use 40 / 50.
    @Test(arguments: [
        (Threshold(metric: .perplexityIncrease, limit: 5), 2.5, 0.5),
        (Threshold(metric: .perplexityIncrease, limit: 5), -1, -0.2),
        (Threshold(metric: .topAgreement, limit: 95), 96, 0.8), (Threshold(metric: .topAgreement, limit: 95), 90, 2),
        (Threshold(metric: .topAgreement, limit: 95), 100, 0), (Threshold(metric: speed, limit: 40), 50, 0.8),
        (Threshold(metric: speed, limit: 40), 0, .infinity),
        (Threshold(metric: .klMeanExcess, limit: 0), 0.1, .infinity),
        (Threshold(metric: .logRatio, limit: -0.02), -0.04, 0.5),
        (Threshold(metric: .logRatio, limit: -0.02), 0.01, .infinity),
    ])
    func useIsZeroWithoutLossAndOneAtTheLimit(threshold: Threshold, value: Double, use: Double) {
        let found = Headline.use(of: threshold, by: value)
        #expect(found == use || abs(found - use) < 1e-12)
    }

    @Test func theGateThatUsesMostOfItsLimitIsSpokenOf() {
        var run = fidelityRun()
        run.verdicts[0].evidence = nil
        run.verdicts[1].threshold?.limit = 0.05  // 0.0321 of it is more than 2.53 of 5
        #expect(Headline(run).verdict == run.verdicts[1])
        run.verdicts[1] = Verdict(
            evaluation: "fidelity", backend: "cpu", artifact: candidatePath, metric: "top1_agreement", status: .pass,
            value: 99, threshold: Threshold(metric: .topAgreement, limit: 90), reason: "")
        #expect(Headline(run).verdict == run.verdicts[0])
    }

    private func headline(_ status: VerdictStatus, _ value: Double, _ threshold: Threshold) -> String {
        var run = sampleRun()
        run.verdict = status
        run.verdicts[0].status = status
        run.verdicts[0].value = value
        run.verdicts[0].metric = threshold.metric
        run.verdicts[0].threshold = threshold
        return plain(Headline(run).sentence)
    }

    private func plain(_ text: String) -> String { text.replacingOccurrences(of: "\u{A0}", with: " ") }
}

private let speed = MetricDefinition(name: "speed", unit: "tokens_per_second", polarity: .higherIsBetter)
