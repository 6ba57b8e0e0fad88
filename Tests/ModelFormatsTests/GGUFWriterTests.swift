import Foundation
import LabCore
import ModelFormats
import TestSupport
import Testing

@Suite("GGUF writing")
struct GGUFWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var metadata: GGUFMetadata {
        var metadata = GGUFMetadata()
        metadata["general.architecture"] = .string("qwen3")
        metadata["uint8"] = .uint8(.max)
        metadata["int8"] = .int8(.min)
        metadata["uint16"] = .uint16(.max)
        metadata["int16"] = .int16(.min)
        metadata["uint32"] = .uint32(.max)
        metadata["int32"] = .int32(.min)
        metadata["float32"] = .float32(-0.1)
        metadata["bool"] = .bool(false)
        metadata["uint64"] = .uint64(.max)
        metadata["int64"] = .int64(.min)
        metadata["float64"] = .float64(.pi)
        metadata["array.uint8"] = .array(.uint8([1, 2]))
        metadata["array.int8"] = .array(.int8([-1]))
        metadata["array.uint16"] = .array(.uint16([3]))
        metadata["array.int16"] = .array(.int16([-3]))
        metadata["array.uint32"] = .array(.uint32([5]))
        metadata["array.int32"] = .array(.int32([-5, 6]))
        metadata["array.float32"] = .array(.float32([0.5]))
        metadata["array.bool"] = .array(.bool([true, false]))
        metadata["array.string"] = .array(.string(["", "\u{120}x"]))
        metadata["array.uint64"] = .array(.uint64([7]))
        metadata["array.int64"] = .array(.int64([-7]))
        metadata["array.float64"] = .array(.float64([.pi]))
        return metadata
    }

    private let requests = [
        GGUFLayout.Request(name: "odd", type: .f32, dimensions: [3]),
        GGUFLayout.Request(name: "blocks", type: .q6_K, dimensions: [256, 2]),
    ]

    private func write(_ layout: GGUFLayout, to url: URL, order: [Int]) throws -> Digest {
        let writer = try GGUFWriter(url, layout: layout)
        for index in order {
            let count = Int(layout.tensors[index].byteCount)
            let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 + 17 * index) }
            let half = count / 2
            try data.withUnsafeBytes {
                try writer.write(UnsafeRawBufferPointer(rebasing: $0[..<half]), toTensor: index, at: 0)
                try writer.write(UnsafeRawBufferPointer(rebasing: $0[half...]), toTensor: index, at: Int64(half))
            }
        }
        let digest = try writer.seal()
        try writer.commit()
        return digest
    }

    @Test("every metadata type and all tensor bytes come back, in any order of writing", arguments: [[0, 1], [1, 0]])
    func roundTrip(order: [Int]) throws {
        let layout = try GGUFLayout(metadata: metadata, tensors: requests)
        let url = folder.url.appendingPathComponent("m.gguf")
        let digest = try write(layout, to: url, order: order)
        #expect(try FileDigest.compute(url) == digest)
        let file = try GGUFReader(url)
        #expect(file.metadata == metadata)
        #expect(file.tensors == layout.tensors)
        #expect(file.sizeBytes == layout.fileBytes)
        #expect(file.dataOffset == layout.dataOffset)
        // 12 bytes padded to 32, then two blocks of 210 padded to 448.
        #expect(layout.tensors.map(\.offset) == [0, 32])
        #expect(layout.fileBytes - layout.dataOffset == 32 + 448)
        #expect(try file.data(of: file.tensors[1]).first == 17)
        #expect(try folder.contents == ["m.gguf"])
    }

    @Test("a file that is given up leaves nothing")
    func discarded() throws {
        let layout = try GGUFLayout(metadata: metadata, tensors: requests)
        let writer = try GGUFWriter(folder.url.appendingPathComponent("m.gguf"), layout: layout)
        #expect(try folder.contents.count == 1)
        writer.discard()
        #expect(try folder.contents.isEmpty)
    }

    @Test("rows that whole blocks do not fill are refused")
    func brokenBlocks() {
        let request = GGUFLayout.Request(name: "t", type: .q4_K, dimensions: [288, 2])
        let error = #expect(throws: FormatError.self) { try GGUFLayout(metadata: metadata, tensors: [request]) }
        #expect(error?.description.contains("tensor 't': Q4_K cannot hold the shape [288, 2]") == true)
    }

    @Test("setting a key last moves it behind the others")
    func setLast() {
        var metadata = GGUFMetadata()
        metadata["a"] = .bool(true)
        metadata["b"] = .bool(true)
        metadata.setLast("a", .bool(false))
        #expect(metadata.entries.map(\.key) == ["b", "a"])
        metadata["b"] = nil
        #expect(metadata.entries.map(\.key) == ["a"])
    }
}
