import Foundation
import LabCore
import TestSupport
import Testing

/// Tools, which take a template that knows them.
@Suite("Tools of a serving worker", .serialized)
struct ServingToolsTests {
    /// A worker with the embedded model, whose template is one that knows tools.
    private static func serving(in folder: TemporaryFolder) throws -> ServingWorker {
        let file = EngineWorkerTests.root.appendingPathComponent("fixtures/serving/tools-template.jinja")
        let template = try String(contentsOf: file, encoding: .utf8)
        return try ServingWorker(GenerationWorker.model(withTemplate: template, in: folder), contextLength: 1024)
    }

    private static let tools = """
        [{"type":"function","function":{"name":"add","description":"Adds.","parameters":{"type":"object","properties":\
        {"first":{"type":"integer","minimum":0,"maximum":9},"sign":{"enum":["plus"]}},"required":["first","sign"],\
        "additionalProperties":false}}}]
        """

    /// The embedded model calls no tools of its own accord.
    private static let call = #"""
        root ::= "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"first\": " [0-9] ", \"sign\": \"plus\"}}\n</tool_call>"
        """#

    @Test func areCalledAndStreamed() async throws {
        let folder = try TemporaryFolder()
        let serving = try Self.serving(in: folder)
        defer { serving.connection.stop() }
        let conversation = ServedPrompt.Conversation(
            messages: #"[{"role":"user","content":"What is 2 + 3?"}]"#, tools: Self.tools, toolChoice: "required")
        let answer = await serving.answer(
            ServedPrompt(.conversation(conversation), maximumTokens: 200, grammar: Self.call))
        #expect(answer.failure == nil, "\(answer)")
        #expect(answer.end?.reason == .toolCalls)
        #expect(answer.calls.first?.name == "add")
        #expect(answer.calls.count > 1, "the arguments come in pieces")
        struct Arguments: Decodable {
            var first: Int
            var sign: String
        }
        let json = answer.calls.map(\.arguments).joined()
        let arguments = try JSONDecoder().decode(Arguments.self, from: Data(json.utf8))
        #expect((0...9).contains(arguments.first))
        #expect(arguments.sign == "plus")
    }

    /// A call that is none, behind what was said, and which ends the text's form.
    @Test func nothingIsLostOfATextWithoutTheTemplatesForm() async throws {
        let folder = try TemporaryFolder()
        let serving = try Self.serving(in: folder)
        defer { serving.connection.stop() }
        let conversation = ServedPrompt.Conversation(
            messages: #"[{"role":"user","content":"What is 2 + 3?"}]"#, tools: Self.tools)
        let answer = await serving.answer(
            ServedPrompt(
                .conversation(conversation), maximumTokens: 200,
                grammar: #"root ::= "I call a tool: <tool_call>\nnothing of the kind</tool_call> and go on.""#))
        #expect(answer.failure == nil, "\(answer)")
        #expect(answer.calls.isEmpty)
        #expect(answer.content == "I call a tool: <tool_call>\nnothing of the kind</tool_call> and go on.")
    }

    @Test func areLeftOutWhereNoneIsToBeCalled() async throws {
        let folder = try TemporaryFolder()
        let serving = try Self.serving(in: folder)
        defer { serving.connection.stop() }
        let conversation = ServedPrompt.Conversation(
            messages: #"[{"role":"user","content":"What is 2 + 3?"}]"#, tools: Self.tools, toolChoice: "none")
        let answer = await serving.answer(ServedPrompt(.conversation(conversation), maximumTokens: 40))
        #expect(answer.failure == nil, "\(answer)")
        #expect(answer.calls.isEmpty)
        #expect(answer.end != nil)
    }
}
