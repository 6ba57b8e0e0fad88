/// The memory of a conversion: two slices of source, two of each output, and floats for each worker.
final class SliceBuffers {
    private let sources: [UnsafeMutableRawBufferPointer]
    private let outputs: [[UnsafeMutableRawBufferPointer]]
    private let floatBuffers: [UnsafeMutableBufferPointer<Float>]

    init(sourceBytes: Int, outputBytes: [Int], workers: Int, floatsPerWorker: Int) {
        func pair(_ bytes: Int) -> [UnsafeMutableRawBufferPointer] {
            (0..<2).map { _ in .allocate(byteCount: bytes, alignment: 64) }
        }
        sources = pair(sourceBytes)
        outputs = outputBytes.map(pair)
        floatBuffers = (0..<max(1, workers)).map { _ in .allocate(capacity: floatsPerWorker) }
    }

    deinit {
        sources.forEach { $0.deallocate() }
        outputs.joined().forEach { $0.deallocate() }
        floatBuffers.forEach { $0.deallocate() }
    }

    /// The source of a slice; slices of different parity do not share it.
    func source(_ slice: Int) -> UnsafeMutableRawBufferPointer { sources[slice & 1] }

    /// The encoded form of a slice; slices of different parity do not share it.
    func output(_ index: Int, _ slice: Int) -> UnsafeMutableRawBufferPointer { outputs[index][slice & 1] }

    /// Room for a worker's floats.
    func floats(_ worker: Int) -> UnsafeMutableBufferPointer<Float> { floatBuffers[worker] }
}
