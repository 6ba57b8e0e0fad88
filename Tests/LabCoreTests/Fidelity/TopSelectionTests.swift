import LabCore
import Testing

@Suite("The largest logits of a position")
struct TopSelectionTests {
    /// What sorting all of them gives.
    private func sorted(_ logits: [Float], _ count: Int) -> [Int32] {
        let order = logits.indices.sorted { logits[$0] > logits[$1] || (logits[$0] == logits[$1] && $0 < $1) }
        return order.prefix(count).map(Int32.init)
    }

    @Test(
        "are those that sorting finds, for any size of the vocabulary",
        arguments: [(1, 1), (3, 2), (7, 7), (9, 20), (100, 8), (2048, 192), (2051, 128), (50_000, 192)])
    func sizes(vocabulary: Int, count: Int) {
        var synthetic = SyntheticLogits(seed: UInt64(vocabulary))
        var selection = TopSelection(count: count, vocabulary: vocabulary)
        // Of few values many are equal, and some are either zero.
        for values in [3.0, 1000, 1e7] {
            let logits = (0..<vocabulary).map { _ in Float(((synthetic.uniform() - 0.5) * values).rounded()) }
            #expect(logits.withUnsafeBufferPointer { selection.select($0) } == sorted(logits, count))
        }
    }

    @Test("are the lower of equal ones, the two zeros and what cannot be among them")
    func equal() {
        var selection = TopSelection(count: 3, vocabulary: 6)
        let rows: [[Float]] = [
            [0, -0.0, 0, -0.0, 1, 1], [-1, -.infinity, -1, -.infinity, -2, -1], [2, 2, 2, 2, 2, 2],
        ]
        for logits in rows {
            #expect(logits.withUnsafeBufferPointer { selection.select($0) } == sorted(logits, 3))
        }
    }

    @Test("are found in orders that are hard to select from")
    func orders() {
        let ascending = (0..<2048).map(Float.init)
        let organ = (0..<1024).map(Float.init) + (0..<1024).reversed().map(Float.init)
        var selection = TopSelection(count: 192, vocabulary: 2048)
        for logits in [ascending, ascending.reversed(), organ] {
            #expect(logits.withUnsafeBufferPointer { selection.select($0) } == sorted(logits, 192))
        }
    }
}
