/// Tensors of an artifact that differ only in the block they belong to.
///
/// A model has hundreds of tensors and a dozen groups: one for each part of a block in each storage type.
public struct TensorGroup: Hashable, Sendable, Codable {
    /// The name within the block, "attn_q.weight"; the whole name of a tensor outside of the blocks.
    public var name: String
    /// The storage type: "Q4_K".
    public var type: String
    /// Weights of each tensor.
    public var elements: Int64
    /// Bytes of each tensor.
    public var bytes: Int64
    /// The blocks, from 0, ascending; empty for one tensor outside of the blocks.
    public var blocks: [Int]

    /// Describes a group.
    public init(name: String, type: String, elements: Int64, bytes: Int64, blocks: [Int]) {
        self.name = name
        self.type = type
        self.elements = elements
        self.bytes = bytes
        self.blocks = blocks
    }

    /// How many tensors it holds.
    public var count: Int { max(1, blocks.count) }

    /// Bits for each weight; 0 for a tensor without weights.
    public var bitsPerWeight: Double { elements > 0 ? Double(8 * bytes) / Double(elements) : 0 }

    /// One tensor, as files name it.
    public struct Tensor: Hashable, Sendable {
        /// The name in the file: "blk.3.attn_q.weight", "model.layers.3.self_attn.q_proj.weight".
        public var name: String
        /// The storage type.
        public var type: String
        /// Weights.
        public var elements: Int64
        /// Bytes.
        public var bytes: Int64

        /// Describes a tensor.
        public init(name: String, type: String, elements: Int64, bytes: Int64) {
            self.name = name
            self.type = type
            self.elements = elements
            self.bytes = bytes
        }
    }

    /// The groups of a file's tensors, in the order in which the first of each comes.
    public static func groups(of tensors: [Tensor]) -> [TensorGroup] {
        var groups: [TensorGroup] = []
        var places: [TensorGroup: Int] = [:]
        for tensor in tensors {
            let (name, block) = split(tensor.name)
            let kind = TensorGroup(
                name: name, type: tensor.type, elements: tensor.elements, bytes: tensor.bytes, blocks: [])
            if let block, let place = places[kind] {
                groups[place].blocks.append(block)
            } else {
                if block != nil { places[kind] = groups.count }
                groups.append(
                    TensorGroup(
                        name: name, type: tensor.type, elements: tensor.elements, bytes: tensor.bytes,
                        blocks: block.map { [$0] } ?? []))
            }
        }
        for index in groups.indices { groups[index].blocks.sort() }
        return groups
    }

    /// The name within its block, and the block; the name as it is where it has no number between dots.
    private static func split(_ name: String) -> (name: String, block: Int?) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let place = parts.firstIndex(where: { Int($0) != nil }), place > 0, place + 1 < parts.count,
            let block = Int(parts[place]), block >= 0
        else { return (name, nil) }
        let before = parts[..<place].joined(separator: ".")
        let after = parts[(place + 1)...].joined(separator: ".")
        let isUsual = before == "blk" || before == "model.layers"
        return (isUsual ? after : "\(before).*.\(after)", block)
    }
}
