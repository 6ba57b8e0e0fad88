import Foundation
import LabCore
import ModelFormats

/// What a GGUF file's header says of speed: how much each token costs, and how long a context may be.
struct SpeedModel {
    /// What each token asks of the device.
    let cost: ModelCost
    /// Positions the model was trained for; nil where the file does not say.
    let trainedPositions: Int?
    /// Bytes of all tensors.
    let tensorBytes: Int64

    /// Bytes of a key's or a value's element: the cache is kept in F16.
    private static let cacheElementBytes: Int64 = 2

    /// Reads a file's header.
    ///
    /// - Throws: an error that names the file for one that cannot be read or lacks a width.
    init(contentsOf file: URL) throws {
        let reader = try GGUFReader(file)
        let metadata = reader.metadata
        guard let architecture = metadata.string("general.architecture") else {
            throw RunnerError("\(file.path) does not say which architecture it has")
        }
        func number(_ key: String) -> Int64? { metadata.integer("\(architecture).\(key)") }
        func required(_ key: String) throws -> Int64 {
            guard let value = number(key), value > 0 else {
                throw RunnerError("\(file.path) has no \(architecture).\(key), which the cost of a token follows from")
            }
            return value
        }
        let blocks = try required("block_count")
        let heads = try required("attention.head_count")
        let keyValueHeads = number("attention.head_count_kv") ?? heads
        let width = try required("embedding_length")
        let keyWidth = number("attention.key_length") ?? width / heads
        let valueWidth = number("attention.value_length") ?? width / heads
        let hasOutput = reader.tensor("output.weight") != nil
        // Of many experts each token goes through a few.
        let expertShare = number("expert_count").flatMap { count in
            number("expert_used_count").map { count > 0 ? Double($0) / Double(count) : 1 }
        }
        var read: Int64 = 0
        var multiplied: Int64 = 0
        var output: Int64 = 0
        var types: [String: Int64] = [:]
        for tensor in reader.tensors {
            let isEmbedding = tensor.name == "token_embd.weight"
            if isEmbedding && hasOutput { continue }
            let share = tensor.name.contains("_exps.") ? expertShare ?? 1 : 1
            read += Int64(share * Double(tensor.byteCount))
            guard tensor.dimensions.count > 1 else { continue }
            let elements = Int64(share * Double(tensor.elementCount))
            types[tensor.type.name, default: 0] += elements
            if isEmbedding || tensor.name == "output.weight" { output += elements } else { multiplied += elements }
        }
        guard let mainType = types.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else {
            throw RunnerError("\(file.path) has no matrices")
        }
        cost = ModelCost(
            weightBytes: read, blockWeights: multiplied, outputWeights: output,
            cacheBytesPerPosition: blocks * keyValueHeads * (keyWidth + valueWidth) * Self.cacheElementBytes,
            attentionOperationsPerPosition: 2 * blocks * heads * (keyWidth + valueWidth), mainType: mainType)
        trainedPositions = number("context_length").map(Int.init)
        tensorBytes = reader.tensors.reduce(0) { $0 + $1.byteCount }
    }

    /// Bytes of the keys and values of all contexts at a point.
    func cacheBytes(at point: SpeedPoint) -> Int64 {
        cost.cacheBytesPerPosition * Int64(point.contextLength) * Int64(point.parallelSequences)
    }
}

extension GGUFMetadata {
    /// A whole number under a key; nil where there is none.
    fileprivate func integer(_ key: String) -> Int64? {
        switch self[key] {
        case .uint32(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint64(let value): Int64(exactly: value)
        case .int64(let value): value
        default: nil
        }
    }
}
