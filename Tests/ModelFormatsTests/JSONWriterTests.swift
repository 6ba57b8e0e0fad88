import ModelFormats
import Testing

@Suite("JSON writing")
struct JSONWriterTests {
    private static let value = JSONValue.object([
        JSONMember(name: "text", value: .string("a \"b\" \\ \n\t\u{1} \u{e9}\u{1F600}")),
        JSONMember(name: "numbers", value: .array([.integer(-3), .number(1e-6), .number(10_000), .number(0.1)])),
        JSONMember(name: "none", value: .array([])),
        JSONMember(name: "rest", value: .object([JSONMember(name: "yes", value: .bool(true))])),
        JSONMember(name: "null", value: .null),
    ])

    @Test("a document reads back as it was", arguments: [nil, 4])
    func roundTrip(indentation: Int?) throws {
        let text = Self.value.text(indentation: indentation)
        #expect(try JSONValue.parse(Array(text.utf8), file: "x") == Self.value)
    }

    @Test("indented text is that of Python's json.dumps with indent=2")
    func indented() {
        let value = JSONValue.object([
            JSONMember(name: "a", value: .array([.integer(1), .number(1e-6)])),
            JSONMember(name: "b", value: .object([])),
        ])
        #expect(value.text(indentation: 2) == "{\n  \"a\": [\n    1,\n    1e-06\n  ],\n  \"b\": {}\n}")
    }
}
