import BlockKernels
import CProcessor

#if arch(x86_64)
    import BlockKernelsAVX2
#endif

/// The block codecs compiled for one kind of processor.
///
/// All sets give the same bytes; they differ in speed.
public struct KernelSet: Sendable {
    /// The name: "baseline" or "AVX2".
    public let name: String
    let encoder: @Sendable (_ type: UInt32) -> BlockEncoder?
    let encodeAffineGroups: AffineEncoder
    let decodeBF16: @Sendable (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
    let decodeF16: @Sendable (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
    let roundToBF16: @Sendable (UnsafeMutablePointer<Float>, Int) -> Void
    let encodeBF16: @Sendable (UnsafePointer<Float>, Int, UnsafeMutableRawPointer) -> Int
    let encodeF16: @Sendable (UnsafePointer<Float>, Int, UnsafeMutableRawPointer) -> Int
    let firstNotFinite: @Sendable (UnsafePointer<Float>, Int) -> Int
    /// Runs steps of 96 independent additions and multiplications of single floats.
    public let runAtVectorPeak: @Sendable (_ steps: Int) -> Float

    /// For every processor of the architecture.
    public static let baseline = KernelSet(
        name: "baseline", encoder: BlockKernels.blockEncoder,
        encodeAffineGroups: BlockKernels.encodeAffineGroups,
        decodeBF16: BlockKernels.decodeBF16, decodeF16: BlockKernels.decodeF16, roundToBF16: BlockKernels.roundToBF16,
        encodeBF16: BlockKernels.encodeBF16, encodeF16: BlockKernels.encodeF16,
        firstNotFinite: BlockKernels.firstNotFinite, runAtVectorPeak: BlockKernels.runAtVectorPeak)

    #if arch(x86_64)
        static let avx2 = KernelSet(
            name: "AVX2", encoder: BlockKernelsAVX2.blockEncoder,
            encodeAffineGroups: BlockKernelsAVX2.encodeAffineGroups,
            decodeBF16: BlockKernelsAVX2.decodeBF16, decodeF16: BlockKernelsAVX2.decodeF16,
            roundToBF16: BlockKernelsAVX2.roundToBF16,
            encodeBF16: BlockKernelsAVX2.encodeBF16, encodeF16: BlockKernelsAVX2.encodeF16,
            firstNotFinite: BlockKernelsAVX2.firstNotFinite, runAtVectorPeak: BlockKernelsAVX2.runAtVectorPeak)
    #endif

    /// The sets that this processor can run, the fastest last.
    public static let available: [KernelSet] = {
        #if arch(x86_64)
            if processor_has_avx2() { return [baseline, avx2] }
        #endif
        return [baseline]
    }()

    /// The fastest set that this processor can run.
    public static let current = available.last ?? baseline
}
