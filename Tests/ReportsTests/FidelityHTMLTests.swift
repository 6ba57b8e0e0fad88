import Foundation
import LabCore
import Reports
import Testing

@Suite struct FidelityHTMLTests {
    @Test func theTableOfGatesSaysWhatEachRestsOn() throws {
        let rows = try rows(of: "gates", in: fidelityRun())
        #expect(rows.count == 3)
        #expect(
            rows[0] == [
                "Perplexity increase perplexity on cpu, Q4_K_M", "Pass", "+2.53 % limit < 5 %",
                "41 of 592 chunks stopped early, 93 % saved",
                "98 % interval 1.20 to 4.41 % Speaks of the clipped mean, each chunk held between −9.30 and 21.6 % "
                    + "Smallest detectable change 0.31 percentage points",
            ])
        #expect(rows[1].contains("0.03215 nats per token limit < 0.08"))
        #expect(rows[2] == ["Perplexity perplexity on cuda", "Skipped", "no CUDA device on this machine"])
    }

    @Test(arguments: [
        (
            GateEnding.needsMore,
            [
                "41 of 592 chunks",
                "About 480 chunks would decide 98 % interval 3.60 to 5.90 % Smallest detectable change 0.98 percentage points",
            ]
        ),
        (
            .nothingHelps,
            [
                "41 of 592 chunks",
                "No number of chunks would decide 98 % interval 3.85 to 6.15 % Smallest detectable change 0.98 percentage points",
            ]
        ),
        (.exact, ["all 592 chunks", "The corpus’s own value Exact: no change is too small to see"]),
    ])
    func anUndecidedGateSaysWhatItWouldNeedAndAnExactOneThatItIs(ending: GateEnding, cells: [String]) throws {
        #expect(try Array(rows(of: "gates", in: fidelityRun(ending))[0].suffix(2)) == cells)
    }

    @Test func theFiguresStandBesideTheNoiseFloor() throws {
        let rows = try rows(of: "fidelity", in: fidelityRun())
        #expect(
            Array(rows.prefix(7)) == [
                ["KL mean", "0.03215 95 % CI 0.03020 to 0.03410", "1.7×10⁻⁷"],
                ["KL mean excess", "0.03215 95 % CI 0.03020 to 0.03410"], ["KL median", "0.008910"],
                ["KL p90", "0.07140"], ["KL p99", "0.4021"], ["KL max", "9.123", "3.1×10⁻⁵"],
                ["Top-1 agreement", "93.21 % 95 % CI 92.81 to 93.61", "99.98 %"],
            ])
    }

    @Test func theFactsSayHowTheNumbersCame() throws {
        let pack = try text(of: fidelityRun())
        #expect(pack.contains("at 14,592 positions of 57 chunks"))
        #expect(pack.contains("BF16 against itself, 512 and 128 tokens at a time, on 8 chunks"))
        #expect(
            pack.contains(
                "At 708 positions only one of the two is right about the next token: BF16 at 412, Q4_K_M at 296."))
        #expect(pack.contains("would have p = 1.4×10⁻⁵ (exact McNemar test)"))
        #expect(
            pack.contains(
                "From pack \(Digest(of: "pack").short), 12.3 MB, 0.29 % of the same logits in 16 bits: the 128 likeliest"
            ))
        #expect(pack.contains("a standard error of 0.00012 nats per token"))
        let lockstep = try text(of: fidelityRun(source: .lockstep, hasFloor: false))
        #expect(lockstep.contains("Computed side by side with the candidate’s: every divergence is exact."))
        #expect(lockstep.contains("not measured: the parent was not run, and its predictions came without one"))
        #expect(!lockstep.contains("standard error"))
        #expect(!lockstep.contains("noise floor"))
    }

    @Test func aFidelityWithoutFlipsSaysSo() throws {
        var run = fidelityRun()
        run.fidelity?[0].flips = .init(onlyParentRight: 0, onlyCandidateRight: 0, mcNemarP: nil)
        #expect(try text(of: run).contains("At no position is only one of the two right"))
        run.fidelity?[0].flips = .init(onlyParentRight: 5000, onlyCandidateRight: 0, mcNemarP: 0)
        #expect(try text(of: run).contains("would have p < 10⁻³⁰⁰"))
    }

    @Test func theWorstTokensStandInTheirContext() throws {
        let html = try HTMLReport.render(fidelityRun())
        let marks = try #require(XMLOutline(html)).all("mark").map(\.text)
        #expect(marks.count == 4)
        #expect(marks.prefix(2) == ["␣France", "↵"])
        #expect(marks[2].hasPrefix("</style><script>alert(1)</script>"))
        let rows = try rows(of: "fidelity", in: fidelityRun()).suffix(4)
        // exp(-0.071) = 0.9315, exp(-8.6) = 0.000184.
        #expect(
            rows.first == [
                "…It was built by the Romans, and is today the capital of␣France chunk 12, token 300", "␣France",
                "␣the",
                "9.123", "parent 93.1 % candidate 0.02 %",
            ])
        #expect(Array(rows)[1].prefix(3) == ["…= Gameplay =↵↵ The player⇥takes↵ chunk 3, token 257", "↵", "⟨empty⟩"])
        #expect(Array(rows)[2][1...2] == ["◌\u{301}", "⟨U+200D⟩"])
        #expect(!hasHarmfulCharacter(html))
    }

    @Test func theDivergencesOfTheChunksAreDrawnOnceAndTheirDifferencesOnce() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(fidelityRun())))
        let headings = outline.all("svg").count
        #expect(headings == 4)
        #expect(outline.all("h3").filter { $0.text.isEmpty }.count == 3)
        let descriptions = outline.all("desc").map { plain($0.text) }
        #expect(
            descriptions.contains(
                "Bar chart of the KL divergence in nats per token for each chunk, sorted. The mean of 2 chunks is "
                    + "0.03215 nats per token. The noise floor lies at 1.7×10⁻⁷. The 95 % interval of the mean is "
                    + "0.03020 to 0.03410. The limit is 0.08."))
        #expect(outline.all("path").filter { $0.attributes["class"] == "divergence" }.count == 2 + 1)
        #expect(outline.all("path").filter { $0.attributes["class"] == "floor" }.count == 2)
        #expect(outline.all("title").contains { $0.text == "chunk 0: 0.04100 nats per token" })
        let ids = outline.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
    }

    @Test func aLimitFarAboveTheDivergencesIsNamedButNotDrawn() throws {
        var run = fidelityRun()
        run.verdicts[1].threshold?.limit = 2
        #expect(try text(of: run).contains("The limit is 2, off the scale."))
    }

    @Test func aShareIsDrawnTowardsAllOfIt() throws {
        // By hand: marks 90 and 100 with 95 between; the scale runs from 90 - 6 % of 10 = 89.4 to 100, 10.6 long.
        var run = sampleRun()
        run.measurements[2].interval = nil
        run.verdicts[0].metric = "top1_agreement"
        run.verdicts[0].threshold = Threshold(metric: .topAgreement, limit: 90)
        run.verdicts[0].value = 95
        let outline = try #require(XMLOutline(HTMLReport.render(run)))
        let marks = outline.all("i").filter { $0.attributes["style"]?.hasPrefix("left") == true }
        let styles = Dictionary(uniqueKeysWithValues: marks.map { ($0.attributes["class"], $0.attributes["style"]) })
        #expect(styles["zone upper"] == "left:5.66%;width:94.34%")
        #expect(styles["limit"] == "left:5.66%")
        #expect(styles["value"] == "left:52.83%")
    }

    @Test func whyNothingCouldBeReusedIsAmongTheFacts() throws {
        var run = fidelityRun()
        #expect(try !text(of: run).contains("Not reused"))
        run.reuse.changes = ["the engine build changed from b1 to b2"]
        #expect(try text(of: run).contains("Not reused the engine build changed from b1 to b2"))
    }

    @Test func recordsOfOlderLabsHaveNoSectionsForWhatTheyDoNotHold() throws {
        let outline = try #require(XMLOutline(HTMLReport.render(sampleRun())))
        let sections = outline.all("h2").map { $0.attributes["id"] }
        #expect(sections == ["measured", "pairs", "artifacts", "data", "how", "again"])
        let measured = try rows(of: "measured", in: sampleRun())
        #expect(measured[2].suffix(2) == ["< 5 %", "Pass"])
        #expect(measured[3] == ["Perplexity perplexity on cuda", "Skipped no CUDA device on this machine"])
    }

    /// The cells that hold text, row by row, of the tables in the section that a heading names.
    private func rows(of section: String, in run: RunRecord) throws -> [[String]] {
        let html = try HTMLReport.render(run)
        let start = try #require(html.range(of: "<section aria-labelledby=\"\(section)\">"))
        let end = try #require(html.range(of: "</section>", range: start.upperBound..<html.endIndex))
        return html[start.upperBound..<end.lowerBound].components(separatedBy: "<tr role=\"row\">").dropFirst()
            .map { row in
                row.components(separatedBy: "<td ").dropFirst().map {
                    plain(content("<td " + ($0.components(separatedBy: "</td>").first ?? $0)))
                }
                .filter { !$0.isEmpty }
            }
            .filter { !$0.isEmpty }
    }

    private func text(of run: RunRecord) throws -> String { try plain(content(HTMLReport.render(run))) }

    /// The text between tags; a small print stands apart from what it follows.
    private func content(_ html: String) -> String {
        html.replacing(/<mark>|<\/mark>/, with: "").replacing(/<[^>]*>/, with: " ")
            .replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(of: "&#39;", with: "'")
            .replacingOccurrences(of: "&gt;", with: ">").replacingOccurrences(of: "&amp;", with: "&")
    }

    private func plain(_ text: String) -> String {
        text.split { $0.isWhitespace }.joined(separator: " ")
    }
}
