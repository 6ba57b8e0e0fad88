import Foundation
import ModelFormats
import TestSupport
import Testing

@Suite("GGUF reading")
struct GGUFReaderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func header(tensors: UInt64, keys: UInt64, version: UInt32 = 3) -> LittleEndian {
        .raw(Array("GGUF".utf8)) + .integer(version) + .integer(tensors) + .integer(keys)
    }

    private static func tensor(
        _ name: String, _ dimensions: [UInt64], type: UInt32 = 0, offset: UInt64 = 0
    ) -> LittleEndian {
        dimensions.reduce(.text(name) + .integer(UInt32(dimensions.count))) { $0 + .integer($1) }
            + .integer(type) + .integer(offset)
    }

    private static func padded(_ header: LittleEndian, data: Int) -> [UInt8] {
        let missing = (32 - header.bytes.count % 32) % 32
        return (header + .zeros(missing + data)).bytes
    }

    /// Every value type, an array of texts, and two tensors.
    private static var sound: [UInt8] {
        var content = header(tensors: 2, keys: 5)
        content = content + .text("general.architecture") + .integer(UInt32(8)) + .text("qwen3")
        content = content + .text("u8") + .integer(UInt32(0)) + .integer(UInt8(200))
        content = content + .text("f32") + .integer(UInt32(6)) + .integer(Float(1.5).bitPattern)
        content = content + .text("yes") + .integer(UInt32(7)) + .integer(UInt8(1))
        content =
            content + .text("texts") + .integer(UInt32(9)) + .integer(UInt32(8)) + .integer(UInt64(2)) + .text("a")
            + .text("\u{1F999}")
        content = content + tensor("v", [3], offset: 0) + tensor("m", [256, 2], type: 12, offset: 32)
        return padded(content, data: 32 + 288)
    }

    @Test("bytes written by hand are read back")
    func sound() throws {
        var bytes = Self.sound
        let dataStart = bytes.count - 320
        bytes.replaceSubrange(dataStart..<(dataStart + 12), with: (1...12).map(UInt8.init))
        let file = try GGUFReader(folder.file("m.gguf", bytes))
        #expect(file.metadata.entries.map(\.key) == ["general.architecture", "u8", "f32", "yes", "texts"])
        #expect(file.metadata.string("general.architecture") == "qwen3")
        #expect(file.metadata["u8"] == .uint8(200))
        #expect(file.metadata["f32"] == .float32(1.5))
        #expect(file.metadata["yes"] == .bool(true))
        #expect(file.metadata["texts"] == .array(.string(["a", "\u{1F999}"])))
        #expect(file.tensors.map(\.name) == ["v", "m"])
        #expect(file.dataOffset == Int64(dataStart))
        let matrix = try #require(file.tensor("m"))
        #expect(matrix.type == .q4_K)
        #expect(matrix.rowElements == 256)
        #expect(matrix.rowCount == 2)
        #expect(matrix.byteCount == 288)  // 2 blocks of 144 bytes
        #expect(try file.data(of: file.tensors[0]) == (1...12).map(UInt8.init))
    }

    @Test("a file cut at any byte is an error, never a crash")
    func cutAnywhere() throws {
        let whole = Self.sound
        for count in 0..<whole.count {
            let url = try folder.file("cut.gguf", whole.prefix(count))
            #expect(throws: FormatError.self, "cut at \(count)") { try GGUFReader(url) }
        }
    }

    @Test("a file with any byte changed is read or refused, never a crash")
    func changedAnywhere() throws {
        let whole = Self.sound
        for index in 0..<(whole.count - 320) {
            for value: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
                var changed = whole
                changed[index] = value
                let url = try folder.file("changed.gguf", changed)
                _ = try? GGUFReader(url)
            }
        }
    }

    @Test("eight times as many keys take about eight times as long, not sixty-four times")
    func manyKeys() throws {
        func seconds(_ count: Int) throws -> Double {
            var content = Self.header(tensors: 0, keys: UInt64(count)).bytes
            for index in 0..<count {
                content += (LittleEndian.text("k\(index)") + .integer(UInt32(0)) + .integer(UInt8(index % 256))).bytes
            }
            let url = try folder.file("m.gguf", content)
            let last = UInt8((count - 1) % 256)
            return try (0..<5).map { _ in
                try ContinuousClock().measure {
                    let file = try GGUFReader(url)
                    #expect(file.metadata["k\(count - 1)"] == .uint8(last))
                    #expect(file.metadata["k\(count)"] == nil)
                } / .seconds(1)
            }.reduce(.infinity, min)
        }
        let ratio = try seconds(64_000) / seconds(8000)
        #expect(ratio < 24, "\(ratio)")
    }

    @Test("keys keep their places when others are set, removed and appended")
    func metadataPlaces() {
        var metadata = GGUFMetadata()
        for (index, key) in ["a", "b", "c", "d"].enumerated() { metadata[key] = .uint8(UInt8(index)) }
        metadata["c"] = .uint8(9)
        metadata["b"] = nil
        metadata["none"] = nil
        metadata.setLast("a", .uint8(7))
        #expect(metadata.entries.map(\.key) == ["c", "d", "a"])
        #expect(["a", "b", "c", "d"].map { metadata[$0] } == [.uint8(7), nil, .uint8(9), .uint8(3)])
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let problem: String
        var code = FormatError.Code.malformed
    }

    static let faults: [Fault] = [
        Fault(testDescription: "another format", bytes: Array("GGML".utf8) + .zeros(100), problem: "is no GGUF file"),
        Fault(
            testDescription: "a newer version", bytes: padded(header(tensors: 0, keys: 0, version: 4), data: 0),
            problem: "has the GGUF version 4", code: .unsupported),
        Fault(
            testDescription: "big endian",
            bytes: padded(header(tensors: 0, keys: 0, version: UInt32(3).byteSwapped), data: 0),
            problem: "is big endian", code: .unsupported),
        Fault(
            testDescription: "more tensors than bytes", bytes: padded(header(tensors: .max, keys: 0), data: 0),
            problem: "claims 18446744073709551615 tensors"),
        Fault(
            testDescription: "more keys than bytes", bytes: padded(header(tensors: 0, keys: 1 << 40), data: 0),
            problem: "claims 1099511627776 metadata"),
        Fault(
            testDescription: "a text longer than the file",
            bytes: padded(header(tensors: 0, keys: 1) + .integer(UInt64(1) << 62), data: 64),
            problem: "bytes of text"),
        Fault(
            testDescription: "a text that is not UTF-8",
            bytes: padded(
                header(tensors: 0, keys: 1) + .text("k") + .integer(UInt32(8)) + .integer(UInt64(1)) + .raw([0xFF]),
                data: 0),
            problem: "key 'k': has text that is not valid UTF-8"),
        Fault(
            testDescription: "an unknown value type",
            bytes: padded(header(tensors: 0, keys: 1) + .text("k") + .integer(UInt32(13)), data: 64),
            problem: "key 'k': has the unknown value type 13"),
        Fault(
            testDescription: "an array of arrays",
            bytes: padded(
                header(tensors: 0, keys: 1) + .text("k") + .integer(UInt32(9)) + .integer(UInt32(9)), data: 64),
            problem: "unsupported element type 9"),
        Fault(
            testDescription: "an array longer than the file",
            bytes: padded(
                header(tensors: 0, keys: 1) + .text("k") + .integer(UInt32(9)) + .integer(UInt32(11))
                    + .integer(UInt64(1) << 61), data: 64),
            problem: "key 'k': claims 2305843009213693952 values"),
        Fault(
            testDescription: "a key twice",
            bytes: padded(
                header(tensors: 0, keys: 2) + .text("k") + .integer(UInt32(7)) + .integer(UInt8(1)) + .text("k")
                    + .integer(UInt32(7)) + .integer(UInt8(1)), data: 64),
            problem: "key 'k': occurs twice"),
        Fault(
            testDescription: "an alignment of zero",
            bytes: padded(
                header(tensors: 0, keys: 1) + .text("general.alignment") + .integer(UInt32(4)) + .integer(UInt32(0)),
                data: 64),
            problem: "a power of two is expected"),
        Fault(
            testDescription: "no dimensions", bytes: padded(header(tensors: 1, keys: 0) + tensor("t", []), data: 64),
            problem: "tensor 't': has 0 dimensions"),
        Fault(
            testDescription: "five dimensions",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [1, 1, 1, 1, 1]), data: 64),
            problem: "tensor 't': has 5 dimensions"),
        Fault(
            testDescription: "a dimension of zero",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [0]), data: 64),
            problem: "tensor 't': has a dimension of 0"),
        Fault(
            testDescription: "more elements than 63 bits",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [1 << 40, 1 << 40]), data: 64),
            problem: "tensor 't': has more elements than fit 63 bits"),
        Fault(
            testDescription: "an unknown storage type",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [32], type: 999), data: 64),
            problem: "tensor 't': has the unknown storage type 999"),
        Fault(
            testDescription: "rows of broken blocks",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [128], type: 12), data: 256),
            problem: "tensor 't': has rows of 128 elements, and the blocks of Q4_K have 256"),
        Fault(
            testDescription: "data past the end",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [32]), data: 64),
            problem: "tensor 't': needs 128 bytes at 0, and the file holds 64"),
        Fault(
            testDescription: "an offset beyond any file",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [1], offset: .max), data: 64),
            problem: "tensor 't': lies outside of any file"),
        Fault(
            testDescription: "an offset off the alignment",
            bytes: padded(header(tensors: 1, keys: 0) + tensor("t", [1], offset: 4), data: 64),
            problem: "tensor 't': starts at 4, no multiple of 32"),
        Fault(
            testDescription: "overlapping tensors",
            bytes: padded(header(tensors: 2, keys: 0) + tensor("s", [16]) + tensor("t", [8], offset: 32), data: 64),
            problem: "tensor 't': overlaps tensor 's'"),
        Fault(
            testDescription: "a tensor twice",
            bytes: padded(header(tensors: 2, keys: 0) + tensor("t", [8]) + tensor("t", [8], offset: 32), data: 64),
            problem: "tensor 't': occurs twice"),
    ]

    @Test("a damaged file is an error that names file and part", arguments: faults)
    func damaged(fault: Fault) throws {
        let url = try folder.file("bad.gguf", fault.bytes)
        let error = #expect(throws: FormatError.self) { try GGUFReader(url) }
        #expect(error?.code == fault.code)
        #expect(error?.description.hasPrefix(url.path) == true)
        #expect(error?.description.contains(fault.problem) == true, "\(error?.description ?? "")")
    }
}

extension [UInt8] {
    fileprivate static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
