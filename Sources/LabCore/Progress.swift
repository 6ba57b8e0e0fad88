/// A step of long work, told to whoever watches.
public struct ProgressUpdate: Sendable, Equatable {
    /// What is being done, such as "quantize Q4_K_M".
    public var stage: String
    /// Units done so far, including those found already done.
    public var completed: Int
    /// Units in all.
    public var total: Int
    /// What is counted, plural: "tensors", "chunks", "bytes".
    public var unit: String
    /// Something worth a word beside the bar, such as the running perplexity.
    public var note: String?

    /// Creates an update.
    public init(stage: String, completed: Int, total: Int, unit: String, note: String? = nil) {
        self.stage = stage
        self.completed = completed
        self.total = total
        self.unit = unit
        self.note = note
    }
}

/// Receives progress; called from any thread.
public typealias ProgressHandler = @Sendable (ProgressUpdate) -> Void
