public import Foundation
public import LabCore
import ModelFormats

/// A pack as one file that can be published: a parent's predictions on one text, all of its windows.
///
/// | bytes | content |
/// |---|---|
/// | 8 | "LPPACK" and the version in two digits |
/// | 8 | length of the header, little-endian |
/// | header | JSON: description, text, bytes of a record |
/// | records | one for each window of the text, in order, in the form of `ChunkPredictions` |
/// | 32 | SHA-256 of all before |
public struct PackFile: Sendable {
    /// What the file says of itself.
    public struct Header: Hashable, Sendable, Codable {
        /// Whose predictions these are.
        public var pack: PackDescription
        /// The text.
        public var text: PackText
        /// Bytes of each record.
        public var recordBytes: Int
    }

    /// What the file says of itself.
    public let header: Header
    /// The file.
    public let url: URL
    private let content: Data
    private let start: Int

    private static let magic = Data("LPPACK01".utf8)
    private static let digestBytes = 32

    /// Reads a file and checks its structure and its digest.
    ///
    /// - Throws: ``RunnerError`` that names the file and what is wrong with it.
    public init(contentsOf url: URL) throws {
        self.url = url
        do {
            content = try Data(contentsOf: url, options: .mappedIfSafe)
        } catch {
            throw RunnerError("\(url.path) cannot be read: \(error.localizedDescription)", remedy: "name a pack's file")
        }
        func broken(_ what: String) -> RunnerError {
            RunnerError("\(url.path) is no whole pack: \(what)", remedy: "fetch or export it again")
        }
        let prefix = Self.magic.count + 8
        guard content.count > prefix + Self.digestBytes, content.prefix(Self.magic.count) == Self.magic else {
            throw broken("it does not begin like one")
        }
        let length = content[Self.magic.count..<prefix].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let body = content.count - Self.digestBytes
        guard length <= UInt64(body - prefix) else { throw broken("its header is longer than the file") }
        start = prefix + Int(length)
        do {
            header = try JSONDecoder().decode(Header.self, from: content[prefix..<start])
        } catch {
            throw broken("its header cannot be read: \(error)")
        }
        guard header.pack.version == PackDescription.supportedVersion else {
            throw RunnerError(
                "\(url.path) has version \(header.pack.version); this lab knows \(PackDescription.supportedVersion)",
                remedy: "use the newer lab")
        }
        let expected = header.text.windows.count.multipliedReportingOverflow(by: header.recordBytes)
        guard header.recordBytes > 0, !expected.overflow, expected.partialValue == body - start else {
            throw broken("\(header.text.windows.count) records do not fill it")
        }
        guard Data(Digest(of: content.prefix(body)).bytes) == content.suffix(Self.digestBytes) else {
            throw broken("its digest does not fit")
        }
    }

    /// The file's size.
    public var sizeBytes: ByteSize { ByteSize(Int64(content.count)) }

    /// The digest of the file's content, which it ends with.
    public var digest: Digest { Digest(of: content.dropLast(Self.digestBytes)) }

    /// Checks each record against its window, and returns the summed score.
    ///
    /// - Throws: ``RunnerError`` that names the file and the window.
    public func verify() throws -> ChunkScore {
        var sum = ChunkScore(nllSumNats: 0, tokenCount: 0)
        for index in header.text.windows.indices {
            let score = try predictions(at: index).score
            sum.nllSumNats += score.nllSumNats
            sum.tokenCount += score.tokenCount
        }
        return sum
    }

    /// The record of a window by its position in the text.
    func record(at index: Int) -> Data {
        let from = content.startIndex + start + index * header.recordBytes
        return Data(content[from..<from + header.recordBytes])
    }

    private func predictions(at index: Int) throws -> ChunkPredictions {
        let predictions: ChunkPredictions
        do {
            predictions = try ChunkPredictions(decoding: record(at: index))
        } catch {
            throw RunnerError("\(url.path): window \(index): \(error)", remedy: "fetch or export it again")
        }
        guard predictions.tokens == header.text.windows[index], predictions.settings == header.pack.settings else {
            throw RunnerError(
                "\(url.path): window \(index) holds other predictions than the header says",
                remedy: "fetch or export it again")
        }
        return predictions
    }

    /// Writes a pack's records of one text as a file.
    ///
    /// - Throws: ``RunnerError`` when a window has no record; it says how to make it.
    static func write(_ pack: PredictionPack, text: PackText, to url: URL) throws {
        let records = text.windows.compactMap { pack.record(of: $0)?.data }
        guard let first = records.first, records.count == text.windows.count else {
            throw RunnerError(
                "pack \(pack.description.id.short) has \(records.count) of \(text.windows.count) windows of \(text.name)",
                remedy: "run the evaluation with --full, then export again")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = try encoder.encode(Header(pack: pack.description, text: text, recordBytes: first.count))
        var content = magic
        withUnsafeBytes(of: UInt64(header.count).littleEndian) { content.append(contentsOf: $0) }
        content += header
        for record in records { content += record }
        content += Data(Digest(of: content).bytes)
        try AtomicFile.write(content, to: url)
    }
}
