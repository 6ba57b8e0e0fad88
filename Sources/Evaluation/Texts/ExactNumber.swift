/// A rational number of any size, compared without rounding.
///
/// Digits are kept as they are written; 1/3 and 0.333 differ, 0.5, .50 and 2/4 do not.
struct ExactNumber: Hashable, Sendable {
    /// Longer numerals are no answers.
    static let maximumDigits = 400

    private let isNegative: Bool
    /// Decimal digits, the most significant first, without leading zeros; empty for 0.
    private let numerator: [UInt8]
    /// As the numerator, never 0.
    private let denominator: [UInt8]

    private init(isNegative: Bool, numerator: [UInt8], denominator: [UInt8]) {
        self.numerator = Array(numerator.drop { $0 == 0 })
        self.denominator = Array(denominator.drop { $0 == 0 })
        self.isNegative = isNegative && !self.numerator.isEmpty
    }

    /// A number of digits before and after the decimal point; nil without any, or with too many.
    init?(whole: [UInt8], fraction: [UInt8] = [], exponent: Int = 0) {
        let digits = whole + fraction
        guard !digits.isEmpty, digits.count <= Self.maximumDigits, abs(exponent) <= Self.maximumDigits else {
            return nil
        }
        let scale = fraction.count - exponent
        self.init(
            isNegative: false, numerator: digits + Array(repeating: 0, count: max(0, -scale)),
            denominator: [1] + Array(repeating: 0, count: max(0, scale)))
    }

    /// A whole number.
    init(_ value: Int) {
        self.init(isNegative: value < 0, numerator: "\(value.magnitude)".utf8.map { $0 - 0x30 }, denominator: [1])
    }

    var isZero: Bool { numerator.isEmpty }

    /// Whether it is a whole number written as such.
    var isWhole: Bool { denominator == [1] }

    /// The number with the other sign.
    var negated: ExactNumber {
        ExactNumber(isNegative: !isNegative, numerator: numerator, denominator: denominator)
    }

    static func * (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        ExactNumber(
            isNegative: left.isNegative != right.isNegative, numerator: product(left.numerator, right.numerator),
            denominator: product(left.denominator, right.denominator))
    }

    /// The quotient; nil by zero.
    static func / (left: ExactNumber, right: ExactNumber) -> ExactNumber? {
        guard !right.isZero else { return nil }
        return ExactNumber(
            isNegative: left.isNegative != right.isNegative, numerator: product(left.numerator, right.denominator),
            denominator: product(left.denominator, right.numerator))
    }

    /// This number further from 0 by a positive one: 2 and 1/2 make 2 1/2, -2 and 1/2 make -2 1/2.
    func extended(by fraction: ExactNumber) -> ExactNumber {
        ExactNumber(
            isNegative: isNegative,
            numerator: Self.sum(
                Self.product(numerator, fraction.denominator), Self.product(fraction.numerator, denominator)),
            denominator: Self.product(denominator, fraction.denominator))
    }

    /// Equal as rational numbers: a/b = c/d where ad = cb.
    static func == (left: ExactNumber, right: ExactNumber) -> Bool {
        left.isNegative == right.isNegative
            && product(left.numerator, right.denominator) == product(right.numerator, left.denominator)
    }

    /// Only the sign: equal numbers may be written with other numerators.
    func hash(into hasher: inout Hasher) { hasher.combine(isNegative) }

    /// Whether the fraction is less than one, sign left out.
    var isProper: Bool {
        numerator.count != denominator.count
            ? numerator.count < denominator.count : numerator.lexicographicallyPrecedes(denominator)
    }

    private static func product(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        guard !left.isEmpty, !right.isEmpty else { return [] }
        var columns = [Int](repeating: 0, count: left.count + right.count)
        for (i, a) in left.enumerated() where a != 0 {
            for (j, b) in right.enumerated() { columns[i + j + 1] += Int(a) * Int(b) }
        }
        return digits(ofColumns: columns)
    }

    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        let count = max(left.count, right.count) + 1
        var columns = [Int](repeating: 0, count: count)
        for (place, digit) in left.reversed().enumerated() { columns[count - 1 - place] += Int(digit) }
        for (place, digit) in right.reversed().enumerated() { columns[count - 1 - place] += Int(digit) }
        return digits(ofColumns: columns)
    }

    private static func digits(ofColumns columns: [Int]) -> [UInt8] {
        var digits = [UInt8](repeating: 0, count: columns.count)
        var carry = 0
        for place in columns.indices.reversed() {
            let total = columns[place] + carry
            digits[place] = UInt8(total % 10)
            carry = total / 10
        }
        return Array(digits.drop { $0 == 0 })
    }
}
