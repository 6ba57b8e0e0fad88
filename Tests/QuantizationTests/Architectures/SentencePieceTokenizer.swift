import Foundation

/// A SentencePiece vocabulary, as `tokenizer.model` and as the `tokenizer.json` that Hugging Face's library makes of it.
struct SentencePieceTokenizer {
    /// A token; the kinds are those of `sentencepiece_model.proto`.
    struct Piece {
        var text: String
        var score: Float
        var kind: Int
    }

    var pieces: [Piece]

    /// Control tokens, the 256 bytes, a few words, their characters, and one token of each rarer kind.
    static let small: SentencePieceTokenizer = {
        var pieces = [
            Piece(text: "<unk>", score: 0, kind: 2), Piece(text: "<s>", score: 0, kind: 3),
            Piece(text: "</s>", score: 0, kind: 3),
        ]
        pieces += (0..<256).map { byte in
            Piece(text: "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16).uppercased() + ">", score: 0, kind: 6)
        }
        let words = [
            "\u{2581}h", "ll", "\u{2581}he", "or", "\u{2581}hell", "\u{2581}w", "\u{2581}hello", "\u{2581}wor",
        ]
        let characters = ["\u{2581}", "h", "e", "l", "o", "w", "r", "\u{E9}", "e\u{301}"]
        pieces += (words + characters).enumerated().map { Piece(text: $1, score: -Float($0), kind: 1) }
        pieces += [Piece(text: "<custom>", score: 0, kind: 4), Piece(text: "<empty>", score: 0, kind: 5)]
        return SentencePieceTokenizer(pieces: pieces)
    }()

    /// The bytes of `tokenizer.model`.
    var model: Data {
        var data = Data()
        for piece in pieces {
            var message = Self.field(1, Data(piece.text.utf8))
            message.append(Self.key(2, 5))
            withUnsafeBytes(of: piece.score.bitPattern.littleEndian) { message.append(contentsOf: $0) }
            message.append(Self.key(3, 0) + Self.varint(UInt64(piece.kind)))
            data.append(Self.field(1, message))
        }
        // The trainer's model type is BPE (2), and it has byte fallback.
        let trainer = Self.key(3, 0) + Self.varint(2) + Self.key(35, 0) + Self.varint(1)
        data.append(Self.field(2, trainer))
        return data
    }

    private static func key(_ number: UInt64, _ wireType: UInt64) -> Data { varint(number << 3 | wireType) }

    private static func field(_ number: UInt64, _ bytes: Data) -> Data {
        key(number, 2) + varint(UInt64(bytes.count)) + bytes
    }

    private static func varint(_ value: UInt64) -> Data {
        var (rest, data) = (value, Data())
        while rest > 0x7F {
            data.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        data.append(UInt8(rest))
        return data
    }

    /// The merges that Hugging Face's library finds: all ways to put a token together, in the order of its score.
    var merges: [(left: String, right: String)] {
        var known: [[Unicode.Scalar]: Int] = [:]
        for (id, piece) in pieces.enumerated() { known[Array(piece.text.unicodeScalars)] = id }
        var found: [(left: [Unicode.Scalar], right: [Unicode.Scalar], score: Float)] = []
        for piece in pieces where piece.kind == 1 {
            let text = Array(piece.text.unicodeScalars)
            let own = (1..<max(1, text.count)).compactMap { cut -> (left: Int, right: Int, cut: Int)? in
                guard let left = known[Array(text[..<cut])], let right = known[Array(text[cut...])] else { return nil }
                return (left, right, cut)
            }
            found += own.sorted { ($0.left, $0.right) < ($1.left, $1.right) }.map {
                (Array(text[..<$0.cut]), Array(text[$0.cut...]), piece.score)
            }
        }
        return found.enumerated().sorted { one, other in
            let (a, b) = (one.element, other.element)
            if a.score != b.score { return a.score > b.score }
            if a.left.count != b.left.count { return a.left.count > b.left.count }
            if a.right.count != b.right.count { return a.right.count > b.right.count }
            return one.offset < other.offset
        }.map { (Self.text($0.element.left), Self.text($0.element.right)) }
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    static let replace = "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\u{2581}\"}"

    /// A space before the text, and all of them replaced.
    static let prefix =
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\u{2581}\"},\(replace)]}"

    /// The same vocabulary as `tokenizer.json`, with tokens added after it.
    func json(
        special: [String] = [], user: [String] = [], normalizer: String = Self.prefix, preTokenizer: String = "null"
    ) -> String {
        let control = pieces.enumerated().filter { [2, 3].contains($1.kind) }.map { ($0, $1.text, true) }
        let new = (special.map { ($0, true) } + user.map { ($0, false) }).enumerated().map { index, token in
            (id: pieces.count + index, content: token.0, isSpecial: token.1)
        }
        let added = control.map { (id: $0.0, content: $0.1, isSpecial: $0.2) } + new
        let texts = pieces.enumerated().map { "\(quoted($1.text)):\($0)" }.joined(separator: ",")
        let lines = merges.map { "[\(quoted($0.left)),\(quoted($0.right))]" }.joined(separator: ",")
        return """
            {"version":"1.0","truncation":null,"padding":null,"added_tokens":[\(addedTokens(added))],
            "normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),
            "post_processor":\(ByteLevelTokenizer.template(before: ("<s>", 1))),
            "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"\u{2581}"},"content":" "},
            {"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
            "model":{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,
            "end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,
            "vocab":{\(texts)},"merges":[\(lines)]}}
            """
    }
}
