import Foundation
import LabCore
import Reports
import Testing

@Suite struct FidelityTerminalTests {
    @Test func evaluationsStandApartAndEachGateHasASentence() {
        let expected = """
            PASS  pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity, inside the limit of 5
              %, after 41 of 592 chunks (93 % saved). All 2 gates say so.

            perplexity on cpu
              BF16    perplexity            6.3598  95 % CI 1.0000 to 40.5000
              Q4_K_M  perplexity            6.5208  95 % CI 1.2500 to 34.0000
              Q4_K_M  perplexity increase  +2.53 %  95 % CI −15.26 to 24.06

            fidelity on cpu
              Q4_K_M  KL mean           0.03215  nats/token  95 % CI 0.03020 to 0.03410
              Q4_K_M  KL mean excess    0.03215  nats/token  95 % CI 0.03020 to 0.03410
              Q4_K_M  KL median        0.008910  nats/token  n = 57
              Q4_K_M  KL p90            0.07140  nats/token  n = 57
              Q4_K_M  KL p99             0.4021  nats/token  n = 57
              Q4_K_M  KL max              9.123  nats/token  n = 57
              Q4_K_M  top-1 agreement   93.21 %              95 % CI 92.81 to 93.61
              noise floor: KL mean 1.7×10⁻⁷, max 3.1×10⁻⁵, top-1 agreement 99.98 % (BF16 against itself, 512 and
                128 tokens at a time, on 8 chunks)
              flips: only BF16 is right at 412 positions, only Q4_K_M at 296 (exact McNemar test, p = 1.4×10⁻⁵)
              parent's predictions: pack \(Digest(of: "pack").short), 12.3 MB, 0.29 % of the same logits in 16 bits; mean KL
                estimated with a standard error of 0.00012 nats per token
              KL 9.123  …as built by the Romans, and is today the capital of[␣France]  BF16 ␣France, Q4_K_M ␣the
              KL 4.500  = Gameplay =↵↵ The player⇥takes[↵]  BF16 ↵, Q4_K_M ⟨empty⟩
            """
        let text = TerminalReport.render(fidelityRun(), width: 100).replacingOccurrences(of: "5 %,", with: "5\n  %,")
        let unwrapped = plain(text)
        #expect(unwrapped.hasPrefix(plain(expected)), "\(text)")
        #expect(
            unwrapped.contains(
                "pass perplexity increase on cpu: +2.53 % (limit < 5 %), stopped after 41 of 592 chunks, 93 % saved; "
                    + "98 % interval 1.20 to 4.41 %; speaks of the clipped mean, each chunk held between −9.30 and 21.6 %; "
                    + "smallest detectable change 0.31 percentage points"))
        #expect(
            unwrapped.contains(
                "pass KL mean excess on cpu: 0.03215 nats per token (limit < 0.08), stopped after 57 of 592 chunks, "
                    + "90 % saved; 98 % interval 0.02490 to 0.06510; speaks of the clipped mean, each chunk held between "
                    + "0 and 0.320; smallest detectable change 0.0041 nats per token"))
        #expect(unwrapped.contains("skipped perplexity on cuda: no CUDA device on this machine"))
    }

    @Test(arguments: [
        (
            GateEnding.earlyFail,
            "fail perplexity increase on cpu: +11.25 % (limit < 5 %), stopped after 9 of 592 chunks, 98 % saved; "
                + "98 % interval 5.37 to 19.60 %; speaks of the clipped mean, each chunk held between −9.30 and 21.6 %; "
                + "smallest detectable change 2.1 percentage points"
        ),
        (
            .needsMore,
            "inconclusive perplexity increase on cpu: +4.75 % (limit < 5 %), on 41 of 592 chunks; about 480 chunks "
                + "would decide; 98 % interval 3.60 to 5.90 %; smallest detectable change 0.98 percentage points"
        ),
        (
            .nothingHelps,
            "inconclusive perplexity increase on cpu: +4.999 % (limit < 5 %), on 41 of 592 chunks; no number of "
                + "chunks would decide; 98 % interval 3.85 to 6.15 %; smallest detectable change 0.98 percentage points"
        ),
        (
            .exact,
            "pass perplexity increase on cpu: +2.53 % (limit < 5 %), on all 592 chunks; exact: no change is "
                + "too small to see"
        ),
    ])
    func aGateSaysWhatItRestsOn(ending: GateEnding, sentence: String) {
        let text = plain(TerminalReport.render(fidelityRun(ending)))
        #expect(text.contains(sentence), "\(text)")
    }

    @Test func savedChunksAreNeverRoundedUp() {
        // By hand: 3 of 592 is 0.5 %, 100 * 591 / 592 is 99.83 %.
        for (used, saved) in [(1, "99 % saved"), (589, "< 1 % saved"), (586, "1 % saved")] {
            var run = fidelityRun()
            run.verdicts[0].evidence?.chunksUsed = used
            #expect(plain(TerminalReport.render(run)).contains("after \(used) of 592 chunks, \(saved)"))
        }
    }

    @Test(arguments: GateEnding.allCases)
    func everyGateSaysWhatIsTooSmallToSee(ending: GateEnding) throws {
        // Whatever a record says of an exact verdict, and where it says nothing.
        for effect in [ending.percent.evidence.minimumDetectableEffect, 0.09, 0, nil] {
            var run = fidelityRun(ending)
            run.verdicts[0].evidence?.minimumDetectableEffect = effect
            let lines = plain(TerminalReport.render(run)).components(separatedBy: "perplexity increase on cpu:")
            let line = try #require(lines.last?.components(separatedBy: "KL mean excess on cpu").first)
            let said = ending == .exact ? "exact: no change is too small to see" : "smallest detectable change "
            #expect(line.contains(said), "\(line)")
        }
    }

    @Test func oneChunkOfManyGivesNoInterval() {
        var run = fidelityRun(.nothingHelps)
        run.verdicts[0].evidence?.chunksUsed = 1
        run.verdicts[0].evidence?.interval = nil
        run.verdicts[0].evidence?.minimumDetectableEffect = nil
        let noSpread = "smallest detectable change unknown: one chunk has no spread"
        #expect(
            plain(TerminalReport.render(run)).contains(
                "on 1 of 592 chunks; too few chunks for an interval; \(noSpread) pass"))
        run.verdicts[0].evidence?.neededChunks = 592
        #expect(
            plain(TerminalReport.render(run)).contains(
                "on 1 of 592 chunks; all 592 chunks would decide; \(noSpread) pass"))
    }

    @Test func whatWasMeasuredInLockstepIsExactAndAFloorThatIsMissingIsNamed() {
        let text = plain(TerminalReport.render(fidelityRun(source: .lockstep, hasFloor: false)))
        #expect(text.contains("parent's predictions: computed side by side; every divergence is exact"))
        #expect(
            text.contains("noise floor: not measured: the parent was not run, and its predictions came without one"))
        #expect(!text.contains("standard error"))
    }

    @Test func aRunSaysWhyNothingCouldBeReusedAndWhatHasNoScore() {
        var run = fidelityRun()
        run.reuse.changes = ["the engine build changed from b1 to b2"]
        run.measurements[0].unscored = 2
        let text = plain(TerminalReport.render(run, width: 120))
        #expect(text.contains("took 1 min 23 s not reused: the engine build changed from b1 to b2 run"))
        #expect(text.contains("95 % CI −15.26 to 24.06 BF16: 2 samples without a score fidelity on cpu"))
    }

    @Test(arguments: [40, 60, 80, 100, 140], GateEnding.allCases)
    func noLineIsWiderThanTheTerminal(width: Int, ending: GateEnding) {
        for line in TerminalReport.render(fidelityRun(ending), width: width).split(separator: "\n") {
            #expect(line.count <= max(width, 52), "\(line)")
        }
    }

    @Test func theTableKeepsItsIntervalsAtEightyColumns() {
        let text = TerminalReport.render(fidelityRun(), width: 80)
        #expect(text.contains("0.03215  nats/token  95 % CI 0.03020 to 0.03410\n"))
    }

    @Test func eachWorstTokenTakesOneLine() {
        let lines = TerminalReport.render(fidelityRun(), width: 80).split(separator: "\n")
        let worst = lines.filter { $0.hasPrefix("  KL ") && $0.contains("BF16") }
        #expect(worst.count == 3)
        #expect(worst.first == "  KL 9.123  …ns, and is today the capital of[␣France]  BF16 ␣France, Q4_K_M ␣the")
        #expect(worst.allSatisfy { !hasHarmfulCharacter(String($0)) })
    }

    /// With line breaks and runs of spaces as one space, for sentences that are wrapped.
    private func plain(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ")
    }
}
