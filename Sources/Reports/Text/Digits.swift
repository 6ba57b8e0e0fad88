import Foundation

/// Numbers in decimal digits as `printf` writes them, without the long way that `String(format:)` goes: a site has
/// millions of them.
package enum Digits {
    private static let powers: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

    /// What "%.Nf" writes of a number that is not negative; nil where that takes more than 52 bits or 9 decimals.
    package static func fixed(_ value: Double, _ decimals: Int) -> String? {
        guard powers.indices.contains(decimals) else { return nil }
        let power = powers[decimals]
        let product = value * power
        guard product < 0x1p52 else { return nil }
        // The product is off by `error`, which decides only where it lies halfway between two whole numbers.
        let error = (-product).addingProduct(value, power)
        var rounded = product.rounded(.toNearestOrEven)
        if product - rounded == 0.5, error > 0 { rounded += 1 }
        if product - rounded == -0.5, error < 0 { rounded -= 1 }
        return text(UInt64(rounded), decimals: decimals, isNegative: false)
    }

    /// A whole number of tenths, hundredths and so on, with all its decimals.
    static func text(_ count: UInt64, decimals: Int, isNegative: Bool) -> String {
        // Up to 15 bytes a string needs no memory of its own.
        let capacity = count < 1_000_000_000 ? 15 : 24
        return String(unsafeUninitializedCapacity: capacity) { buffer in
            var rest = count
            var place = capacity
            func put(_ byte: UInt8) {
                place -= 1
                buffer[place] = byte
            }
            var digits = 0
            repeat {
                if digits == decimals, decimals > 0 { put(UInt8(ascii: ".")) }
                put(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
                digits += 1
            } while rest > 0 || digits <= decimals
            if isNegative { put(UInt8(ascii: "-")) }
            let length = capacity - place
            for index in 0..<length { buffer[index] = buffer[place + index] }
            return length
        }
    }

    /// What a format of `printf` for one number, "%.3e" or "%.6g", makes of it.
    static func printed(_ format: String, _ value: Double) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress,
                withVaList([value], { Int(vsnprintf(start, buffer.count, format, $0)) }) < buffer.count
            else { return String(format: format, value) }
            return String(cString: start)
        }
    }
}
