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
        #expect(drain(&queue) == ["a1", "b1", "c1", "a2", "c2", "a3"])
        #expect(queue.isEmpty)
    }

    @Test func givesBackWhatIsTakenOut() {
        var queue = FairQueue<String>()
        queue.append("a1", number: 1, client: "a")
        queue.append("b1", number: 2, client: "b")
        queue.append("a2", number: 3, client: "a")
        #expect(queue.remove(1, client: "a") == "a1")
        #expect(queue.remove(1, client: "a") == nil)
        #expect(queue.remove(2, client: "b") == "b1")
        #expect(queue.remove(9, client: "z") == nil)
        #expect(queue.count == 1)
        #expect(drain(&queue) == ["a2"])
    }

    @Test func aClientThatComesBackWaitsItsTurn() {
        var queue = FairQueue<String>()
        queue.append("a1", number: 1, client: "a")
        #expect(queue.next() == "a1")
        queue.append("b1", number: 2, client: "b")
        queue.append("a2", number: 3, client: "a")
        #expect(drain(&queue) == ["b1", "a2"])
    }
}
