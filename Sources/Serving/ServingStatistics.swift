public import LabCore

/// What a service has done since it began.
public struct ServingStatistics: Sendable {
    /// Requests answered, by ``ServedFinish/Reason``.
    public internal(set) var finished: [ServedFinish.Reason: Int] = [:]
    /// Requests that failed, by cause.
    public internal(set) var failed: [ServedFailure.Cause: Int] = [:]
    /// Requests refused since the queue was full.
    public internal(set) var refused = 0
    /// Tokens of prompts.
    public internal(set) var promptTokens = 0
    /// Those of them that were in a slot already.
    public internal(set) var cachedTokens = 0
    /// Tokens written.
    public internal(set) var writtenTokens = 0
    /// Workers started after one that ended.
    public internal(set) var restarts = 0
    /// Seconds from a request's arrival until its first token, waiting included.
    public internal(set) var firstToken = Histogram([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
    /// Seconds from a request's arrival until it was answered.
    public internal(set) var whole = Histogram([0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300])
    /// Requests being answered.
    public internal(set) var running = 0
    /// Requests waiting.
    public internal(set) var waiting = 0
    /// Requests that can be answered at a time; 0 while there is no worker.
    public internal(set) var slots = 0

    /// How often values were at most each bound.
    public struct Histogram: Sendable {
        /// The bounds, rising.
        public let bounds: [Double]
        /// The number of values in each bin, one for each bound and one beyond.
        public private(set) var counts: [Int]
        /// The sum of all values.
        public private(set) var sum = 0.0

        init(_ bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        mutating func count(_ value: Double) {
            counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
            sum += value
        }
    }
}
