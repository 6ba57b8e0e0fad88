// Compiled with the kernels into one module, so that C can call them.

@_cdecl("lab_encode")
public func labEncode(
    _ type: UInt32, _ values: UnsafePointer<Float>, _ rows: Int, _ rowElements: Int,
    _ importance: UnsafePointer<Float>?, _ target: UnsafeMutableRawPointer
) -> Int {
    guard let encoder = blockEncoder(type: type) else { return -2 }
    return encoder(values, rows, rowElements, importance, target)
}
