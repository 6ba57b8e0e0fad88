import Foundation
import ModelFormats
import TestSupport
import Testing

@Suite("Safetensors files")
struct SafetensorsFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A file with this header; the length is told truly unless given.
    private func bytes(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
        (LittleEndian.integer(length ?? UInt64(header.utf8.count)) + .raw(Array(header.utf8)) + .zeros(data)).bytes
    }

    private static func entry(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(begin),\#(end)]}"#
    }

    @Test("a sound file gives names, types, shapes, offsets and bytes")
    func sound() throws {
        let header =
            "{\"__metadata__\":{\"format\":\"pt\"},"
            + Self.entry("b", "BF16", "[2,3]", 0, 12) + "," + Self.entry("a", "F32", "[]", 12, 16) + "}"
        var content = bytes(header, data: 0)
        content += (1...16).map(UInt8.init)
        let file = try SafetensorsFile(folder.file("model.safetensors", content))
        #expect(file.tensors.map(\.name) == ["a", "b"])
        let matrix = file.tensors[1]
        #expect(matrix.scalarType == .bfloat16)
        #expect(matrix.shape == [2, 3])
        #expect(matrix.elementCount == 6)
        #expect(matrix.offset == Int64(8 + header.utf8.count))
        var middle = [UInt8](repeating: 0, count: 4)
        try middle.withUnsafeMutableBytes { try file.read(matrix, from: 6, into: $0) }
        #expect(middle == [7, 8, 9, 10])
        #expect(file.tensors[0].elementCount == 1)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let header: String
        var data = 8
        var length: UInt64?
        let problem: String
    }

    static let faults = [
        Fault(testDescription: "header longer than the file", header: "{}", length: 1 << 20, problem: "claims 1048576"),
        Fault(
            testDescription: "absurd header length", header: "{}", length: .max,
            problem: "claims 18446744073709551615 bytes"),
        Fault(testDescription: "header that is no JSON", header: "{{", problem: "a key in quotes is expected"),
        Fault(testDescription: "header that is no object", header: "[1]", problem: "a JSON object is expected"),
        Fault(
            testDescription: "truncated data", header: "{\(entry("t", "F32", "[4]", 0, 16))}",
            problem: "tensor 't': ends at byte 16 of the data, and the file holds 8"),
        Fault(
            testDescription: "shape against bytes", header: "{\(entry("t", "F32", "[3]", 0, 8))}",
            problem: "tensor 't': has 8 bytes, and F32 of shape [3] needs 12"),
        Fault(
            testDescription: "overlap",
            header: "{\(entry("s", "F32", "[2]", 0, 8)),\(entry("t", "F32", "[1]", 4, 8))}",
            problem: "tensor 't': overlaps tensor 's'"),
        Fault(
            testDescription: "gap", header: "{\(entry("t", "F32", "[1]", 4, 8))}",
            problem: "tensor 't': starts 4 bytes after"),
        Fault(
            testDescription: "bytes of no tensor", header: "{\(entry("t", "F32", "[1]", 0, 4))}",
            problem: "has 4 bytes that belong to no tensor"),
        Fault(
            testDescription: "the same name twice",
            header: "{\(entry("t", "F32", "[1]", 0, 4)),\(entry("t", "F32", "[1]", 4, 8))}",
            problem: "tensor 't': is listed twice"),
        Fault(
            testDescription: "offsets that descend", header: "{\(entry("t", "F32", "[2]", 8, 0))}",
            problem: "tensor 't': needs two ascending data offsets"),
        Fault(
            testDescription: "negative dimension", header: "{\(entry("t", "F32", "[-2]", 0, 8))}",
            problem: "tensor 't': has a dimension that no tensor can have"),
        Fault(
            testDescription: "dimensions beyond 63 bits",
            header: "{\(entry("t", "F32", "[4294967296,4294967296]", 0, 8))}",
            problem: "tensor 't': has a dimension that no tensor can have"),
        Fault(
            testDescription: "missing shape", header: #"{"t":{"dtype":"F32","data_offsets":[0,8]}}"#,
            problem: "key 't.shape': is missing"),
    ]

    @Test("a damaged file is an error that names file and tensor and says to download again", arguments: faults)
    func damaged(fault: Fault) throws {
        let url = try folder.file("bad.safetensors", bytes(fault.header, data: fault.data, length: fault.length))
        let error = #expect(throws: FormatError.self) { try SafetensorsFile(url) }
        #expect(error?.description.hasPrefix(url.path) == true)
        #expect(error?.description.contains(fault.problem) == true, "\(error?.description ?? "")")
        #expect(error?.remedy != nil)
    }

    @Test("an unknown element type is unsupported, not damaged")
    func unknownType() throws {
        let url = try folder.file("t.safetensors", bytes("{\(Self.entry("t", "F4", "[2]", 0, 8))}", data: 8))
        let error = #expect(throws: FormatError.self) { try SafetensorsFile(url) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("F4") == true)
    }

    @Test("a file cut at any byte is an error")
    func cutAnywhere() throws {
        let whole = bytes("{\(Self.entry("t", "F32", "[2]", 0, 8))}", data: 8)
        for count in 0..<whole.count {
            let url = try folder.file("cut.safetensors", whole.prefix(count))
            #expect(throws: FormatError.self, "cut at \(count)") { try SafetensorsFile(url) }
        }
    }

    @Test("an absent file and a directory are errors that name the path")
    func absent() {
        for url in [folder.url.appendingPathComponent("none.safetensors"), folder.url] {
            let error = #expect(throws: FormatError.self) { try SafetensorsFile(url) }
            #expect(error?.file == url.path)
        }
    }

    // Two shards: "a" in the first, "b" and "c" in the second.
    private func writeShards(index: String) throws {
        try folder.file("m-1.safetensors", bytes("{\(Self.entry("a", "F32", "[2]", 0, 8))}", data: 8))
        try folder.file(
            "m-2.safetensors",
            bytes("{\(Self.entry("c", "F32", "[1]", 0, 4)),\(Self.entry("b", "F32", "[1]", 4, 8))}", data: 8))
        try folder.file("model.safetensors.index.json", index.utf8)
    }

    @Test("shards come in the order of their names, their tensors in the order of theirs")
    func shards() throws {
        try writeShards(
            index: #"{"weight_map":{"b":"m-2.safetensors","c":"m-2.safetensors","a":"m-1.safetensors"}}"#)
        let model = try SafetensorsModel(directory: folder.url)
        #expect(model.entries.map(\.tensor.name) == ["a", "b", "c"])
        #expect(model.files.map(\.url.lastPathComponent) == ["m-1.safetensors", "m-2.safetensors"])
    }

    @Test(
        "an index that contradicts its shards is an error that names the tensor",
        arguments: [
            (#"{"b":"m-2.safetensors","c":"m-2.safetensors"}"#, nil as String?),
            (#"{"a":"m-2.safetensors","b":"m-2.safetensors","c":"m-2.safetensors"}"#, "tensor 'a'"),
            (
                #"{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-2.safetensors","d":"m-2.safetensors"}"#,
                "tensor 'd'"
            ),
            (#"{"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"}"#, "tensor 'b'"),
            (#"{"a":"m-1.safetensors","b":"m-3.safetensors"}"#, nil),
            (#"{"a":"../m-1.safetensors"}"#, "key 'weight_map.a'"),
            (#"{"a":1}"#, "key 'weight_map.a'"),
        ])
    func contradictoryIndex(map: String, subject: String?) throws {
        try writeShards(index: "{\"weight_map\":\(map)}")
        guard let subject else {
            // Without "a" its shard is not opened at all; m-3 does not exist.
            if map.contains("m-3") {
                #expect(throws: FormatError.self) { try SafetensorsModel(directory: folder.url) }
            } else {
                #expect(try SafetensorsModel(directory: folder.url).entries.count == 2)
            }
            return
        }
        let error = #expect(throws: FormatError.self) { try SafetensorsModel(directory: folder.url) }
        #expect(error?.subject == subject, "\(error?.description ?? "")")
    }

    @Test("a directory without weights is an error that says what was looked for")
    func noWeights() {
        let error = #expect(throws: FormatError.self) { try SafetensorsModel(directory: folder.url) }
        #expect(error?.code == .missing)
        #expect(error?.description.contains("model.safetensors") == true)
    }
}
