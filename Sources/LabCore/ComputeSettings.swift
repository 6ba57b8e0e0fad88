/// How an engine computes: what changes speed, memory and the last digits, and not what is measured.
public struct ComputeSettings: Sendable, Hashable {
    /// Threads of computation on the CPU.
    public var threads: Int
    /// Tokens given to the engine at a time; nil for as many as a context needs.
    public var batch: Int?
    /// Tokens computed at a time. Default: llama.cpp's own number, 512.
    public var microBatch = WorkerRequest.LoadParameters.usualMicroBatch
    /// Type of the key-value cache: one of ``cacheTypes``. Default: "f16".
    public var kvType = "f16"
    /// One of ``flashAttentionChoices``. Default: "auto", the engine's choice by device and model.
    public var flashAttention = "auto"
    /// Whether the weights are kept in memory, never swapped out. Default: no.
    public var locksMemory = false
    /// Layers computed on the backend's devices, the output counted as one; nil for all of them.
    public var deviceLayers: Int?
    /// The share of the layers that each device of the backend gets; empty for shares by free memory.
    public var tensorSplit: [Float] = []

    /// Types that a key-value cache may have.
    public static let cacheTypes = ["f16", "f32", "bf16", "q8_0"]
    /// What may be said of flash attention.
    public static let flashAttentionChoices = ["auto", "on", "off"]

    /// Settings; everything but the threads at its default.
    public init(threads: Int) {
        self.threads = threads
    }

    /// What of them enters sample keys, beside what a solver says of itself: the cache and flash attention always, the
    /// rest where it is not the usual.
    public var keyParameters: [String: String] {
        var parameters = ["kv": kvType, "flash_attention": flashAttention]
        if let batch { parameters["batch"] = "\(batch)" }
        if microBatch != WorkerRequest.LoadParameters.usualMicroBatch { parameters["micro_batch"] = "\(microBatch)" }
        if let deviceLayers { parameters["device_layers"] = "\(deviceLayers)" }
        if !tensorSplit.isEmpty { parameters["tensor_split"] = tensorSplit.map { "\($0)" }.joined(separator: ",") }
        return parameters
    }

    /// Has an artifact loaded so.
    public func apply(to parameters: inout WorkerRequest.LoadParameters) {
        parameters.threads = threads
        parameters.batch = batch
        parameters.microBatch = microBatch
        parameters.kvType = kvType
        parameters.flashAttention = flashAttention
        parameters.locksMemory = locksMemory ? true : nil
        parameters.deviceLayers = deviceLayers
        parameters.tensorSplit = tensorSplit.isEmpty ? nil : tensorSplit
    }
}
