/// What waits, by client: each client's own in the order in which it came, the clients in turns.
///
/// One that sends a hundred requests at once so delays the first of another by one request and not by a hundred.
package struct FairQueue<Element> {
    private var lanes: [String: [(number: UInt64, element: Element)]] = [:]
    /// Clients with something waiting, the one whose turn it is first.
    private var turns: [String] = []
    package private(set) var count = 0

    package var isEmpty: Bool { count == 0 }

    /// An empty one.
    package init() {}

    /// Puts an element at the end of its client's lane; the number finds it again.
    package mutating func append(_ element: Element, number: UInt64, client: String) {
        if lanes[client] == nil { turns.append(client) }
        lanes[client, default: []].append((number, element))
        count += 1
    }

    /// Takes the next element out.
    package mutating func next() -> Element? {
        guard !turns.isEmpty else { return nil }
        let client = turns.removeFirst()
        guard var lane = lanes[client], !lane.isEmpty else { return nil }
        let element = lane.removeFirst().element
        lanes[client] = lane.isEmpty ? nil : lane
        if !lane.isEmpty { turns.append(client) }
        count -= 1
        return element
    }

    /// Takes an element out before its turn; nil where it is gone already.
    package mutating func remove(_ number: UInt64, client: String) -> Element? {
        guard var lane = lanes[client], let place = lane.firstIndex(where: { $0.number == number }) else { return nil }
        let element = lane.remove(at: place).element
        lanes[client] = lane.isEmpty ? nil : lane
        if lane.isEmpty { turns.removeAll { $0 == client } }
        count -= 1
        return element
    }

    /// Takes everything out.
    package mutating func removeAll() -> [Element] {
        var all: [Element] = []
        while let element = next() { all.append(element) }
        return all
    }
}
