import Dispatch

/// Measures how fast this machine reads memory, the limit of token generation on a CPU.
public enum MemoryBandwidth {
    /// Bytes per second read by `threads` threads, the best of three passes over a buffer far larger than caches.
    ///
    /// - Parameter bufferBytes: default 512 MiB; allocated for the call.
    public static func measureBytesPerSecond(threads: Int, bufferBytes: Int = 512 << 20) -> Double {
        typealias Lanes = SIMD8<UInt64>
        let strip = bufferBytes / threads / MemoryLayout<Lanes>.stride
        let buffer = UnsafeMutableBufferPointer<Lanes>.allocate(capacity: strip * threads)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: Lanes(repeating: 1))
        let sums = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: threads)
        defer { sums.deallocate() }
        sums.initialize(repeating: 0)

        var best = Duration.seconds(3600)
        for _ in 0..<3 {
            // Each iteration reads its own strip and writes its own sum.
            nonisolated(unsafe) let source = UnsafeBufferPointer(buffer)
            nonisolated(unsafe) let results = sums
            let clock = ContinuousClock()
            let elapsed = clock.measure {
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    var first = Lanes.zero
                    var second = Lanes.zero
                    for index in stride(from: thread * strip, to: (thread + 1) * strip - 1, by: 2) {
                        first &+= source[index]
                        second &+= source[index + 1]
                    }
                    results[thread] = (first &+ second).wrappedSum()
                }
            }
            best = min(best, elapsed)
        }
        // Reading the sums keeps the loops from being optimised away.
        precondition(sums.reduce(0, &+) > 0)
        return Double(strip * threads * MemoryLayout<Lanes>.stride) / (best / .seconds(1))
    }
}
