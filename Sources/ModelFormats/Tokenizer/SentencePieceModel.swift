/// A model's `tokenizer.model`: a SentencePiece vocabulary whose scores say what is merged first.
///
/// The file is a protocol buffer, `sentencepiece_model.proto` of github.com/google/sentencepiece.
public struct SentencePieceModel: Sendable, Equatable {
    /// A token of the vocabulary; its id is its place.
    public struct Piece: Sendable, Equatable {
        /// The text; "▁" stands for a space.
        public let text: String
        /// The higher, the earlier it is merged.
        public let score: Float
        /// What it is.
        public let kind: Kind
    }

    /// What a token is; the numbers are the file's.
    public enum Kind: UInt64, Sendable {
        /// A text.
        case normal = 1
        /// What stands for everything that the vocabulary lacks.
        case unknown = 2
        /// Of the model's own use, never found in text.
        case control = 3
        /// A text that is never cut.
        case userDefined = 4
        /// None.
        case unused = 5
        /// A byte of a character that the vocabulary lacks.
        case byte = 6
    }

    /// The tokens by id.
    public let pieces: [Piece]

    /// Reads a file.
    ///
    /// Throws ``FormatError`` for a damaged file, or one that is no BPE.
    public init(_ file: RandomAccessFile) throws {
        let limit: Int64 = 1 << 28
        guard file.sizeBytes <= limit else {
            throw FormatError.malformed(file.path, nil, "\(file.sizeBytes) bytes are too many for a vocabulary")
        }
        var fields = ProtocolBuffer(try file.read(at: 0, count: Int(file.sizeBytes))[...], file: file.path)
        var pieces: [Piece] = []
        var kind = Self.unigram
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let bytes)): pieces.append(try Self.piece(bytes, index: pieces.count, file: file.path))
            case (2, .bytes(let bytes)): kind = try Self.kind(ofTrainer: bytes, file: file.path) ?? kind
            default: break
            }
        }
        guard !pieces.isEmpty else { throw FormatError.malformed(file.path, nil, "holds no SentencePiece vocabulary") }
        guard kind == Self.bpe else {
            throw FormatError(
                .unsupported, file: file.path, "is no BPE but another kind of SentencePiece model",
                remedy: "Supported are BPE models, such as those of Llama 2 and Mistral.")
        }
        self.pieces = pieces
    }

    private static let unigram: UInt64 = 1
    private static let bpe: UInt64 = 2

    private static func piece(_ bytes: ArraySlice<UInt8>, index: Int, file: String) throws -> Piece {
        var fields = ProtocolBuffer(bytes, file: file)
        var text: String?
        var score: Float = 0
        var kind = Kind.normal
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let bytes)): text = bytes.withUnsafeBytes { String(validating: $0) }
            case (2, .bits32(let bits)): score = Float(bitPattern: bits)
            case (3, .integer(let number)):
                guard let known = Kind(rawValue: number) else {
                    throw FormatError.malformed(file, "token \(index)", "is of the unknown kind \(number)")
                }
                kind = known
            default: break
            }
        }
        guard let text else { throw FormatError.malformed(file, "token \(index)", "has no text in UTF-8") }
        return Piece(text: text, score: score, kind: kind)
    }

    private static func kind(ofTrainer bytes: ArraySlice<UInt8>, file: String) throws -> UInt64? {
        var fields = ProtocolBuffer(bytes, file: file)
        var kind: UInt64?
        while let field = try fields.next() {
            if case (3, .integer(let number)) = (field.number, field.value) { kind = number }
        }
        return kind
    }
}
