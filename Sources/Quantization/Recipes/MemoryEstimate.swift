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
    private static let batchTokens: Int64 = 512
    /// Vectors of the model's width that the engine keeps for each of them.
    private static let residuals: Int64 = 6

    /// Estimates from a model's widths.
    ///
    /// Keys and values: two vectors for each block, key and value head and token, of the head's width, 2 bytes each.
    /// Buffers, for a batch of 512 tokens: the output and six times the width of the model in F32, and the mask of the
    /// context in F16. For dense Qwen3 models that is what build b11434 reports as its CPU compute buffer, and up to
    /// 2 % more.
    /// - Parameter contextTokens: the length of the context.
    public init(weightsBytes: Int64, configuration: ModelConfiguration, contextTokens: Int) {
        self.weightsBytes = weightsBytes
        let context = Int64(contextTokens)
        cacheBytes = configuration.cacheBytesPerToken * context
        let vectors = Int64(configuration.vocabularySize) + Self.residuals * Int64(configuration.hiddenSize)
        computeBytes = Self.batchTokens * (4 * vectors + 2 * context)
    }
}

extension ModelConfiguration {
    /// Bytes of keys and values that each token of the context takes, in F16.
    public var cacheBytesPerToken: Int64 {
        2 * Int64(layerCount) * Int64(keyValueHeadCount) * Int64(headDimension) * 2
    }
}
