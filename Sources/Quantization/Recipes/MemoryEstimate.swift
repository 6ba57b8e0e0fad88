public import ModelFormats

/// What the engine needs in memory to run an artifact.
public struct MemoryEstimate: Sendable, Equatable {
    /// Tensor data.
    public let weightsBytes: Int64
    /// Keys and values of the context, in F16.
    public let cacheBytes: Int64
    /// Buffers of the computation.
    public let computeBytes: Int64

    /// All of it.
    public var totalBytes: Int64 { weightsBytes + cacheBytes + computeBytes }

    /// Tokens that the engine computes at once.
    static let batchTokens: Int64 = 512

    /// Estimates from a model's widths.
    ///
    /// Keys and values: two vectors for each block, key and value head and token, of the head's width, 2 bytes each.
    /// Buffers: a batch of 512 tokens with its output and its residual stream in F32, which is what the engine reports
    /// for dense models with flash attention, its default.
    /// - Parameter contextTokens: the length of the context.
    public init(weightsBytes: Int64, configuration: ModelConfiguration, contextTokens: Int) {
        self.weightsBytes = weightsBytes
        cacheBytes = configuration.cacheBytesPerToken * Int64(contextTokens)
        computeBytes = Self.batchTokens * Int64(configuration.vocabularySize + configuration.hiddenSize) * 4
    }
}

extension ModelConfiguration {
    /// Bytes of keys and values that each token of the context takes, in F16.
    public var cacheBytesPerToken: Int64 {
        2 * Int64(layerCount) * Int64(keyValueHeadCount) * Int64(headDimension) * 2
    }
}
