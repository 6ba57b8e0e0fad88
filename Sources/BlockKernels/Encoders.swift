/// The encoder of a storage type, or nil where this library has none.
///
/// - Parameter type: the type's number in GGUF.
public func blockEncoder(type: UInt32) -> BlockEncoder? {
    switch type {
    case 2: encodeQ4_0
    case 3: encodeQ4_1
    case 6: encodeQ5_0
    case 7: encodeQ5_1
    case 8: encodeQ8_0
    case 10: encodeQ2_K
    case 11: encodeQ3_K
    case 12: encodeQ4_K
    case 13: encodeQ5_K
    case 14: encodeQ6_K
    default: nil
    }
}
