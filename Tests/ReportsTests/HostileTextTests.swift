import Foundation
public import LabCore
import Reports
public import Testing

extension RunRecord: CustomTestStringConvertible {
    /// Short: the records of these tests may hold megabytes.
    public var testDescription: String { "\(verdict.rawValue), \(measurements.count) measurements" }
}

/// A megabyte without a line break, of what grows most when it is escaped.
let endlessText = String(repeating: "<\"&'>", count: 200_000)

/// A letter under a tower of accents.
let stackedText = "z" + String(repeating: "\u{301}", count: 3_000) + "after"

/// Texts that have broken pages, terminals and parsers.
let payloads: [String] = [
    "<script>window.harmed=1</script>", "<img src=x onerror=\"window.harmed=1\">", "\" onmouseover=\"window.harmed=1",
    "' autofocus onfocus='window.harmed=1", "</style><script>window.harmed=1</script>",
    "</title></textarea></svg><svg onload=window.harmed=1>", "javascript:window.harmed=1", "]]><![CDATA[<x>",
    "<!-- -->-->",
    "{{title}}{{{gauge}}}{{#gates}}{{/gates}}", "\u{FEFF}mark", "\u{202E}gnp.exe\u{202C}", "\u{2066}isolated\u{2069}",
    "zero\u{200B}width\u{2060}joined\u{AD}soft", stackedText, "\u{1B}[31mred\u{1B}]8;;http://x\u{7}link",
    "nul\u{0}byte",
    "line\u{2028}separator\u{2029}end", "\u{FFFE}\u{FFFF}\u{10FFFF}", "\u{E0041}\u{E007F}tags", "\r\n\r\n\t\t",
    String(repeating: "unbroken", count: 40), String(repeating: "\u{5E9}", count: 300),
    String(repeating: "\u{1F469}\u{200D}\u{1F680}", count: 60), "&lt;already&gt; &#x3C;b&#62;", endlessText,
]

/// A run in which every text is a megabyte long.
func endlessRun() -> RunRecord {
    var run = generationFidelityRun()
    let prompts = promptRun()
    run.answers = prompts.answers
    run.measurements += prompts.measurements
    run.verdicts += prompts.verdicts
    return replacingTexts(of: run) { _ in endlessText }
}

/// A run in which all payloads stand in every place in turn.
func payloadRun() -> RunRecord {
    var run = generationFidelityRun()
    let prompts = promptRun()
    run.answers = prompts.answers
    run.measurements += prompts.measurements
    run.verdicts += prompts.verdicts
    // As many texts as payloads, so that each is seen once.
    for index in (run.answers ?? []).indices {
        let first = run.answers?[index].notable.first
        run.answers?[index].notable = first.map { first in payloads.map { _ in first } } ?? []
    }
    run.texts = run.texts.map { texts in payloads.map { _ in texts[1] } }
    run.thoughts = run.thoughts.map { thoughts in payloads.map { _ in thoughts[1] } }
    var next = 0
    return replacingTexts(of: run) { _ in
        next += 1
        return payloads[next % payloads.count]
    }
}

private func generationFidelityRun() -> RunRecord {
    var run = generationRun()
    let failing = fidelityRun(.earlyFail)
    (run.verdicts, run.verdict) = (failing.verdicts, .fail)
    run.artifacts[1].tensors = tensorGroups(blocks: 2)
    return run
}

/// The run with every text from outside replaced; names that tie records together stay tied.
func replacingTexts(of run: RunRecord, by text: (String) -> String) -> RunRecord {
    var run = run
    (run.suite.name, run.command, run.machine.system) = (text("suite"), text("command"), text("system"))
    (run.machine.processor, run.machine.device, run.lab) = (text("processor"), text("device"), text("lab"))
    run.engine?.build = text("build")
    for index in run.artifacts.indices {
        run.artifacts[index].model = text("model")
        run.artifacts[index].recipe = text("recipe")
        run.artifacts[index].format = text("format")
        for group in (run.artifacts[index].tensors ?? []).indices {
            run.artifacts[index].tensors?[group].name = text("tensor")
            run.artifacts[index].tensors?[group].type = text("type")
        }
    }
    for index in run.verdicts.indices { run.verdicts[index].reason = text("reason") }
    for index in run.datasets.indices { run.datasets[index].name = text("dataset") }
    for index in (run.texts ?? []).indices {
        run.texts?[index].prompt = text("prompt")
        run.texts?[index].parent = text("parent")
        run.texts?[index].candidate = text("candidate")
        run.texts?[index].problem = text("problem")
        run.texts?[index].isMatch = false
    }
    for index in (run.thoughts ?? []).indices {
        run.thoughts?[index].task = text("task")
        run.thoughts?[index].text = text("thought")
        run.thoughts?[index].expected = text("expected")
        run.thoughts?[index].problem = text("problem")
    }
    for sheet in (run.answers ?? []).indices {
        let mode = run.answers?[sheet].mode
        run.answers?[sheet].mode = mode.map(text)
        for index in (run.answers?[sheet].notable ?? []).indices {
            run.answers?[sheet].notable[index].id = text("id")
            run.answers?[sheet].notable[index].prompt = text("prompt")
            run.answers?[sheet].notable[index].expected = text("expected")
            run.answers?[sheet].notable[index].answer = text("answer")
            run.answers?[sheet].notable[index].reason = text("reason")
        }
    }
    for index in (run.languages ?? []).indices { run.languages?[index].language = text("language") }
    for record in (run.fidelity ?? []).indices {
        for index in (run.fidelity?[record].worst ?? []).indices {
            run.fidelity?[record].worst[index].token.context = text("context")
            run.fidelity?[record].worst[index].token.token = text("token")
            run.fidelity?[record].worst[index].token.parentChoice = text("choice")
            run.fidelity?[record].worst[index].token.candidateChoice = text("choice")
        }
    }
    run.reuse.changes = [text("change")]
    return run
}

@Suite struct HostileTextTests {
    @Test func aMegabyteInEveryPlaceLeavesThePageSmallAndSaysSo() throws {
        let html = try HTMLReport.render(endlessRun())
        #expect(html.utf8.count < 1_000_000)
        #expect(html.contains("more characters\u{27E9}"))
        #expect(JUnitReport.render(endlessRun()).utf8.count < 200_000)
        #expect(TerminalReport.render(endlessRun()).utf8.count < 100_000)
    }

    @Test func everyPayloadStaysTextInEveryForm() throws {
        let run = payloadRun()
        let html = try HTMLReport.render(run, trends: [sampleTrend()])
        let outline = try #require(XMLOutline(html))
        #expect(outline.all("script").isEmpty && outline.all("img").isEmpty)
        #expect(!outline.elements.contains { $0.attributes.keys.contains { $0.hasPrefix("on") } })
        #expect(!hasHarmfulCharacter(html))
        let junit = JUnitReport.render(run)
        #expect(XMLOutline(junit) != nil && !hasHarmfulCharacter(junit))
        #expect(!hasHarmfulCharacter(TerminalReport.render(run)))
        // JSON keeps every text as it was; only its escapes differ.
        let json = try JSONValue(JSONReport.render(run))
        #expect(json["command"] == .string(run.command))
        #expect(json["validation"]?["samples"]?[3]?["quantized"] == .string(try #require(run.texts)[3].candidate))
        let answer = try #require(run.answers)[1].notable[4]
        #expect(json["answers"]?[1]?["notable"]?[4]?["answer"] == .string(answer.answer))
        #expect(!hasHarmfulCharacter(try MarkdownReport.render(run)))
    }

    @Test func aLoneSurrogateInARecordIsAnErrorAndNoCrash() {
        let json = #"{"prompt": "\#("\\")ud800", "x": 1}"#
        #expect(throws: (any Error).self) { try JSONDecoder().decode(TextPairRecord.self, from: Data(json.utf8)) }
    }

    @Test func whatIsCutIsCounted() {
        let text = VisibleText(String(repeating: "a", count: 1_000_000), limit: 100).text
        #expect(text == String(repeating: "a", count: 100) + "\u{2026} \u{27E8}999,900 more characters\u{27E9}")
        #expect(VisibleText(String(repeating: "a", count: 130), limit: 100).text.count == 130)
    }

    @Test func marksPiledOnOneLetterAreCounted() {
        let text = VisibleText(stackedText).text
        #expect(text.unicodeScalars.count { $0 == "\u{301}" } == 8)
        #expect(text.contains("\u{27E8}2992 more marks\u{27E9}after"))
        // Hebrew with vowels and accents, and Thai, are spelled as they are.
        for word in [
            "\u{5D1}\u{5B0}\u{5BC}\u{5E8}\u{5B5}\u{5D0}\u{5E9}\u{5B4}\u{5C1}\u{596}\u{5D9}\u{5EA}",
            "\u{E17}\u{E35}\u{E48}",
        ] {
            #expect(VisibleText(word).text == word)
        }
    }

    @Test(arguments: ["a\u{200B}b", "a\u{AD}b", "a\u{2060}b", "\u{FEFF}a", "a\u{206A}b"])
    func whatTakesNoRoomIsShown(text: String) {
        #expect(VisibleText(text).text.contains("\u{27E8}U+"))
    }
}
