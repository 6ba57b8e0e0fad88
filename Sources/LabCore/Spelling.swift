/// Guesses what was meant by a word that is none of those known.
public enum Spelling {
    /// The known word that is nearest, in any case; nil when none is near: more than a third of its letters differ.
    public static func nearest(to word: String, among known: [String]) -> String? {
        let word = Array(word.lowercased().unicodeScalars)
        // No word of a command line is that long, and the effort grows with the square.
        guard word.count <= 100 else { return nil }
        let found = known.map { (name: $0, steps: steps(from: word, to: Array($0.lowercased().unicodeScalars))) }
            .min { $0.steps < $1.steps }
        guard let found, found.steps <= max(1, found.name.unicodeScalars.count / 3) else { return nil }
        return found.name
    }

    /// "Did you mean 'q4_k_m'? " in front of a list of what there is; nothing where no word is near.
    public static func hint(_ word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "did you mean '\($0)'? " } ?? ""
    }

    /// The same as a sentence, in front of sentences.
    public static func sentence(_ word: String, among known: [String]) -> String {
        nearest(to: word, among: known).map { "Did you mean '\($0)'? " } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours.
    private static func steps(from one: [Unicode.Scalar], to other: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...other.count)
        for (row, letter) in one.enumerated() {
            var current = [row + 1]
            for (column, candidate) in other.enumerated() {
                var least = min(last[column] + (letter == candidate ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == candidate {
                    least = min(least, before[column - 1] + 1)
                }
                current.append(least)
            }
            (before, last) = (last, current)
        }
        return last[other.count]
    }
}
