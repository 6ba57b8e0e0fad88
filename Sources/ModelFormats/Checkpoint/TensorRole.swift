/// What a tensor does in a transformer; recipes choose types by it.
public enum TensorRole: String, Sendable, CaseIterable, Codable {
    /// The embedding of tokens.
    case tokenEmbedding
    /// The output matrix.
    case output
    /// A normalization's weights.
    case norm
    /// The queries.
    case attentionQuery
    /// The keys.
    case attentionKey
    /// The values, alone or in one matrix with queries and keys or with keys.
    case attentionValue
    /// The projection after attention.
    case attentionOutput
    /// The gate of the feed-forward layer, of one expert or of all.
    case feedForwardGate
    /// The projection into the feed-forward layer.
    case feedForwardUp
    /// The projection out of the feed-forward layer.
    case feedForwardDown
    /// Anything else, such as a bias.
    case other

    /// Parts of GGUF names that tell the role; the first one found decides.
    private static let parts: [(part: String, role: TensorRole)] = [
        ("_norm.weight", .norm),
        ("attn_qkv.weight", .attentionValue),
        ("attn_kv_b.weight", .attentionValue),
        ("attn_v.weight", .attentionValue),
        ("attn_k.weight", .attentionKey),
        ("attn_q.weight", .attentionQuery),
        ("attn_output.weight", .attentionOutput),
        ("ffn_up", .feedForwardUp),
        ("ffn_gate", .feedForwardGate),
        ("ffn_down", .feedForwardDown),
    ]

    /// The role of a tensor by its name in GGUF, such as "blk.0.ffn_down.weight".
    public init(named name: String) {
        switch name {
        case "output.weight": self = .output
        case "token_embd.weight", "per_layer_token_embd.weight": self = .tokenEmbedding
        default: self = Self.parts.first { name.contains($0.part) }?.role ?? .other
        }
    }
}
