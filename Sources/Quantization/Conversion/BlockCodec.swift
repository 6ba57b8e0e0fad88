public import ModelFormats

/// Conversions between floats and storage types.
///
/// The K-quants and their elders have codecs of the lab's own, in ``KernelSet``; the other types go through
/// ``EngineCodec``.
public struct BlockCodec: Sendable {
    private let kernels: KernelSet

    /// A codec that runs on a set of kernels. Default: the fastest that the processor can run.
    public init(kernels: KernelSet = .current) {
        self.kernels = kernels
    }

    /// Decodes elements of a checkpoint.
    func decode(
        _ bytes: UnsafeRawBufferPointer, as type: ScalarType, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        guard let source = bytes.baseAddress, let target = floats.baseAddress else { return }
        switch type {
        case .bfloat16: kernels.decodeBF16(source, floats.count, target)
        case .float16: kernels.decodeF16(source, floats.count, target)
        case .float32: UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: bytes.count)
        case .float8E4M3: Self.look(up: bytes, in: Float8.e4m3, into: floats)
        case .float8E5M2: Self.look(up: bytes, in: Float8.e5m2, into: floats)
        default: preconditionFailure("the checkpoint admits no \(type.rawValue)")
        }
    }

    private static func look(
        up codes: UnsafeRawBufferPointer, in values: [Float], into floats: UnsafeMutableBufferPointer<Float>
    ) {
        values.withUnsafeBufferPointer { values in
            for index in floats.indices { floats[index] = values[Int(codes[index])] }
        }
    }

    /// The values of elements of a checkpoint.
    package func decoded(_ bytes: UnsafeRawBufferPointer, as type: ScalarType) -> [Float] {
        [Float](unsafeUninitializedCapacity: bytes.count / Int(type.bytesPerElement)) { floats, count in
            count = bytes.count / Int(type.bytesPerElement)
            decode(bytes, as: type, into: UnsafeMutableBufferPointer(rebasing: floats[..<count]))
        }
    }

    /// Rounds to the values of a float type in place, to the nearest, ties to even.
    func round(_ floats: UnsafeMutableBufferPointer<Float>, to type: ScalarType) {
        guard let values = floats.baseAddress else { return }
        switch type {
        case .bfloat16: kernels.roundToBF16(values, floats.count)
        case .float16:
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: floats.count) { halves in
                guard let halves = halves.baseAddress else { return }
                _ = kernels.encodeF16(values, floats.count, halves)
                kernels.decodeF16(halves, floats.count, values)
            }
        case .float32: break
        default: preconditionFailure("nothing is rounded to \(type.rawValue)")
        }
    }

    /// The index of the first value that is infinite or not a number; nil where all are finite.
    func firstNotFinite(_ floats: UnsafeMutableBufferPointer<Float>) -> Int? {
        guard let values = floats.baseAddress else { return nil }
        let index = kernels.firstNotFinite(values, floats.count)
        return index < 0 ? nil : index
    }

    /// Encodes whole rows.
    ///
    /// The bytes are those that `llama-quantize` writes on x86-64.
    /// - Parameters:
    ///   - floats: Finite values, row after row.
    ///   - rowElements: The length of a row, a multiple of the type's block length.
    ///   - importance: The importance of each column, at least zero, or nil.
    ///   - bytes: Room for the encoded rows.
    /// - Returns: The index of the first block with a value or a scale beyond what the type can hold; nil for none.
    public func encode(
        _ floats: UnsafeBufferPointer<Float>, rowElements: Int, as type: TensorType,
        importance: UnsafeBufferPointer<Float>? = nil, into bytes: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let source = floats.baseAddress, let target = bytes.baseAddress else { return nil }
        precondition(importance == nil || importance?.count == rowElements, "importance is a value for each column")
        let rows = floats.count / rowElements
        let firstBad: Int
        switch type {
        case .f32:
            target.copyMemory(from: source, byteCount: bytes.count)
            firstBad = -1
        case .f16: firstBad = kernels.encodeF16(source, floats.count, target)
        case .bf16: firstBad = kernels.encodeBF16(source, floats.count, target)
        default:
            guard let encoder = kernels.encoder(type.rawValue) else {
                EngineCodec.encode(floats, rowElements: rowElements, as: type, importance: importance, into: bytes)
                return EngineCodec.firstInvalidBlock(UnsafeRawBufferPointer(bytes), of: type)
            }
            firstBad = encoder(source, rows, rowElements, importance?.baseAddress, target)
        }
        return firstBad < 0 ? nil : firstBad
    }

    // MARK: - MLX

    /// Encodes whole groups as MLX stores them, with the bytes of `mx.quantize` on a CPU.
    /// - Parameters:
    ///   - floats: Finite values, group after group.
    ///   - scalarType: The type of scales and biases: BF16, F16 or F32.
    ///   - codes: Room for the codes.
    ///   - scales: Room for a scale for each group.
    ///   - biases: Room for a bias for each group.
    /// - Returns: The index of the first group whose scale or bias is beyond what can be stored; nil for none.
    public func encodeAffine(
        _ floats: UnsafeBufferPointer<Float>, as type: AffineType, storedIn scalarType: ScalarType,
        codes: UnsafeMutableRawPointer, scales: UnsafeMutableRawPointer, biases: UnsafeMutableRawPointer
    ) -> Int? {
        let groups = floats.count / type.groupSize
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * groups) { factors in
            guard let source = floats.baseAddress, let exact = factors.baseAddress else { return nil }
            let firstBad = kernels.encodeAffineGroups(
                source, groups, type.groupSize, type.bits, codes, exact, exact + groups)
            let stored = [
                firstBad, store(exact, groups, as: scalarType, at: scales),
                store(exact + groups, groups, as: scalarType, at: biases),
            ]
            return stored.filter { $0 >= 0 }.min()
        }
    }

    /// Stores floats in a float type; returns the first one that becomes infinite, or -1.
    private func store(
        _ floats: UnsafePointer<Float>, _ count: Int, as type: ScalarType, at place: UnsafeMutableRawPointer
    ) -> Int {
        switch type {
        case .bfloat16: return kernels.encodeBF16(floats, count, place)
        case .float16: return kernels.encodeF16(floats, count, place)
        case .float32:
            place.copyMemory(from: floats, byteCount: 4 * count)
            return -1
        default: preconditionFailure("MLX stores no scales in \(type.rawValue)")
        }
    }
}
