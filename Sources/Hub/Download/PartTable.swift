import Foundation

/// Which bytes of a file have come.
///
/// The table is a memory for the next run, not a proof: a blob gets its name only after all of its bytes were read
/// again and have the digest that the hub states.
struct PartTable: Codable, Equatable {
    /// A run of bytes that is fetched from its beginning on.
    struct Part: Codable, Equatable {
        /// The place of the first byte.
        var start: Int64
        /// How many there are.
        var count: Int64
        /// How many have come.
        var done: Int64

        /// The bytes that are missing.
        var missing: Range<Int64> { start + done..<start + count }
        /// Whether nothing is missing.
        var isWhole: Bool { done == count }
    }

    /// The file's size.
    let sizeBytes: Int64
    /// The parts, in order, without gaps.
    var parts: [Part]

    /// A table of a file of which nothing has come.
    init(sizeBytes: Int64, partBytes: Int64) {
        self.sizeBytes = sizeBytes
        parts = stride(from: 0, to: max(sizeBytes, 1), by: Int64.Stride(max(partBytes, 1))).map {
            Part(start: $0, count: min(partBytes, sizeBytes - $0), done: 0)
        }
    }

    /// The table of an earlier run; nil when there is none for a file of that size.
    init?(contentsOf url: URL, sizeBytes: Int64) {
        guard let data = try? Data(contentsOf: url), let table = try? JSONDecoder().decode(PartTable.self, from: data),
            table.sizeBytes == sizeBytes, table.isConsistent
        else { return nil }
        self = table
    }

    private var isConsistent: Bool {
        var end: Int64 = 0
        for part in parts {
            guard part.start == end, part.count >= 0, (0...part.count).contains(part.done),
                part.count <= sizeBytes - part.start
            else { return false }
            end += part.count
        }
        return end == sizeBytes && !parts.isEmpty
    }

    /// How many bytes have come.
    var doneBytes: Int64 { parts.reduce(0) { $0 + $1.done } }

    /// How many have come without a gap from the beginning.
    var prefixBytes: Int64 {
        var bytes: Int64 = 0
        for part in parts {
            bytes += part.done
            if !part.isWhole { break }
        }
        return bytes
    }

    /// Whether nothing is missing.
    var isWhole: Bool { parts.allSatisfy(\.isWhole) }

    /// Writes the table; one that cannot be written is only missed by the next run.
    func save(to url: URL) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(self) else { return }
        try? data.write(to: url, options: .atomic)
    }
}
