import ModelFormats
import Testing

@Suite("JSON")
struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8), file: "f.json") }

    @Test(
        "values keep order, exact integers and exact strings",
        arguments: [
            ("null", JSONValue.null),
            (" [true, false]\n", .array([.bool(true), .bool(false)])),
            ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("-0.5e2", .number(-50)),
            ("1e-06", .number(0.000001)),
            (#""a\"\\\/\b\f\n\r\tA\u00e9""#, .string("a\"\\/\u{08}\u{0C}\n\r\tA\u{E9}")),
            (#""\ud83e\udd99""#, .string("\u{1F999}")),
            (#"{"b":1,"a":{}}"#, .object([.init("b", .integer(1)), .init("a", .object([]))])),
        ])
    func values(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test("strings that Unicode calls equivalent stay distinct bytes")
    func exactBytes() throws {
        guard case .array(let texts) = try parse("[\"\u{E9}\", \"e\u{301}\"]"), case .string(let one) = texts[0],
            case .string(let other) = texts[1]
        else {
            Issue.record("two strings are expected")
            return
        }
        #expect(Array(one.utf8) == [0xC3, 0xA9])
        #expect(Array(other.utf8) == [0x65, 0xCC, 0x81])
    }

    @Test(
        "what RFC 8259 forbids is an error that names file and line",
        arguments: [
            "", "{", "[1,]", "{\"a\" 1}", "{\"a\":1,}", "01", "1.", "1e", "+1", "nul", "\"", "\"\\x\"", "\"\\u12\"",
            "\"\\ud800\"", "\"\\udc00\"", "\"\t\"", "[] []", "NaN", "1e999", "'a'", "\"\\u+123\"",
        ])
    func malformed(text: String) {
        let error = #expect(throws: FormatError.self) { try parse("\n\n" + text) }
        #expect(error?.code == .malformed)
        #expect(error?.description.hasPrefix("f.json: line 3: ") == true)
    }

    @Test("bytes that are not UTF-8 are an error")
    func notUnicode() {
        #expect(throws: FormatError.self) { try JSONValue.parse([0x22, 0xC3, 0x22], file: "f.json") }
    }

    @Test("nesting without end is an error, not a stack overflow")
    func deep() {
        let error = #expect(throws: FormatError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(error?.problem.contains("deeper") == true)
    }

    @Test("a missing key and a wrong type are errors that name the key")
    func keys() throws {
        let object = try JSONObject(parse(#"{"a": {"b": "x"}, "n": null}"#), file: "f.json")
        let inner = try #require(try object.object("a"))
        #expect(throws: FormatError.self) { try inner.integer("b") }
        let error = #expect(throws: FormatError.self) { try inner.require("c", inner.integer) }
        #expect(error?.description == "f.json: key 'a.c': is missing")
        #expect(try object.integer("n") == nil)
    }
}

extension JSONMember {
    fileprivate init(_ name: String, _ value: JSONValue) { self.init(name: name, value: value) }
}
