import CodeSandbox
import Testing

@Suite("JSON that loses nothing")
struct JSONValueTests {
    @Test(
        "matches what is equal as JSON",
        arguments: [
            ("3", "3"), ("3.0", "3"), ("3e0", "3"), ("-0", "0"), ("0.30000000000000004", "0.3"), ("0", "0.0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"), ("5e-17", "0.0"),
            (#"{"a":1,"b":[true,null]}"#, #"{ "b" : [ true , null ] , "a" : 1.0 }"#),
            (#""\u00e9\ud83d\ude00""#, "\"é😀\""),
            (#""\/\b\f\n\r\t\"\\""#, #""/\u0008\u000c\u000A\u000d\u0009\u0022\u005c""#),
        ])
    func equal(value: String, expected: String) throws {
        let value = try JSONParser.parse(value)
        #expect(try value.matches(JSONParser.parse(expected)))
        #expect(try JSONParser.parse(value.description) == value)
    }

    @Test(
        "does not match what is another value",
        arguments: [
            ("3", "4"), ("3.0000000001", "3"), ("1", "true"), ("0", "false"), ("0", "null"), ("\"3\"", "3"),
            ("123456789012345678901234567891", "123456789012345678901234567890"), ("0.3000001", "0.3"),
            ("9007199254740993.0", "9007199254740993"), ("[1,2]", "[1]"), ("[1]", "[1,2]"), ("[2,1]", "[1,2]"),
            (#"{"a":1}"#, #"{"b":1}"#), (#"{"a":1,"b":1}"#, #"{"a":1}"#), ("[]", "{}"), ("1e400", "1e500"),
            // The same to a reader, and to Swift's strings; other texts to a program.
            ("\"\u{e9}\"", "\"e\u{301}\""), ("{\"\u{e9}\":1}", "{\"e\u{301}\":1}"),
        ])
    func unequal(value: String, expected: String) throws {
        #expect(try !JSONParser.parse(value).matches(JSONParser.parse(expected)))
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "", " ", "nul", "NaN", "Infinity", "-", "01", "1.", ".5", "1e", "+1", "[1,]", "[1", "{\"a\"}", "{\"a\":1",
            "{a:1}", "{\"a\":1,\"a\":2}", "\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\u12\"", "\"\n\"",
            "1 2", "[] []", "'a'",
        ])
    func refused(_ text: String) {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(text) }
    }

    @Test("is refused when it is no UTF-8, and when it is nested too deeply")
    func hostile() throws {
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0x22, 0xC3, 0x22]) }
        let depth = JSONParser.maximumDepth
        let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        _ = try JSONParser.parse(deep)
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse("[[" + deep + "]]") }
        #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(String(repeating: "[", count: 1_000_000)) }
    }
}
