import Foundation

/// Everything that can change the result of one sample, and therefore identifies it.
///
/// Same conditions and same sample: the result is read from history, not computed again.
public struct SampleConditions: Hashable, Sendable, Codable {
    /// SHA-256 of the artifact's file.
    public var artifact: Digest
    /// Name and version of the evaluator, such as "perplexity/1"; the version rises when its results change.
    public var evaluator: String
    /// The evaluator's parameters by name, such as "n_ctx": "512".
    public var parameters: [String: String]
    /// The engine build, with the digest of its libraries.
    public var engine: String
    /// The backend: "cpu", "cuda".
    public var backend: String
    /// Device class with the CPU's features.
    public var device: String
    /// Seed of sampling; nil for evaluations without randomness.
    public var seed: UInt64?

    /// Creates conditions.
    public init(
        artifact: Digest, evaluator: String, parameters: [String: String], engine: String, backend: String,
        device: String, seed: UInt64? = nil
    ) {
        self.artifact = artifact
        self.evaluator = evaluator
        self.parameters = parameters
        self.engine = engine
        self.backend = backend
        self.device = device
        self.seed = seed
    }

    /// The key of one sample under these conditions.
    ///
    /// SHA-256 over the fields in a fixed order, each prefixed by its length, so that no two different sets of
    /// fields run together into the same text.
    public func key(sample: Digest) -> Digest {
        var fields = ["llama-pajamas sample 1", artifact.hex, evaluator]
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            fields += [name, value]
        }
        fields += [engine, backend, device, seed.map(String.init) ?? "none", sample.hex]
        return Digest(of: fields.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n"))
    }
}

extension Digest {
    /// The digest of a chunk of token ids: each as four little-endian bytes.
    public init(ofTokens tokens: some Sequence<Int32>) {
        var data = Data()
        for token in tokens {
            withUnsafeBytes(of: token.littleEndian) { data.append(contentsOf: $0) }
        }
        self.init(of: data)
    }
}
