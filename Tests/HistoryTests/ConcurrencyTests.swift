import Foundation
import History
import LabCore
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct ConcurrencyTests {
    @Test func manyHistoriesOpeningANewFileAtOnceAllSucceedAndLoseNothing() async throws {
        let directory = try TemporaryDirectory()
        let url = directory.history
        let writers = 8
        let each = 25
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let history = try History(at: url)
                    for index in 0..<each {
                        // Every other sample is one that all writers compute.
                        let number = index.isMultiple(of: 2) ? index : 1000 * (writer + 1) + index
                        try history.store(
                            ChunkScore(nllSumNats: Double(number), tokenCount: 1), conditions: conditions(),
                            sample: sample(number), runID: "run-\(writer)")
                    }
                    try history.record(run("run-\(writer)", minute: Double(writer)))
                }
            }
            try await group.waitForAll()
        }

        let history = try History(at: url)
        let numbers =
            (0..<each).filter { $0.isMultiple(of: 2) }
            + (0..<writers).flatMap { writer in
                (0..<each).filter { !$0.isMultiple(of: 2) }.map { 1000 * (writer + 1) + $0 }
            }
        #expect(try history.samples(for: numbers.map { conditions().key(sample: sample($0)) }).count == numbers.count)
        #expect(try history.runs().count == writers)
    }

    @Test func twoProcessesWriteTheSameHistory() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.history.path
        async let first: Void = expectProcessToStoreSamples(0..<40, in: path)
        async let second: Void = expectProcessToStoreSamples(20..<60, in: path)
        _ = try await (first, second)

        let keys = (0..<60).map { conditions().key(sample: sample($0)) }
        let found = try History(at: directory.history).samples(for: keys)
        #expect(keys.map { found[$0]?.nllSumNats } == (0..<60).map { Double($0) })
    }

    @Test func whatWasStoredBeforeAKillIsThereAfterwards() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.history.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let history = try History(at: URL(filePath: path))
            for index in 0..<20 {
                try history.store(
                    ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions(),
                    sample: sample(index), runID: "killed")
            }
            kill(getpid(), SIGKILL)
        }

        let history = try History(at: directory.history)
        let keys = (0..<20).map { conditions().key(sample: sample($0)) }
        #expect(try history.samples(for: keys).count == 20)
        #expect(try history.runs().isEmpty)
        try history.record(run("next"))
    }

    private func expectProcessToStoreSamples(_ range: Range<Int>, in path: String) async throws {
        let (low, high) = (range.lowerBound, range.upperBound)
        await #expect(processExitsWith: .success) { [path = path as String, low = low as Int, high = high as Int] in
            let history = try History(at: URL(filePath: path))
            for index in low..<high {
                try history.store(
                    ChunkScore(nllSumNats: Double(index), tokenCount: 1), conditions: conditions(),
                    sample: sample(index), runID: "run-\(low)")
            }
        }
    }
}
