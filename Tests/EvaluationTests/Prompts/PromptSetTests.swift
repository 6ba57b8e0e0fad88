import Evaluation
import Foundation
import LabCore
import Testing

@Suite("Prompt sets")
struct PromptSetTests {
    private func load(_ data: Data, name: String = "example") throws(SuiteError) -> PromptSet {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("prompts-\(UUID()).jsonl")
        _ = FileManager.default.createFile(atPath: file.path, contents: data)
        defer { try? FileManager.default.removeItem(at: file) }
        return try PromptSet(name: name, contentsOf: file)
    }

    private func load(_ text: String, name: String = "example") throws(SuiteError) -> PromptSet {
        try load(Data(text.utf8), name: name)
    }

    private static let rest = #""source":"written for the lab","licence":"MIT""#
    private static let number =
        #"{"id":"a","language":"en","messages":[{"role":"user","content":"1 + 1?"}],"answer":"2","check":"number",\#(rest)}"#

    @Test("a set is read as it is written")
    func valid() throws {
        let text = """
            \(Self.number)
            {"id":"b","language":"zh-Hans","prompt":"从前\\u6709\\ud83d\\ude00","check":"none","kind":"story",\(Self.rest)}
            {"id":"c","language":"en","messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}],\
            "answer":"Paris","accept":["Paname"],"check":"text","thinking":true,\(Self.rest)}
            {"id":"d","language":"en","messages":[{"role":"user","content":"f?"}],"check":"python","function":"f_1",\
            "cases":[[1.0, [2, "x"]], [null,true]],\(Self.rest)}

            """
        let set = try load(text)
        #expect(set.name == "example")
        #expect(set.digest == Digest(of: text))
        #expect(set.samples.map(\.id) == ["a", "b", "c", "d"])
        #expect(set.languages == ["en", "zh-Hans"])
        #expect(set.samples(in: "en").map(\.id) == ["a", "c", "d"])
        #expect(set.samples[0].check == .number("2"))
        #expect(set.samples[1].prompt(isThinking: true) == .text("从前有😀"))
        #expect(set.samples[1].kind == "story")
        #expect(set.samples[2].check == .text(["Paris", "Paname"]))
        #expect(set.samples[2].accepted == ["Paris", "Paname"])
        #expect(set.samples[2].isThinking == true)
        // Numbers keep their text: 1.0 is no int in Python.
        #expect(set.samples[3].check == .python(function: "f_1", cases: #"[[1.0, [2, "x"]], [null,true]]"#))
        #expect(set.samples[3].source == "written for the lab")
        #expect(set.samples[3].licence == "MIT")
    }

    @Test("the caller's thinking switch goes before the set's")
    func thinking() throws {
        let set = try load(Self.number.replacingOccurrences(of: #""check""#, with: #""thinking":true,"check""#))
        let messages = [ChatMessage(role: "user", content: "1 + 1?")]
        #expect(set.samples[0].prompt(isThinking: nil) == .chat(messages, isThinking: true))
        #expect(set.samples[0].prompt(isThinking: false) == .chat(messages, isThinking: false))
        #expect(try load(Self.number).samples[0].prompt(isThinking: nil) == .chat(messages, isThinking: nil))
    }

    @Test("a prompt's digest tells apart what is asked, not what is right")
    func digests() throws {
        let base = try load(Self.number).samples[0].promptDigest
        #expect(
            try load(Self.number.replacingOccurrences(of: #""answer":"2""#, with: #""answer":"3""#)).samples[0]
                .promptDigest == base)
        #expect(
            try load(Self.number.replacingOccurrences(of: "1 + 1?", with: "1 + 2?")).samples[0].promptDigest != base)
        let raw = Self.number.replacingOccurrences(
            of: #""messages":[{"role":"user","content":"1 + 1?"}]"#, with: #""prompt":"1 + 1?""#)
        #expect(try load(raw).samples[0].promptDigest != base)
    }

    @Test(
        "what is wrong is named by line and key",
        arguments: [
            (#""id":"a""#, #""idd":"a""#, "idd", "unknown key"), (#""id":"a","#, "", "id", "missing"),
            (#""id":"a""#, #""id":7"#, "id", "expected a text"), (#""id":"a""#, #""id":"""#, "id", "expected a text"),
            (#""language":"en""#, #""language":"english_uk""#, "language", "not a language tag"),
            (#""language":"en","#, "", "language", "missing"), (#","licence":"MIT""#, "", "licence", "missing"),
            (#","source":"written for the lab""#, "", "source", "missing"),
            (#","answer":"2""#, "", "answer", "missing"),
            (#""answer":"2""#, #""answer":"two""#, "answer", "not a number"),
            (#""answer":"2""#, #""answer":"2","accept":"3""#, "accept", "list of texts"),
            (#""answer":"2""#, #""answer":"2","accept":["3",4]"#, "accept[1]", "expected a text"),
            (#""answer":"2""#, #""answer":"2","prompt":"x""#, "messages", "a prompt too"),
            (#""messages":[{"role":"user","content":"1 + 1?"}],"#, "", "prompt", "missing"),
            (#""role":"user""#, #""role":"tool""#, "messages[0].role", "unknown role"),
            (#""role":"user""#, #""role":"assistant""#, "messages", "not the user's"),
            (#""role":"user","#, "", "messages[0].role", "missing"),
            (#""role":"user""#, #""role":"user","name":"x""#, "messages[0].name", "unknown key"),
            (#"[{"role":"user","content":"1 + 1?"}]"#, "[]", "messages", "list with messages"),
            (#""check":"number""#, #""check":"guess""#, "check", "unknown check"),
            (#""check":"number""#, #""check":"number","cases":[[1,2]]"#, "cases", "only the check 'python'"),
            (#""check":"number""#, #""check":"python","cases":[[1,2]]"#, "function", "missing"),
            (#""check":"number""#, #""check":"python","function":"f(","cases":[[1,2]]"#, "function", "function's name"),
            (#""check":"number""#, #""check":"python","function":"f""#, "cases", "missing"),
            (#""check":"number""#, #""check":"python","function":"f","cases":[[1]]"#, "cases[0]", "[argument, value]"),
            (#""check":"number""#, #""check":"none","accept":["3"]"#, "accept", "only the checks"),
            (#""check":"number""#, #""check":"number","thinking":"yes""#, "thinking", "true or false"),
            (#""check":"number""#, #""check":"number","thinking":1"#, "thinking", "true or false"),
            (#""check":"number""#, #""check":"number","check":"text""#, "check", "twice"),
        ])
    func wrong(old: String, new: String, key: String, message: String) throws {
        let broken = Self.number.replacingOccurrences(of: #""id":"a""#, with: #""id":"b""#)
            .replacingOccurrences(of: old.replacingOccurrences(of: #""id":"a""#, with: #""id":"b""#), with: new)
        let error = try #require(throws: SuiteError.self) { try load(Self.number + "\n" + broken) }
        #expect(error.line == 2)
        #expect(error.key == key)
        #expect(error.message.contains(message), "\(error)")
        #expect(error.description.contains("prompts-"))
    }

    @Test(
        "a line that is not JSON is named",
        arguments: [
            "x", "[]", "{", #"{"id":}"#, #"{"id":"a"} 1"#, #"{"id":"\q"}"#, #"{"id":"\ud800"}"#, #"{"id":"\u12"}"#,
            #"{"id":01}"#, #"{"id":"a",}"#, "{\"id\":\"a\tb\"}", #"{"id" "a"}"#, #"{'id':"a"}"#, #"{"id":1.}"#,
            #"{"id":"a"#,
            String(repeating: "[", count: 100_000), "", "   ",
        ])
    func notJSON(line: String) throws {
        let error = try #require(throws: SuiteError.self) { try load(Self.number + "\n" + line + "\n") }
        #expect(error.line == 2)
    }

    @Test("ids are unique, files are there, not empty, and UTF-8")
    func files() throws {
        let double = try #require(throws: SuiteError.self) { try load(Self.number + "\n" + Self.number) }
        #expect(double.line == 2)
        #expect(double.key == "id")
        #expect(double.message.contains("line 1"))
        #expect(throws: SuiteError.self) { try load("") }
        #expect(throws: SuiteError.self) { try load("\n") }
        var bytes = Data((Self.number + "\n" + Self.number).utf8)
        bytes[bytes.count - 3] = 0xFF
        let invalid = try #require(throws: SuiteError.self) { try load(bytes) }
        #expect(invalid.line == 2)
        #expect(invalid.message.contains("UTF-8"))
        let missing = try #require(throws: SuiteError.self) {
            try PromptSet(name: "x", contentsOf: URL(fileURLWithPath: "/nowhere/prompts.jsonl"))
        }
        #expect(missing.file.contains("prompts.jsonl"))
        #expect(missing.exitCode == .usage)
    }

    @Test("no damage to one byte crashes the reader: it reads the line or names it")
    func damaged() {
        let bytes = Data(Self.number.utf8)
        var generator = Xoshiro256(seed: Digest(of: "damage"))
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] = UInt8(generator.next(below: 256))
            do throws(SuiteError) {
                let set = try load(damaged)
                #expect(set.samples.count == 1)
            } catch {
                #expect(error.line != nil)
            }
        }
    }
}
