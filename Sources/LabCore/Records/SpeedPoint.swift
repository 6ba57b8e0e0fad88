/// A point at which speed is measured: tokens of context, and sequences at a time.
public struct SpeedPoint: Hashable, Sendable, Comparable {
    /// Tokens of context that each sequence has.
    public let contextLength: Int
    /// Sequences at a time.
    public let parallelSequences: Int

    /// Names a point.
    public init(contextLength: Int, parallelSequences: Int) {
        self.contextLength = contextLength
        self.parallelSequences = parallelSequences
    }

    /// The name under which an evaluation's measurements at this point are kept: "throughput@2048x4".
    public func name(in evaluation: String) -> String { "\(evaluation)@\(contextLength)x\(parallelSequences)" }

    /// By context first.
    public static func < (left: SpeedPoint, right: SpeedPoint) -> Bool {
        (left.contextLength, left.parallelSequences) < (right.contextLength, right.parallelSequences)
    }

    /// The point in a name, "2048x4" in "throughput@2048x4"; nil for a name without one.
    public init?(in name: String) {
        guard let at = name.lastIndex(of: "@"), at > name.startIndex else { return nil }
        let numbers = name[name.index(after: at)...].split(separator: "x", omittingEmptySubsequences: false)
        guard numbers.count == 2, let contextLength = Int(numbers[0]), let parallelSequences = Int(numbers[1]) else {
            return nil
        }
        self.init(contextLength: contextLength, parallelSequences: parallelSequences)
    }

    /// The evaluation that a name belongs to: "throughput" of "throughput@2048x4"; a name without a point is its own.
    public static func evaluation(of name: String) -> String {
        SpeedPoint(in: name) == nil ? name : String(name[..<(name.lastIndex(of: "@") ?? name.endIndex)])
    }
}
