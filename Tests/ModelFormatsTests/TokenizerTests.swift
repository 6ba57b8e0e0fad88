import Foundation
import ModelFormats
import Testing

@Suite("Tokenizer files")
struct TokenizerTests {
    private func object(_ text: String) throws -> JSONObject {
        try JSONObject(JSONValue.parse(Array(text.utf8), file: "t.json"), file: "t.json")
    }

    private func definition(merges: String, extra: String = "") throws -> TokenizerDefinition {
        try TokenizerDefinition(
            object(#"{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":\#(merges)}\#(extra)}"#))
    }

    @Test("merges are read in both forms", arguments: [#"["a b"]"#, #"[["a","b"]]"#])
    func merges(text: String) throws {
        #expect(try definition(merges: text).merges.map { [$0.left, $0.right] } == [["a", "b"]])
    }

    @Test("a merge of one or three parts is an error", arguments: [#"["ab"]"#, #"["a b c"]"#, #"[["a"]]"#, "[1]"])
    func badMerges(text: String) {
        let error = #expect(throws: FormatError.self) { try definition(merges: text) }
        #expect(error?.subject == "key 'model.merges'")
    }

    @Test("added tokens, the pre-tokenizer alone or in a sequence, and processors")
    func parts() throws {
        let split = #"{"type":"Split","pattern":{"Regex":"x+"},"behavior":"Isolated"}"#
        let sequence = #"{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},\#(split)]}"#
        for (preTokenizer, steps) in [
            (split, [SplittingStep.split(pattern: "x+")]),
            (sequence, [.digits(individual: true), .split(pattern: "x+")]),
        ] {
            let read = try definition(
                merges: "[]",
                extra: #","added_tokens":[{"id":7,"content":"<|x|>","special":true},{"id":3,"content":"<t>"}]"#
                    + #","pre_tokenizer":\#(preTokenizer),"normalizer":{"type":"NFC"}"#
                    + #","post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel"}]}"#)
            #expect(read.preTokenizer == steps)
            #expect(read.addedTokens.map(\.isSpecial) == [true, false])
            #expect(read.idCount == 8)
            #expect(read.normalizers == [.other("NFC")])
            #expect(read.postProcessors == [.byteLevel])
        }
    }

    @Test(
        "steps that cut in another way are told apart",
        arguments: [
            (#"{"type":"Split","pattern":{"String":"x"},"behavior":"Isolated"}"#, "Split (Isolated)"),
            (#"{"type":"Split","pattern":{"Regex":"x"},"behavior":"Removed"}"#, "Split (Removed)"),
            (#"{"type":"Split","pattern":{"Regex":"x"},"behavior":"Isolated","invert":true}"#, "Split (Isolated)"),
            (#"{"type":"Digits","individual_digits":false}"#, "Digits"),
            (#"{"type":"ByteLevel","add_prefix_space":true,"use_regex":false}"#, "ByteLevel (add_prefix_space)"),
            (#"{"type":"ByteLevel","add_prefix_space":false}"#, "ByteLevel with its expression"),
            (#"{"type":"Metaspace"}"#, "Metaspace '\u{2581}', with split"),
            (
                #"{"type":"Metaspace","prepend_scheme":"never","split":false}"#,
                "Metaspace '\u{2581}', none before the text"
            ),
            (#"{"type":"WhitespaceSplit"}"#, "WhitespaceSplit"),
        ])
    func steps(text: String, description: String) throws {
        let read = try definition(merges: "[]", extra: #","pre_tokenizer":\#(text)"#)
        #expect(read.preTokenizer.map(\.description) == [description])
    }

    @Test("the pieces of a template")
    func template() throws {
        let read = try definition(
            merges: "[]",
            extra: #","post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","#
                + #""type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[]}"#)
        #expect(read.postProcessors == [.template(single: [.special("<s>"), .sequence("A")], pair: [])])
    }

    @Test("another kind of model is refused by name")
    func otherModel() {
        let error = #expect(throws: FormatError.self) {
            try TokenizerDefinition(object(#"{"model":{"type":"Unigram","vocab":[]}}"#))
        }
        #expect(error?.description.contains("Unigram") == true)
    }

    @Test("special tokens are texts or objects; the template of the file wins over the separate one")
    func configuration() throws {
        let read = try TokenizerConfiguration(
            object(
                #"{"bos_token":null,"eos_token":"<|e|>","pad_token":{"content":"<|p|>"},"add_bos_token":false,"#
                    + #""chat_template":"inner"}"#),
            separateTemplates: [.init(name: "default", source: "outer")])
        #expect(read.specialTokens == [.eos: "<|e|>", .pad: "<|p|>"])
        #expect(read.plainTokens == [.eos])
        #expect(read.addsToken == [.bos: false])
        #expect(read.chatTemplate == "inner")
        #expect(
            try TokenizerConfiguration(object("{}"), separateTemplates: [.init(name: "default", source: "outer")])
                .chatTemplate == "outer")
        let several = try TokenizerConfiguration(
            object(#"{"chat_template":[{"name":"tool","template":"t"},{"name":"default","template":"d"}]}"#),
            separateTemplates: [])
        #expect(several.chatTemplate == "d")
        #expect(several.chatTemplates.map(\.name) == ["tool", "default"])
    }

    @Test("recommended sampling; the end of a text is one id or several")
    func generation() throws {
        let read = try GenerationConfiguration(
            object(#"{"temperature":0.6,"top_k":20,"top_p":0.95,"eos_token_id":[5,3]}"#))
        #expect(read.temperature == 0.6)
        #expect(read.topK == 20)
        #expect(read.minP == nil)
        #expect(read.eosTokenIDs == [5, 3])
        #expect(try GenerationConfiguration(object(#"{"eos_token_id":5}"#)).eosTokenIDs == [5])
    }

    @Test("the front matter of a card: scalars, both kinds of lists, and nothing of nested maps")
    func card() {
        let card = ModelCard(
            """
            ---
            license: apache-2.0  # open
            language:
              - en
              - "no"
            tags: [chat, 'a b']
            model-index:
            - name: x
              results: []
            base_model:
            - Qwen/Qwen3-8B-Base
            ---
            # Title
            license: not here
            """)
        #expect(card.value("license") == "apache-2.0")
        #expect(card.values("language") == ["en", "no"])
        #expect(card.values("tags") == ["chat", "a b"])
        #expect(card.values("base_model") == ["Qwen/Qwen3-8B-Base"])
        #expect(card.values("model-index") == nil)
        #expect(ModelCard("# no front matter\nlicense: x").value("license") == nil)
    }

    @Test("the real Qwen3 tokenizer", .enabled(if: RealTokenizer.isAvailable, RealTokenizer.why))
    func real() throws {
        let file = try RandomAccessFile(RealTokenizer.url)
        let read = try TokenizerDefinition(JSONObject(contentsOf: file))
        // Counted by Python's json module.
        #expect(read.vocabulary.count == 151_643)
        #expect(read.merges.count == 151_387)
        #expect(read.addedTokens.count == 26)
        #expect(read.idCount == 151_669)
        #expect(read.preTokenizer.count == 2)
        #expect(read.preTokenizer.last == .byteLevel(splits: false))
    }
}

/// The tokenizer of Qwen/Qwen3-8B, which the repository does not carry.
enum RealTokenizer {
    static let why: Comment =
        "needs qwen3/tokenizer.json of Qwen/Qwen3-8B in the directory named by LAB_DATA, or in ../shared/data"

    static var url: URL {
        let repository = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let data =
            ProcessInfo.processInfo.environment["LAB_DATA"].map { URL(fileURLWithPath: $0) }
            ?? repository.appendingPathComponent("../shared/data")
        return data.appendingPathComponent("qwen3/tokenizer.json")
    }

    static var isAvailable: Bool { FileManager.default.fileExists(atPath: url.path) }
}
