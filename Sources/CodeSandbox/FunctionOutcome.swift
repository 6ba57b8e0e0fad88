/// Whether a function did what was asked.
public enum FunctionOutcome: Hashable, Sendable, Codable {
    /// Every case gave what was expected.
    case passed
    /// One did not, or the program does not work; the reason is for people.
    case failed(String)
    /// The processor time or the time on the clock ran out.
    case timedOut
    /// The answer has no program in it.
    case noCode
}

/// A program of which one function is checked.
public struct FunctionProgram: Hashable, Sendable {
    /// The program; nil when an answer had none.
    public var code: String?
    /// The function's name.
    public var function: String
    /// JSON: `[[argument, expected], ...]`. A case with more values has more arguments; the last is what is expected.
    public var cases: String

    /// Creates a program.
    public init(code: String?, function: String, cases: String) {
        self.code = code
        self.function = function
        self.cases = cases
    }
}
