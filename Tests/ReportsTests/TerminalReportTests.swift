import Foundation
import LabCore
import Reports
import Testing

@Suite struct TerminalReportTests {
    @Test func aRunFitsEightyColumns() {
        let expected = """
            PASS  pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity,
              inside the limit of 5 %.

              BF16    perplexity            6.3598  95 % CI 1.0000 to 40.5000
              Q4_K_M  perplexity            6.5208  95 % CI 1.2500 to 34.0000
              Q4_K_M  perplexity increase  +2.53 %  95 % CI −15.26 to 24.06    < 5 %  pass

              skipped  perplexity on cuda: no CUDA device on this machine

              BF16    6.7 MB  16.00 bits/weight  \(Digest(of: "parent").short)
              Q4_K_M  2.1 MB   5.01 bits/weight  \(Digest(of: "candidate").short)

            reused 2 of 4 samples, 1 of 2 artifacts; took 1 min 23 s
            run 20261122-223500-3f9c1a
            """
        #expect(TerminalReport.render(sampleRun(), width: 80) == expected)
        #expect(TerminalReport.render(olderRun(), width: 80) == expected)
    }

    @Test(arguments: [44, 50, 60, 80, 100, 200])
    func noLineIsWiderThanTheTerminal(width: Int) {
        for line in TerminalReport.render(sampleRun(), width: width).split(separator: "\n") {
            #expect(line.count <= width, "\(line)")
        }
    }

    @Test func colourChangesNothingButColour() {
        let colored = TerminalReport.render(sampleRun(), color: true)
        let stripped = colored.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        #expect(colored != stripped)
        #expect(stripped == TerminalReport.render(sampleRun(), color: false))
        #expect(colored.hasPrefix("\u{1B}[1;32mPASS\u{1B}[0m"))
    }

    @Test(arguments: [
        (VerdictStatus.fail, "FAIL  pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity, outside"),
        (.inconclusive, "INCONCLUSIVE  pajama-tiny Q4_K_M is 2.53 % worse than its BF16 parent in perplexity, but"),
        (.infeasible, "INFEASIBLE  perplexity on cpu: 2.532 percent on all 2 chunks."),
    ])
    func theVerdictComesFirstWithItsReason(status: VerdictStatus, start: String) {
        var run = sampleRun()
        run.verdicts[0].status = status
        run.verdict = status
        #expect(TerminalReport.render(run, width: 100).hasPrefix(start))
    }

    @Test func anImprovementIsNotCalledWorse() {
        var run = sampleRun()
        run.verdicts[0].value = -0.42
        #expect(TerminalReport.render(run, width: 200).hasPrefix("PASS  pajama-tiny Q4_K_M is 0.42 % better than"))
        run.verdicts[0].value = 0.0001
        #expect(TerminalReport.render(run, width: 200).hasPrefix("PASS  pajama-tiny Q4_K_M equals its BF16 parent"))
    }

    @Test func aRunThatMeasuredNothingSaysSo() {
        let text = TerminalReport.render(emptyRun())
        #expect(text.hasPrefix("INCONCLUSIVE  The suite judged nothing."))
    }

    @Test func hostileTextCannotDriveTheTerminal() {
        #expect(!hasHarmfulCharacter(TerminalReport.render(hostileRun())))
        #expect(!hasHarmfulCharacter(TerminalReport.render(hostileFidelityRun())))
    }
}
