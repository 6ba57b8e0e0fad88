public import LabCore

extension Suite {
    /// A limit on how far a backend may be from another: for every comparison, or for one kind of it.
    public struct ConsistencyGate: Sendable, Hashable {
        /// What is compared.
        public enum Comparison: String, Sendable, CaseIterable {
            /// The same artifact on two backends: only the arithmetic differs.
            case backends
            /// A GGUF file and an MLX folder of the same parent: they are quantized differently too.
            case formats
        }

        /// The limit.
        public var threshold: Threshold
        /// The only comparison that it holds for; nil for both.
        public var between: Comparison?

        /// Whether it holds for a comparison, or for what is measured of a backend alone.
        public func holds(for comparison: Comparison?) -> Bool {
            between == nil || comparison == nil || between == comparison
        }
    }
}

extension Suite.ConsistencyGate {
    init(_ node: StrictYAML, of entry: Registry.Entry) throws {
        threshold = try Threshold(node, of: entry, others: ["between"])
        let keys = try node.mapping(allowed: ["metric", "below", "above", "unit", "between"])
        guard let key = keys["between"] else { return }
        let name = try key.string()
        guard let comparison = Comparison(rawValue: name) else {
            throw key.error(
                "there is no comparison '\(name)'",
                remedy: "known: \(Comparison.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        between = comparison
    }
}
