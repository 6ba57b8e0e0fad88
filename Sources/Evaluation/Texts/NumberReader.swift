import LabCore

/// A number as a text has it.
struct WrittenNumber: Sendable {
    /// The number, without its percent sign or unit.
    let value: ExactNumber
    /// Whether a percent sign or word follows.
    let isPercent: Bool
    /// The unit or currency beside it; nil for none, or one that the lab does not know.
    let unit: MeasureUnit?
    /// Where it stands, by scalar of the plain text.
    let range: Range<Int>

    /// Whether two numbers are the same amount.
    ///
    /// A percent sign on one side only may be a hundredth or left out: 25 % is 25 and is 0.25. Two known units must
    /// measure the same, and the amounts are converted; one that is left out is taken for the other's.
    func isSameAmount(as other: WrittenNumber) -> Bool {
        if let unit, let other = other.unit, unit.dimension != other.dimension { return false }
        if isPercent != other.isPercent {
            guard let hundredth = ExactNumber(whole: [1], exponent: -2) else { return false }
            let (percent, plain) = isPercent ? (value, other.value) : (other.value, value)
            return percent == plain || percent * hundredth == plain
        }
        guard let unit, let otherUnit = other.unit else { return value == other.value }
        return value * unit.factor == other.value * otherUnit.factor
    }
}

/// Finds the numbers of a text.
///
/// Integers, decimals, fractions, mixed numbers and powers of ten ("1.5e3", "1.5 × 10^3"), with sign, in a language's
/// notation. Digits that belong to a word ("x2"), a power ("2^3"), a time or ratio ("12:30"), a date or a version
/// ("1.2.3", "1/2/2024") are no numbers.
struct NumberReader: Sendable {
    private let scalars: [Unicode.Scalar]
    private let notation: NumberNotation

    /// Reads a text that ``PlainMath`` has rewritten.
    init(_ scalars: [Unicode.Scalar], notation: NumberNotation) {
        self.scalars = scalars
        self.notation = notation
    }

    /// The numbers, in order.
    func numbers() -> [WrittenNumber] {
        var numbers: [WrittenNumber] = []
        var index = 0
        while index < scalars.count {
            guard isDigit(index) || at(index) == "." && isDigit(index + 1) else {
                index += 1
                continue
            }
            let (number, end) = read(from: index)
            if let number { numbers.append(number) }
            index = max(end, index + 1)
        }
        return numbers
    }

    private func at(_ index: Int) -> Unicode.Scalar? { scalars.indices.contains(index) ? scalars[index] : nil }

    private func isDigit(_ index: Int) -> Bool { at(index).map(PlainMath.isDigit) ?? false }

    private func isSpace(_ index: Int) -> Bool { at(index) == " " || at(index) == PlainMath.narrowSpace }

    private func afterSpaces(_ index: Int) -> Int {
        var index = index
        while isSpace(index) { index += 1 }
        return index
    }

    private func run(from start: Int) -> (digits: [UInt8], end: Int) {
        var end = start
        while isDigit(end) { end += 1 }
        return (scalars[start..<end].map { UInt8($0.value - 0x30) }, end)
    }

    /// The number whose digits begin at `start`, and where to go on; no number where the digits are something else.
    private func read(from start: Int) -> (WrittenNumber?, Int) {
        var (magnitude, end) = numeral(from: start)
        (magnitude, end) = withFraction(magnitude, end: end, start: start)
        guard let magnitude, isFreeBefore(start), isFreeAfter(end) else { return (nil, end) }
        let (signed, first) = withSign(magnitude, start: start)
        let prefix = currency(before: start)
        let (isPercent, unit) = suffix(from: end)
        return (WrittenNumber(value: signed, isPercent: isPercent, unit: prefix ?? unit, range: first..<end), end)
    }

    /// Digits with their marks and a power of ten.
    private func numeral(from start: Int) -> (ExactNumber?, Int) {
        var (parts, marks): ([[UInt8]], [Unicode.Scalar]) = ([], [])
        var (digits, end) = run(from: start)
        if digits.isEmpty { digits = [0] }
        parts.append(digits)
        while let mark = at(end) {
            let next = run(from: end + 1)
            let isPoint = mark == "." || mark == ","
            guard !next.digits.isEmpty, isPoint || isGroupSpace(mark, after: parts, marks: marks, next: next) else {
                break
            }
            parts.append(next.digits)
            marks.append(mark)
            end = next.end
        }
        let exponent = powerOfTen(from: end)
        return (
            notation.value(parts: parts, marks: marks, exponent: exponent.power), exponent.end
        )
    }

    private func isGroupSpace(
        _ mark: Unicode.Scalar, after parts: [[UInt8]], marks: [Unicode.Scalar], next: (digits: [UInt8], end: Int)
    ) -> Bool {
        let isAllowed =
            mark == PlainMath.narrowSpace || mark == "'" || mark == "\u{2019}" || mark == " " && notation.groupsBySpace
        guard isAllowed, next.digits.count == 3, at(next.end) != "/", marks.allSatisfy({ $0 == mark }) else {
            return false
        }
        return parts[0].count <= 3 && parts[0].first != 0
    }

    /// "e3", "E-3", "× 10^3", "× 10^{-3}".
    private func powerOfTen(from end: Int) -> (power: Int, end: Int) {
        if at(end) == "e" || at(end) == "E" { return power(from: end + 1, otherwise: end) }
        let sign = afterSpaces(end)
        guard at(sign) == "×" || at(sign) == "x" || at(sign) == "*" else { return (0, end) }
        let ten = afterSpaces(sign + 1)
        guard at(ten) == "1", at(ten + 1) == "0", at(ten + 2) == "^" else { return (0, end) }
        let hasBrace = at(ten + 3) == "{"
        let (value, last) = power(from: ten + (hasBrace ? 4 : 3), otherwise: end)
        return (value, last == end || !hasBrace ? last : last + 1)
    }

    private func power(from start: Int, otherwise end: Int) -> (power: Int, end: Int) {
        let isNegative = at(start) == "-"
        let (digits, last) = run(from: isNegative || at(start) == "+" ? start + 1 : start)
        guard (1...3).contains(digits.count) else { return (0, end) }
        let value = digits.reduce(0) { 10 * $0 + Int($1) }
        return (isNegative ? -value : value, last)
    }

    /// "3/4" behind a whole number is its denominator, " 3/4" makes a mixed number.
    private func withFraction(_ first: ExactNumber?, end: Int, start: Int) -> (ExactNumber?, Int) {
        guard let first, first.isWhole else { return (first, end) }
        let slash = afterSpaces(end)
        if at(slash) == "/" {
            let (digits, last) = run(from: afterSpaces(slash + 1))
            guard !digits.isEmpty else { return (first, end) }
            // A date has two slashes.
            guard at(last) != "/", at(start - 1) != "/", !(at(last) == "." && isDigit(last + 1)) else {
                return (nil, last)
            }
            return (ExactNumber(whole: digits).flatMap { first / $0 }, last)
        }
        guard isSpace(end), isDigit(slash) else { return (first, end) }
        let numerator = run(from: slash)
        guard at(numerator.end) == "/", isDigit(numerator.end + 1) else { return (first, end) }
        let denominator = run(from: numerator.end + 1)
        guard let above = ExactNumber(whole: numerator.digits), let below = ExactNumber(whole: denominator.digits),
            let fraction = above / below, fraction.isProper, at(denominator.end) != "/"
        else { return (first, end) }
        return (first.extended(by: fraction), denominator.end)
    }

    /// Digits after a letter, a power sign, or a digit with a mark belong to something else.
    private func isFreeBefore(_ start: Int) -> Bool {
        guard let before = at(start - 1) else { return true }
        if before == "_" || before == "^" { return false }
        if before == ":" || before == "/" { return !isDigit(start - 2) }
        guard before.properties.isAlphabetic else { return true }
        return WritingScript(of: before)?.isWithoutWordBoundaries ?? false
    }

    private func isFreeAfter(_ end: Int) -> Bool {
        at(end) != "^" && at(end) != "_" && !(at(end) == ":" && isDigit(end + 1))
    }

    /// A minus directly before the digits or their currency, unless something stands before it that it is subtracted
    /// from.
    private func withSign(_ magnitude: ExactNumber, start: Int) -> (ExactNumber, Int) {
        var place = start - 1
        if let mark = at(place), Self.currencies.contains(mark) { place -= 1 }
        guard let sign = at(place), sign == "-" || sign == "+" || sign == "\u{2013}" else { return (magnitude, start) }
        if let before = at(place - 1) {
            let isOperand =
                before.properties.isAlphabetic || PlainMath.isDigit(before) || ")]}%".unicodeScalars.contains(before)
            guard !isOperand, sign != "\u{2013}" || isSpace(place - 1) || before == "=" else {
                return (magnitude, start)
            }
        }
        return (sign == "+" ? magnitude : magnitude.negated, place)
    }

    private static let currencies: Set<Unicode.Scalar> = ["$", "€", "£", "¥", "₽"]

    private func currency(before start: Int) -> MeasureUnit? {
        guard let mark = at(start - 1), Self.currencies.contains(mark) else { return nil }
        return MeasureUnit.leading([mark])
    }

    private func suffix(from end: Int) -> (isPercent: Bool, unit: MeasureUnit?) {
        let place = afterSpaces(end)
        guard let first = at(place) else { return (false, nil) }
        if first == "%" { return (true, nil) }
        let following = scalars[place...]
        let word = following.prefix { $0.properties.isAlphabetic || $0 == " " }.prefix(12)
        var view = String.UnicodeScalarView()
        view.append(contentsOf: word)
        let text = String(view).lowercased()
        if Self.percentWords.contains(where: text.hasPrefix) { return (true, nil) }
        return (false, MeasureUnit.leading(following))
    }

    private static let percentWords = [
        "percent", "per cent", "prozent", "por ciento", "pour cent", "процент", "パーセント", "por cento", "per cento",
    ]
}
