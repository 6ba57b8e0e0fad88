public import Foundation

/// Framing of the worker protocol: a four-byte little-endian length, then that many bytes of UTF-8 JSON.
public enum Frame {
    /// Longest frame accepted, bytes. A length above it means that something else wrote to the pipe.
    public static let maximumLength = 1 << 28

    /// A frame that cannot be one.
    public enum Problem: Error, Equatable {
        /// The length prefix is beyond ``maximumLength``.
        case tooLong(Int)
        /// The stream ended inside a frame.
        case truncated
    }

    /// Prefixes a payload with its length.
    public static func encode(_ payload: Data) -> Data {
        var frame = Data(capacity: payload.count + 4)
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame.append(contentsOf: $0) }
        frame.append(payload)
        return frame
    }

    /// Reads one frame with `read`, which returns up to the asked number of bytes, none at the end of the stream.
    ///
    /// - Returns: the payload; nil at a clean end of the stream.
    public static func next(read: (Int) throws -> Data) throws -> Data? {
        guard let prefix = try exactly(4, read: read) else { return nil }
        let length = prefix.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        guard length <= maximumLength else { throw Problem.tooLong(length) }
        guard let payload = try exactly(length, read: read) else { throw Problem.truncated }
        return payload
    }

    private static func exactly(_ count: Int, read: (Int) throws -> Data) throws -> Data? {
        var data = Data()
        while data.count < count {
            let piece = try read(count - data.count)
            if piece.isEmpty {
                if data.isEmpty && count > 0 { return nil }
                throw Problem.truncated
            }
            data.append(piece)
        }
        return data
    }
}
