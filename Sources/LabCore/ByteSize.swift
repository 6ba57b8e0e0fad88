import Foundation

/// A number of bytes, the way people write and read it.
public struct ByteSize: Hashable, Sendable, CustomStringConvertible {
    /// The bytes.
    public let bytes: Int64

    /// A size of so many bytes.
    public init(_ bytes: Int64) { self.bytes = bytes }

    private static let scales: [String: Double] = [
        "": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 0x1p10, "mi": 0x1p20, "gi": 0x1p30, "ti": 0x1p40,
    ]

    /// Reads "1900000000", "1.9GB", "1.9 gb", "1900M" (decimal) or "1.77GiB" (binary), rounded to whole bytes.
    ///
    /// Nil for anything else, for zero and for more than an `Int64` holds.
    public init?(parsing text: String) {
        guard let match = text.lowercased().wholeMatch(of: /\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*/),
            let number = Double(match.1), let scale = Self.scales[match.2.map(String.init) ?? ""],
            let bytes = Int64(exactly: (number * scale).rounded()), bytes > 0
        else { return nil }
        self.bytes = bytes
    }

    /// Decimal units: "6.7 MB", "5.03 GB".
    public var description: String {
        let value = Double(bytes)
        return switch abs(value) {
        case ..<1e3: "\(bytes) B"
        case ..<999_500: "\((value / 1e3).fixed(0)) kB"
        case ..<999_950_000: "\((value / 1e6).fixed(1)) MB"
        default: "\((value / 1e9).fixed(2)) GB"
        }
    }
}

extension Double {
    /// The number with a fixed count of decimals and a point, in no locale.
    public func fixed(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
