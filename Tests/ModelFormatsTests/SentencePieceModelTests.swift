import Foundation
import ModelFormats
import TestSupport
import Testing

@Suite("SentencePiece files")
struct SentencePieceModelTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ bytes: [UInt8]) throws -> SentencePieceModel {
        try SentencePieceModel(RandomAccessFile(folder.file("tokenizer.model", bytes)))
    }

    /// A piece "ab" of score 1.5, a byte, and a trainer of BPE; encoded by hand after protobuf's rules.
    private static let piece: [UInt8] = [0x0A, 0x09, 0x0A, 0x02, 0x61, 0x62, 0x15, 0x00, 0x00, 0xC0, 0x3F]
    private static let byte: [UInt8] = [0x0A, 0x0A, 0x0A, 0x06] + Array("<0x41>".utf8) + [0x18, 0x06]
    private static let trainer: [UInt8] = [0x12, 0x02, 0x18, 0x02]

    @Test("texts, scores and kinds; unknown fields are passed over")
    func pieces() throws {
        // Field 9 as a varint and as 64 bits.
        let unknown: [UInt8] = [0x48, 0x96, 0x01, 0x49, 1, 2, 3, 4, 5, 6, 7, 8]
        let model = try read(Self.piece + unknown + Self.byte + Self.trainer)
        #expect(model.pieces.map(\.text) == ["ab", "<0x41>"])
        #expect(model.pieces.map(\.score) == [1.5, 0])
        #expect(model.pieces.map(\.kind) == [.normal, .byte])
    }

    @Test("a model that is no BPE is refused", arguments: [[], [0x12, 0x02, 0x18, 0x01]] as [[UInt8]])
    func unigram(trainer: [UInt8]) {
        let error = #expect(throws: FormatError.self) { try read(Self.piece + trainer) }
        #expect(error?.code == .unsupported)
        #expect(error?.remedy?.contains("BPE") == true)
    }

    @Test(
        "damaged files are errors",
        arguments: [
            // Nothing, a text, a field that ends behind the file, an endless number, a kind that is none, bad UTF-8.
            [], Array("IQ== 0\nIg== 1\n".utf8), [0x0A, 0x7F, 0x0A], [UInt8](repeating: 0xFF, count: 12),
            piece + [0x0A, 0x06, 0x0A, 0x02, 0x61, 0x62, 0x18, 0x07] + trainer,
            [0x0A, 0x04, 0x0A, 0x02, 0xFF, 0xFE] + trainer,
        ] as [[UInt8]])
    func damaged(bytes: [UInt8]) {
        let error = #expect(throws: FormatError.self) { try read(bytes) }
        #expect(error?.code == .malformed)
        #expect(error?.file.hasSuffix("tokenizer.model") == true)
    }
}
