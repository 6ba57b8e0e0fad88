import Foundation
import LabCore
import ModelFormats
import Quantization

/// What `engine/prove/digest_gguf.py` writes of a peer's file.
struct PeerRecord: Decodable {
    struct File: Decodable {
        let bytes: Int64
        let sha256: String
    }

    struct Tensor: Decodable {
        let name: String
        let type: String
        let shape: [Int64]
        let offset: Int64
        let bytes: Int64
        let sha256: String
    }

    /// A value; long arrays are told by the digest of their elements as the file encodes them.
    struct Value: Decodable {
        let type: String
        let value: JSON?
        let length: Int?
        let sha256: String?
    }

    enum JSON: Decodable, Equatable {
        case bool(Bool)
        case number(Double)
        case text(String)
        case list([JSON])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else if let value = try? container.decode(String.self) {
                self = .text(value)
            } else {
                self = .list(try container.decode([JSON].self))
            }
        }
    }

    let file: File
    let metadataOrder: [String]
    let metadata: [String: Value]
    let tensors: [Tensor]

    enum CodingKeys: String, CodingKey {
        case file, metadata, tensors
        case metadataOrder = "metadata_order"
    }

    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/peers")

    init(_ path: String) throws {
        let url = Self.folder.appendingPathComponent(path)
        self = try JSONDecoder().decode(PeerRecord.self, from: Data(contentsOf: url))
    }

    /// What an artifact does otherwise, key by key and tensor by tensor; empty when it is the same file.
    func differences(from artifact: GGUFReader, comparingBlocks: Bool) throws -> [String] {
        var found: [String] = []
        let keys = artifact.metadata.entries.map(\.key)
        if keys != metadataOrder { found.append("the keys are \(keys), and the peer's \(metadataOrder)") }
        for entry in artifact.metadata.entries {
            guard let value = metadata[entry.key] else { continue }
            if !Self.isEqual(entry.value, value) { found.append("key \(entry.key)") }
        }
        if artifact.tensors.map(\.name) != tensors.map(\.name) { found.append("the tensors' names or their order") }
        for (tensor, peer) in zip(artifact.tensors, tensors) {
            let isSame =
                tensor.type.name == peer.type && tensor.dimensions == peer.shape && tensor.offset == peer.offset
                && tensor.byteCount == peer.bytes
            if !isSame { found.append("tensor \(tensor.name): type, shape or place") }
            guard tensor.type.blockElements == 1 || comparingBlocks else { continue }
            let digest = Digest(of: Data(try artifact.data(of: tensor))).hex
            if digest != peer.sha256 { found.append("tensor \(tensor.name): bytes") }
        }
        return found
    }

    private static func isEqual(_ ours: GGUFValue, _ peer: Value) -> Bool {
        switch ours {
        case .uint32(let number): peer.type == "uint32" && peer.value == .number(Double(number))
        case .int32(let number): peer.type == "int32" && peer.value == .number(Double(number))
        case .float32(let number): peer.type == "float32" && peer.value == .number(Double(number))
        case .bool(let truth): peer.type == "bool" && peer.value == .bool(truth)
        case .string(let text): peer.type == "string" && peer.value.map { isText($0, text) } == true
        case .array(let array): isEqual(array, peer)
        default: false
        }
    }

    /// Swift takes texts for equal that only look the same.
    private static func isText(_ value: JSON, _ text: String) -> Bool {
        guard case .text(let other) = value else { return false }
        return other.utf8.elementsEqual(text.utf8)
    }

    private static func isEqual(_ ours: GGUFArray, _ peer: Value) -> Bool {
        var bytes = Data()
        func append(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        switch ours {
        case .string(let texts):
            if case .list(let values) = peer.value {
                return values.count == texts.count && zip(values, texts).allSatisfy(isText)
            }
            for text in texts {
                append(UInt64(text.utf8.count))
                bytes.append(contentsOf: text.utf8)
            }
        case .int32(let numbers): numbers.forEach { append($0) }
        case .float32(let numbers): numbers.forEach { append($0.bitPattern) }
        default: return false
        }
        return peer.length == ours.count && peer.sha256 == Digest(of: bytes).hex
    }
}
