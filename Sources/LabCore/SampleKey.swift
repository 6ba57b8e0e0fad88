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
    ///
    /// - Parameter parent: the key of the parent's sample, for a comparison with it.
    public func key(sample: Digest, parent: Digest? = nil) -> Digest {
        var fields = ["llama-pajamas sample 1", artifact.hex, evaluator]
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            fields += [name, value]
        }
        fields += [engine, backend, device, seed.map(String.init) ?? "none", sample.hex]
        if let parent { fields += ["parent", parent.hex] }
        return Digest(of: fields.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n"))
    }
}

extension SampleConditions {
    /// How these conditions differ from others, in words: "the engine build changed from A to B".
    ///
    /// The artifact is left out.
    public func changes(since earlier: SampleConditions) -> [String] {
        func change(_ what: String, _ old: String?, _ new: String?) -> String? {
            old == new ? nil : "\(what) changed from \(old ?? "none") to \(new ?? "none")"
        }
        let names = Set(parameters.keys).union(earlier.parameters.keys).sorted()
        return [
            change("the engine build", earlier.engine, engine),
            change("the evaluator", earlier.evaluator, evaluator),
            change("the backend", earlier.backend, backend),
            change("the device", earlier.device, device),
            change("the seed", earlier.seed.map(String.init), seed.map(String.init)),
        ].compactMap { $0 } + names.compactMap { change($0, earlier.parameters[$0], parameters[$0]) }
    }
}

extension Digest {
    /// The digest of an aggregate: of the keys of its samples, in order.
    public init(ofSamples keys: some Sequence<Digest>) {
        self.init(of: keys.map(\.hex).joined(separator: "\n"))
    }

    /// The digest of a chunk of token ids: each as four little-endian bytes.
    public init(ofTokens tokens: some Sequence<Int32>) {
        var data = Data()
        for token in tokens {
            withUnsafeBytes(of: token.littleEndian) { data.append(contentsOf: $0) }
        }
        self.init(of: data)
    }
}
