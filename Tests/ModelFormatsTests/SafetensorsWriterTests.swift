import Foundation
import LabCore
import ModelFormats
import TestSupport
import Testing

@Suite("Safetensors writing")
struct SafetensorsWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let layout = SafetensorsLayout(
        metadata: [("format", "mlx")],
        tensors: [
            .init(name: "a \"quoted\" name", scalarType: .uint32, shape: [2, 3]),
            .init(name: "scalar", scalarType: .bfloat16, shape: []),
            .init(name: "empty", scalarType: .float32, shape: [0, 4]),
            .init(name: "last", scalarType: .float16, shape: [5]),
        ])

    private func data(_ index: Int) -> [UInt8] {
        (0..<Int(Self.layout.tensors[index].byteCount)).map { UInt8(truncatingIfNeeded: $0 + 17 * index) }
    }

    @Test(
        "what is written in any order reads back, and has the digest that was told",
        arguments: [[0, 1, 3], [3, 1, 0]])
    func roundTrip(order: [Int]) throws {
        let url = folder.url.appendingPathComponent("m.safetensors")
        let writer = try SafetensorsWriter(url, layout: Self.layout)
        for half in 0..<2 {
            for index in order {
                let bytes = data(index)
                let middle = bytes.count / 2
                let range = half == 0 ? 0..<middle : middle..<bytes.count
                try bytes.withUnsafeBytes {
                    try writer.write(
                        UnsafeRawBufferPointer(rebasing: $0[range]), toTensor: index, at: Int64(range.lowerBound))
                }
            }
        }
        let digest = try writer.seal()
        #expect(!FileManager.default.fileExists(atPath: url.path))
        try writer.commit()
        #expect(try digest == FileDigest.compute(url))
        let file = try SafetensorsFile(url)
        #expect(file.sizeBytes == Self.layout.fileBytes)
        #expect(file.tensors.map(\.name) == ["a \"quoted\" name", "empty", "last", "scalar"])
        for (index, tensor) in Self.layout.tensors.enumerated() {
            let read = try #require(file.tensors.first { $0.name == tensor.name })
            #expect(read == tensor)
            var bytes = [UInt8](repeating: 0, count: Int(read.byteCount))
            try bytes.withUnsafeMutableBytes { try file.read(read, from: 0, into: $0) }
            #expect(bytes == data(index))
        }
    }

    @Test("the header is the format's, by hand, and the data starts at a multiple of eight")
    func header() throws {
        let layout = SafetensorsLayout(
            metadata: [("format", "mlx")], tensors: [.init(name: "w", scalarType: .uint32, shape: [1, 2])])
        let url = folder.url.appendingPathComponent("m.safetensors")
        let writer = try SafetensorsWriter(url, layout: layout)
        try [UInt8](1...8).withUnsafeBytes { try writer.write($0, toTensor: 0, at: 0) }
        _ = try writer.seal()
        try writer.commit()
        let text = #"{"__metadata__":{"format":"mlx"},"w":{"dtype":"U32","shape":[1,2],"data_offsets":[0,8]}}"#
        #expect(text.utf8.count == 88)
        let written = try Data(contentsOf: url)
        #expect(written == Data([88, 0, 0, 0, 0, 0, 0, 0]) + Data(text.utf8) + Data(1...8))
    }

    @Test("a file that is not committed leaves nothing")
    func dropped() throws {
        do { _ = try SafetensorsWriter(folder.url.appendingPathComponent("m.safetensors"), layout: Self.layout) }
        #expect(try folder.contents.isEmpty)
    }
}
