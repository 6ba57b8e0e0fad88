public import ArgumentParser
public import LabCore

/// How the engine computes, on the command line.
public struct ComputeOptions: ParsableArguments {
    @OptionGroup var threading: ThreadOptions

    @Option(help: "Tokens given to the engine at a time. Default: as many as a context needs.")
    var batch: Int?

    @Option(help: "Tokens computed at a time.")
    var microBatch: Int = WorkerRequest.LoadParameters.usualMicroBatch

    @Option(help: "Type of the key-value cache: f16, f32, bf16 or q8_0.")
    var kvType: String = "f16"

    @Option(help: "Flash attention: auto, on or off.")
    var flashAttention: String = "auto"

    @Flag(help: "Keep the weights in memory, never swapped out.")
    var mlock = false

    @Option(help: "Layers computed on the backend's devices, the output counted as one. Default: all.")
    var gpuLayers: Int?

    @Option(help: "The share of the layers for each device of the backend, such as 3,1. Default: by free memory.")
    var tensorSplit: String?

    /// Nothing asked for.
    public init() {}

    /// Refuses what no engine does.
    public func validate() throws {
        for (name, value) in [("--batch", batch), ("--micro-batch", microBatch)] {
            if let value, !(1...65536).contains(value) { throw ValidationError("\(name) must be from 1 to 65536") }
        }
        if let gpuLayers, gpuLayers < 0 { throw ValidationError("--gpu-layers must be at least 0") }
        guard ComputeSettings.cacheTypes.contains(kvType) else {
            throw ValidationError("--kv-type must be one of \(ComputeSettings.cacheTypes.joined(separator: ", "))")
        }
        guard ComputeSettings.flashAttentionChoices.contains(flashAttention) else {
            throw ValidationError(
                "--flash-attention must be one of \(ComputeSettings.flashAttentionChoices.joined(separator: ", "))")
        }
        if tensorSplit != nil, shares == nil {
            throw ValidationError("--tensor-split must be numbers that are not negative, such as 3,1, one above 0")
        }
    }

    private var shares: [Float]? {
        guard let tensorSplit else { return nil }
        let words = tensorSplit.split(separator: ",", omittingEmptySubsequences: false)
        let shares = words.compactMap { Float($0) }.filter { $0 >= 0 && $0.isFinite }
        return shares.count == words.count && shares.contains { $0 > 0 } ? shares : nil
    }

    /// The settings, with so many threads where nothing is said of them.
    public func settings(defaultThreads: Int) -> ComputeSettings {
        var settings = ComputeSettings(threads: threading.threads ?? defaultThreads)
        settings.batch = batch
        settings.microBatch = microBatch
        settings.kvType = kvType
        settings.flashAttention = flashAttention
        settings.locksMemory = mlock
        settings.deviceLayers = gpuLayers
        settings.tensorSplit = shares ?? []
        return settings
    }
}
