internal import Crypto
public import Foundation

/// A SHA-256 digest: the identity of a file, an artifact, a sample or a measurement.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// Reads a digest from its hexadecimal form; nil unless it is 64 hexadecimal digits.
    public init?(hex: some StringProtocol) {
        let bytes = hex.utf8
        guard bytes.count == 64, bytes.allSatisfy(Self.isDigit) else { return nil }
        self.hex = bytes.allSatisfy(Self.isSmall) ? String(hex) : hex.lowercased()
    }

    init(bytes: some Sequence<UInt8>) {
        hex = bytes.reduce(into: "") { text, byte in
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
    }

    /// The digest of a text's UTF-8 bytes.
    public init(of text: String) {
        self.init(of: Data(text.utf8))
    }

    /// The digest of some bytes.
    public init(of data: Data) {
        self.init(bytes: SHA256.hash(data: data))
    }

    /// The first twelve digits: enough to tell digests apart in a table.
    public var short: String { String(hex.prefix(12)) }

    /// The hexadecimal form.
    public var description: String { hex }

    /// Alphabetical order of the hexadecimal form.
    public static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }

    private static let digits = Array("0123456789abcdef")

    private static func isSmall(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        isSmall(byte) || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }

    /// Computes a digest from bytes that arrive in pieces.
    public struct Hasher: Sendable {
        private var state = SHA256()

        /// A hasher that has seen no bytes.
        public init() {}

        /// Appends bytes.
        public mutating func update(_ bytes: UnsafeRawBufferPointer) {
            state.update(bufferPointer: bytes)
        }

        /// Appends bytes.
        public mutating func update(_ data: Data) {
            state.update(data: data)
        }

        /// The digest of all bytes so far.
        public func finalize() -> Digest {
            Digest(bytes: state.finalize())
        }
    }
}

extension Digest: Codable {
    /// Decodes the hexadecimal form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(hex: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not a SHA-256 digest")
        }
        self = digest
    }

    /// Encodes the hexadecimal form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
