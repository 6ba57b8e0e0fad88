/// The values of 8-bit floats.
///
/// Source: the OCP 8-bit Floating Point Specification (OFP8), revision 1.0.
enum Float8 {
    /// 4 exponent bits, no infinities; the largest value is 448.
    static let e4m3: [Float] = values(exponentBits: 4, bias: 7) { $0 & 0x7F == 0x7F ? .nan : nil }

    /// 5 exponent bits; the largest value is 57344.
    static let e5m2: [Float] = values(exponentBits: 5, bias: 15) { code in
        guard code & 0x7C == 0x7C else { return nil }
        return code & 3 != 0 ? .nan : code & 0x80 == 0 ? .infinity : -.infinity
    }

    private static func values(exponentBits: Int, bias: Int, special: (Int) -> Float?) -> [Float] {
        let mantissaBits = 7 - exponentBits
        return (0..<256).map { code in
            if let value = special(code) { return value }
            let exponent = code >> mantissaBits & ((1 << exponentBits) - 1)
            let fraction = Float(code & ((1 << mantissaBits) - 1)) / Float(1 << mantissaBits)
            let magnitude =
                exponent == 0
                ? Float(sign: .plus, exponent: 1 - bias, significand: fraction)
                : Float(sign: .plus, exponent: exponent - bias, significand: 1 + fraction)
            return code & 0x80 == 0 ? magnitude : -magnitude
        }
    }
}
