/// Passages that two texts have in common.
///
/// A model that is calibrated on what it is then measured on looks better than it is.
public struct TextOverlap: Sendable {
    /// The length of a run, in characters after white space and letter case are evened out.
    ///
    /// Longer than phrases that texts of one kind share: WikiText-2's validation and test splits have no run of 60 in
    /// common.
    public static let runLength = 100

    private let runs: Set<UInt64>

    /// The runs of a text that others are compared with.
    public init(with text: String) {
        var runs = Set<UInt64>()
        Self.forEachRun(of: text) { runs.insert($0) }
        self.runs = runs
    }

    /// The share of a text's runs that occur in the other text: from 0 to 1.
    ///
    /// 0 for a text shorter than a run.
    public func share(of text: String) -> Double {
        var (shared, count) = (0, 0)
        Self.forEachRun(of: text) { run in
            count += 1
            if runs.contains(run) { shared += 1 }
        }
        return count == 0 ? 0 : Double(shared) / Double(count)
    }

    /// Calls `body` with a hash of each run: a polynomial of its characters modulo 2^64, which rolls from one run to
    /// the next (Karp and Rabin 1987).
    private static func forEachRun(of text: String, _ body: (UInt64) -> Void) {
        let base: UInt64 = 0x9E37_79B9_7F4A_7C15
        let leaving = (0..<runLength).reduce(1 as UInt64) { power, _ in power &* base }
        let characters = evenedOut(text)
        var hash: UInt64 = 0
        for index in characters.indices {
            hash = hash &* base &+ UInt64(characters[index])
            if index >= runLength { hash = hash &- leaving &* UInt64(characters[index - runLength]) }
            // High bits depend on all characters, low ones on few.
            if index >= runLength - 1 { body(hash ^ hash >> 32) }
        }
    }

    private static func evenedOut(_ text: String) -> [UInt32] {
        var characters: [UInt32] = []
        var isAfterSpace = true
        for scalar in text.lowercased().unicodeScalars {
            let isSpace = scalar.properties.isWhitespace
            if !isSpace { characters.append(scalar.value) } else if !isAfterSpace { characters.append(32) }
            isAfterSpace = isSpace
        }
        return characters
    }
}
