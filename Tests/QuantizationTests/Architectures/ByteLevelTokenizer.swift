/// The `tokenizer.json` of a byte-level BPE vocabulary, as Hugging Face's library writes it.
struct ByteLevelTokenizer {
    /// How text is cut before the merges, in the words of published files.
    enum Splitting {
        case qwen2, llama3, smollm, tekken

        var json: String {
            func split(_ pattern: String) -> String {
                let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}"#
                return #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\#(pattern)"},"#
                    + #""behavior":"Isolated","invert":false},\#(byteLevel)]}"#
            }
            let words = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"#
            let rest = #"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#
            switch self {
            case .qwen2: return split(words + #"\\p{N}"# + rest)
            case .llama3: return split(words + #"\\p{N}{1,3}"# + rest)
            case .smollm:
                return #"{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},"#
                    + #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}"#
            case .tekken:
                return split(
                    #"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"#
                        + #"|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"#
                        + #"|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#)
            }
        }
    }

    var splitting: Splitting
    var vocabulary: [(text: String, id: Int)]
    var merges: [String]
    var added: [(id: Int, content: String, isSpecial: Bool)]
    var normalizer = "null"
    var postProcessor = "null"
    var ignoresMerges = false

    /// Adds a token before each text and one after it, as far as they are there.
    static func template(before: (text: String, id: Int)?, after: (text: String, id: Int)? = nil) -> String {
        func special(_ token: (text: String, id: Int)?) -> [String] {
            token.map { [#"{"SpecialToken":{"id":"\#($0.text)","type_id":0}}"#] } ?? []
        }
        func sequence(_ name: String) -> [String] {
            special(before) + [#"{"Sequence":{"id":"\#(name)","type_id":0}}"#] + special(after)
        }
        let tokens = [before, after].compactMap(\.self).map {
            #""\#($0.text)":{"id":"\#($0.text)","ids":[\#($0.id)],"tokens":["\#($0.text)"]}"#
        }
        return #"{"type":"TemplateProcessing","single":[\#(sequence("A").joined(separator: ","))],"#
            + #""pair":[\#((sequence("A") + sequence("B")).joined(separator: ","))],"#
            + #""special_tokens":{\#(tokens.joined(separator: ","))}}"#
    }

    static let byteLevel = #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}"#

    /// The 256 bytes, a few words, and tokens before or after them.
    static func small(
        _ splitting: Splitting, special: [String], user: [String] = [], addedFirst: Bool = false,
        normalizer: String = "null", postProcessor: String = "null", ignoresMerges: Bool = false
    ) -> ByteLevelTokenizer {
        let merges = ["h e", "l l", "he ll", "hell o", "\u{120} w", "o r", "\u{120}w or"]
        var texts = bytes + merges.map { $0.replacing(" ", with: "") }
        if addedFirst { texts = special + user + texts }
        let added = (special.map { ($0, true) } + user.map { ($0, false) }).enumerated().map { index, token in
            (id: addedFirst ? index : texts.count + index, content: token.0, isSpecial: token.1)
        }
        return ByteLevelTokenizer(
            splitting: splitting, vocabulary: texts.enumerated().map { ($1, $0) }, merges: merges, added: added,
            normalizer: normalizer, postProcessor: postProcessor, ignoresMerges: ignoresMerges)
    }

    /// The bytes as GPT-2 spells them.
    static let bytes: [String] = {
        let printable = Set(Array(33...126) + Array(161...172) + Array(174...255))
        var next: UInt32 = 256
        return (0..<256).map { byte -> String in
            if printable.contains(byte) { return String(UnicodeScalar(UInt8(byte))) }
            defer { next += 1 }
            return Unicode.Scalar(next).map { String($0) } ?? ""
        }
    }()

    var json: String {
        let texts = vocabulary.map { "\(quoted($0.text)):\($0.id)" }.joined(separator: ",")
        let decoder = #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#
        return """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[\(addedTokens(added))],
            "normalizer":\(normalizer),"pre_tokenizer":\(splitting.json),"post_processor":\(postProcessor),
            "decoder":\(decoder),"model":{"type":"BPE","dropout":null,"unk_token":null,
            "continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
            "ignore_merges":\(ignoresMerges),"vocab":{\(texts)},"merges":[\(merges.map(quoted).joined(separator: ","))]}}
            """
    }
}

/// A text as JSON.
func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case _ where scalar.value < 32:
            result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// The entries of `added_tokens`.
func addedTokens(_ tokens: [(id: Int, content: String, isSpecial: Bool)]) -> String {
    tokens.map {
        #"{"id":\#($0.id),"content":\#(quoted($0.content)),"single_word":false,"lstrip":false,"rstrip":false,"#
            + #""normalized":false,"special":\#($0.isSpecial)}"#
    }.joined(separator: ",")
}
