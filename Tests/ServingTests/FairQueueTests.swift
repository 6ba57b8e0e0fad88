import Serving
import Testing

@Suite("A fair queue")
struct FairQueueTests {
    private func drain(_ queue: inout FairQueue<String>) -> [String] {
        var all: [String] = []
        while let next = queue.next() { all.append(next) }
        return all
    }

    @Test func givesClientsTheirTurns() {
        var queue = FairQueue<String>()
        for (number, name) in ["a1", "a2", "a3", "b1", "c1", "c2"].enumerated() {
            queue.append(name, number: UInt64(number), client: String(name.prefix(1)))
        }
        #expect(queue.count == 6)
        let order = drain(&queue)
        #expect(order == ["a1", "b1", "c1", "a2", "c2", "a3"])
        #expect(queue.isEmpty)
    }

    @Test func givesBackWhatIsTakenOut() {
        var queue = FairQueue<String>()
        queue.append("a1", number: 1, client: "a")
        queue.append("b1", number: 2, client: "b")
        queue.append("a2", number: 3, client: "a")
        let removed = [(1, "a"), (1, "a"), (2, "b"), (9, "z")].map { queue.remove($0, client: $1) }
        #expect(removed == ["a1", nil, "b1", nil])
        #expect(queue.count == 1)
        let order = drain(&queue)
        #expect(order == ["a2"])
    }

    @Test func aClientThatComesBackWaitsItsTurn() {
        var queue = FairQueue<String>()
        queue.append("a1", number: 1, client: "a")
        let first = queue.next()
        #expect(first == "a1")
        queue.append("b1", number: 2, client: "b")
        queue.append("a2", number: 3, client: "a")
        let order = drain(&queue)
        #expect(order == ["b1", "a2"])
    }
}
