/// Encodes consecutive blocks of one row or of several.
///
/// - `values`: `rows` rows of `rowElements` floats, a multiple of the type's block length.
/// - `importance`: `rowElements` weights of the columns, the same for every row, or nil.
/// - `target`: room for the blocks, as GGUF stores them.
///
/// Returns the index of the first block whose scale or minimum binary16 cannot hold, or -1.
public typealias BlockEncoder = (
    _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int, _ importance: UnsafePointer<Float>?,
    _ target: UnsafeMutableRawPointer
) -> Int

/// The values of a super-block.
let superBlock = 256

/// Remembers the first block that is not valid.
struct Validity {
    private(set) var firstInvalid = -1

    @inline(__always)
    mutating func check(_ isValid: Bool, block: Int) {
        if !isValid, firstInvalid < 0 { firstInvalid = block }
    }
}

/// Calls `body` with each group of consecutive values that are searched at the same time.
///
/// A group is `length` values of one row; the last of a row may be shorter, and is then filled up with zeros in a
/// copy. `body` gets the group's values and weights, the index of the group's first value in all rows, and the number
/// of values that count.
@inline(__always)
func forEachGroup(
    _ values: UnsafePointer<Float>, rows: Int, rowElements: Int, importance: UnsafePointer<Float>?, length: Int,
    body: (_ values: UnsafePointer<Float>, _ importance: UnsafePointer<Float>?, _ first: Int, _ count: Int) -> Void
) {
    // Without weights for the columns a row's end does not matter.
    let (rows, rowElements) = importance == nil ? (1, rows * rowElements) : (rows, rowElements)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * length) { copies in
        guard let copy = copies.baseAddress else { return }
        for row in 0..<rows {
            for column in stride(from: 0, to: rowElements, by: length) {
                let first = row * rowElements + column
                let count = min(length, rowElements - column)
                var (group, weights) = (values + first, importance.map { $0 + column })
                if count < length {
                    copy.update(repeating: 0, count: 2 * length)
                    copy.update(from: group, count: count)
                    group = UnsafePointer(copy)
                    if let columns = weights {
                        (copy + length).update(from: columns, count: count)
                        weights = UnsafePointer(copy + length)
                    }
                }
                body(group, weights, first, count)
            }
        }
    }
}
