import Foundation

/// What a bad reader does: the fuzzer must find each, or it finds nothing.
public enum Misbehaviour: String, Sendable, CaseIterable {
    /// Traps, as an index out of range does.
    case crash
    /// Calls itself until the stack is full.
    case overflow
    /// Computes forever.
    case hang
    /// Waits forever.
    case sleep
    /// Believes a count that the file claims.
    case hoard
    /// Says what is not so.
    case lie

    func act(on files: FuzzCase) throws {
        switch self {
        case .crash: _ = files.files[files.files.count + 1]
        case .overflow: try require(depth(files.number))
        case .hang:
            let began = ContinuousClock.now
            while began <= .now {}
        case .sleep: Thread.sleep(forTimeInterval: 600)
        case .hoard:
            // Never touched, so that resident memory would not show it; with the array's own head, just too much.
            var claimed: [UInt8] = []
            claimed.reserveCapacity(CaseLimits.memory(for: files))
            try require(claimed.capacity)
        case .lie: throw FuzzedReader.Lie("made up")
        }
    }

    private func depth(_ level: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { space in
            space[level & 255] = 1
            return level == .max ? 0 : depth(level + 1) + Int(space[level & 255])
        }
    }

    /// Uses a result, so that it is computed.
    private func require(_ result: Int) throws {
        if result < 0 { throw FuzzedReader.Lie("\(result)") }
    }
}
