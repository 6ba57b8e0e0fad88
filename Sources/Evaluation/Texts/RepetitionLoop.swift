/// A piece that a text repeats over and over to its end: a model that does not get on.
///
/// Thresholds, in characters (Unicode scalars) of the text, white space at its end left out:
///
/// - a piece of 60 or more, three times;
/// - a shorter one, four times, over 100 characters in all; over 64 where the text was cut at its limit;
/// - of special tokens, whose text may be empty: any piece of tokens four times, over 64 tokens in all.
///
/// Ordinary texts stay below: a refrain is sung twice or thrice, 1/3 has some dozens of threes, a table's lines and the
/// steps of a sum differ in what they count, and a ruled line is seldom the end.
public struct RepetitionLoop: Hashable, Sendable {
    /// Characters, or tokens, of the piece.
    public let period: Int
    /// How often it stands there, the last time perhaps in part.
    public let repetitions: Double
    /// The piece; empty where only tokens tell.
    public let piece: String

    static let longPiece = 60
    static let leastCharacters = 100
    static let leastCharactersWhenCut = 64
    static let leastTokens = 64

    /// The loop at the end of a text; nil without one.
    init?(in text: String, tokens: [Int32], isCut: Bool) {
        let scalars = Array(text.unicodeScalars)
        let trimmed = Array(scalars.reversed().drop { $0.properties.isWhitespace }.reversed())
        let least = isCut ? Self.leastCharactersWhenCut : Self.leastCharacters
        for candidate in [trimmed, scalars] {
            guard
                let (period, length) = Self.loop(
                    in: candidate,
                    isLoop: { period, length in
                        period >= Self.longPiece ? length >= 3 * period : length >= max(4 * period, least)
                    })
            else { continue }
            self.period = period
            repetitions = Double(length) / Double(period)
            piece = String(String.UnicodeScalarView(candidate.suffix(length).prefix(period)))
            return
        }
        guard let (period, length) = Self.loop(in: tokens, isLoop: { $1 >= max(4 * $0, Self.leastTokens) }) else {
            return nil
        }
        self.period = period
        repetitions = Double(length) / Double(period)
        piece = ""
    }

    /// The shortest period for which the end of a sequence is a loop, with the length of that end.
    ///
    /// Read backwards, the end has period p over z(p) + p elements, where z(p) is how far the sequence agrees with itself
    /// moved by p: Gusfield's Z algorithm, linear in the length.
    private static func loop<Element: Equatable>(
        in sequence: [Element], isLoop: (Int, Int) -> Bool
    ) -> (period: Int, length: Int)? {
        let reversed = Array(sequence.reversed())
        let count = reversed.count
        var agreement = [Int](repeating: 0, count: count)
        var (left, right) = (0, 0)
        for period in reversed.indices.dropFirst() {
            var length = period < right ? min(right - period, agreement[period - left]) : 0
            while period + length < count, reversed[length] == reversed[period + length] { length += 1 }
            agreement[period] = length
            if period + length > right { (left, right) = (period, period + length) }
            if isLoop(period, length + period) { return (period, length + period) }
        }
        return nil
    }
}
