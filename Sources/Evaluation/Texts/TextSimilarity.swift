/// How alike two texts are, from 0 to 1.
///
/// The normalised Indel similarity: 2 LCS(a, b) / (|a| + |b|) with the longest common subsequence of Unicode scalars;
/// two empty texts are the same. Agrees with `rapidfuzz.fuzz.ratio(a, b) / 100`. It is 1 only for equal texts.
public enum TextSimilarity {
    /// The similarity of two texts.
    public static func ratio(_ first: String, _ second: String) -> Double {
        let (a, b) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
        guard !a.isEmpty || !b.isEmpty else { return 1 }
        return Double(2 * commonSubsequence(a, b)) / Double(a.count + b.count)
    }

    /// The length of the longest common subsequence.
    ///
    /// Bit-parallel, 64 cells of a column at a time (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"):
    /// V starts as ones; for each scalar of `b` with the matches M, V becomes (V + (V & M)) | (V & ~M); zeros of V are
    /// the length. The ends that both have in common are counted beforehand.
    static func commonSubsequence(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var (start, end) = (0, 0)
        let shorter = min(a.count, b.count)
        while start < shorter, a[start] == b[start] { start += 1 }
        while end < shorter - start, a[a.count - 1 - end] == b[b.count - 1 - end] { end += 1 }
        let (left, right) = (a[start..<a.count - end], b[start..<b.count - end])
        guard !left.isEmpty, !right.isEmpty else { return start + end }

        let words = (left.count + 63) / 64
        var rows: [Unicode.Scalar: Int] = [:]
        var matches: [UInt64] = []
        for (place, scalar) in left.enumerated() {
            let row: Int
            if let known = rows[scalar] {
                row = known
            } else {
                row = matches.count
                rows[scalar] = row
                matches += repeatElement(0, count: words)
            }
            matches[row + place / 64] |= 1 << UInt64(place % 64)
        }
        var state = [UInt64](repeating: .max, count: words)
        for scalar in right {
            guard let row = rows[scalar] else { continue }
            var carry: UInt64 = 0
            for word in 0..<words {
                let value = state[word]
                let matching = value & matches[row + word]
                let (partial, first) = value.addingReportingOverflow(matching)
                let (sum, second) = partial.addingReportingOverflow(carry)
                carry = first || second ? 1 : 0
                state[word] = sum | (value & ~matching)
            }
        }
        // Bits beyond the text never match, and stay ones.
        return start + end + state.reduce(0) { $0 + (~$1).nonzeroBitCount }
    }
}
