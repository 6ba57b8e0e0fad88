public import ModelFormats

/// What a user demands of single tensors, against the recipe's own choice.
///
/// The options are those of llama-quantize, with its precedence. Patterns have no effect in recipes of floats.
public struct TypeOverrides: Sendable, Equatable, Codable {
    /// Tensors by name, and their type.
    public struct Pattern: Sendable, Equatable, Codable {
        /// A regular expression, lower-case, that is searched in the name.
        public let expression: String
        /// The type of tensors whose name contains a match.
        public let type: TensorType

        /// Reads "REGEX=TYPE", as `--tensor-type` takes it: split at the first "=", the expression made lower-case, the
        /// type in any case.
        ///
        /// The expression is one of Swift's `Regex`, where llama-quantize has ECMAScript's: what both know, they read
        /// alike.
        /// Throws ``QuantizationError`` when a part is missing, no expression or no type.
        public init(parsing text: String) throws {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw QuantizationError(
                    .badOverride, "'\(text)' does not name tensors and their type",
                    remedy: "Write REGEX=TYPE, such as attn_v=q8_0.")
            }
            expression = parts[0].lowercased()
            type = try TypeOverrides.type(named: String(parts[1]))
            do {
                _ = try Regex(expression)
            } catch {
                throw QuantizationError(
                    .badOverride, "'\(expression)' is no regular expression: \(error)",
                    remedy: "Write REGEX=TYPE, such as 'blk\\.[0-3]\\.attn_v=q8_0'.")
            }
        }
    }

    /// The first pattern that a name contains decides.
    public var patterns: [Pattern] = []
    /// The type of the output matrix, or of the embedding that serves as one.
    public var outputType: TensorType?
    /// The type of the token embedding.
    public var embeddingType: TensorType?
    /// Whether the output matrix keeps its type in the parent.
    public var leavesOutput = false
    /// Whether every matrix gets the recipe's base type.
    public var isPure = false

    enum CodingKeys: String, CodingKey {
        case patterns
        case outputType = "output_type"
        case embeddingType = "embedding_type"
        case leavesOutput = "leaves_output"
        case isPure = "pure"
    }

    /// No demands.
    public init() {}

    /// Whether the recipe alone decides.
    public var isEmpty: Bool { self == TypeOverrides() }

    /// The storage type of a name, in any case.
    ///
    /// Throws ``QuantizationError`` that lists the types a tensor can be given.
    public static func type(named name: String) throws -> TensorType {
        guard let type = storable.first(where: { $0.name == name.uppercased() }) else {
            throw QuantizationError(
                .badOverride, "there is no storage type '\(name)'",
                remedy: "Choose one of \(storable.map(\.name).joined(separator: ", ")).")
        }
        return type
    }

    /// Types that weights can be stored in; the rest is for activations and indices.
    private static let storable = TensorType.allCases.filter {
        ![.q8_1, .q8_K, .i8, .i16, .i32, .i64, .f64].contains($0)
    }
}
