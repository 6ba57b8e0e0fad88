import Foundation
import Testing

extension CheckpointCopy {
    /// Changes a BF16 matrix's values, row by row, where they are; nothing else of the file moves.
    func change(_ tensor: String, _ change: (inout [Double], _ columns: Int) -> Void) throws {
        let file = try #require(try file(of: tensor))
        let (header, data) = try Self.parts(of: file)
        let entry = try #require(header[tensor] as? [String: Any])
        let offsets = try #require(entry["data_offsets"] as? [Int])
        let shape = try #require(entry["shape"] as? [Int])
        try #require(entry["dtype"] as? String == "BF16" && shape.count == 2)
        let bytes = [UInt8](data[(data.startIndex + offsets[0])..<(data.startIndex + offsets[1])])
        var values = stride(from: 0, to: bytes.count, by: 2).map { index in
            Double(Float(bitPattern: UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 24))
        }
        change(&values, shape[1])
        var changed = Data(capacity: bytes.count)
        for value in values {
            let bits = Float(value).bitPattern
            // To the nearest, ties to even.
            let nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
            changed.append(contentsOf: [UInt8(truncatingIfNeeded: nearest), UInt8(truncatingIfNeeded: nearest >> 8)])
        }
        let handle = try FileHandle(forWritingTo: file)
        try handle.seek(toOffset: UInt64(data.startIndex + offsets[0]))
        try handle.write(contentsOf: changed)
        try handle.close()
    }
}
