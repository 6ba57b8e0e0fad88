public import LabCore

/// A conversion that cannot be done.
public struct QuantizationError: LabFailure {
    /// What kind of failure it is, for code that reacts to it.
    public enum Code: Sendable, Equatable {
        /// There is no recipe of that name.
        case unknownRecipe
        /// What is demanded of single tensors cannot be understood.
        case badOverride
        /// There is no pre-tokenizer of that name.
        case unknownPreTokenizer
        /// A type cannot hold a tensor.
        case unfittingType
        /// The recipe needs an importance matrix.
        case missingImportanceMatrix
        /// The importance matrix is another model's.
        case badImportanceMatrix
        /// A demanded target cannot be met, by arithmetic.
        case infeasible
        /// The weights hold a value that no artifact can carry.
        case badValue
        /// The model is of a kind that is not supported yet.
        case unsupported
        /// Two outputs cannot be told apart.
        case conflictingOutputs
        /// The engine does not do what this version relies on.
        case engineMismatch
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, with the tensor, key or name concerned.
    public let description: String
    /// How to mend it, as an instruction.
    public let remedy: String?
    /// Bad usage for what a user mistyped or left out, a failed gate for what cannot be met, otherwise unavailable.
    public var exitCode: ExitCode {
        switch code {
        case .unknownRecipe, .badOverride, .unknownPreTokenizer, .missingImportanceMatrix, .badImportanceMatrix,
            .conflictingOutputs:
            .usage
        case .infeasible: .gateFailed
        case .unfittingType, .badValue, .unsupported, .engineMismatch: .unavailable
        }
    }

    init(_ code: Code, _ description: String, remedy: String? = nil) {
        self.code = code
        self.description = description
        self.remedy = remedy
    }
}
