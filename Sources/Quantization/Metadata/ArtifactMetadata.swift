import ModelFormats

/// The metadata of an artifact: the keys, types and order that llama.cpp's converter and quantizer write.
struct ArtifactMetadata {
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    /// The version of the quantized formats.
    private static let quantizationVersion = GGUFValue.uint32(2)

    func metadata(for recipe: Recipe, calibration: Calibration? = nil) throws -> GGUFMetadata {
        var metadata = GGUFMetadata()
        GeneralMetadata(checkpoint).append(to: &metadata)
        appendNetwork(to: &metadata)
        let fileType = GGUFValue.uint32(recipe.fileType)
        metadata["general.file_type"] = fileType
        appendKeysOfArchitecture(to: &metadata)
        metadata["general.quantization_version"] = Self.quantizationVersion
        try TokenizerMetadata(checkpoint).append(to: &metadata)
        if recipe.usesBlocks {
            metadata.setLast("general.quantization_version", Self.quantizationVersion)
            metadata.setLast("general.file_type", fileType)
        }
        if let calibration { append(calibration, to: &metadata) }
        return metadata
    }

    private func size(_ value: Int) -> GGUFValue { .uint32(UInt32(clamping: value)) }

    /// llama-quantize cuts texts at 127 bytes.
    private func append(_ calibration: Calibration, to metadata: inout GGUFMetadata) {
        func text(_ value: String) -> GGUFValue { .string(String(decoding: value.utf8.prefix(127), as: UTF8.self)) }
        metadata["quantize.imatrix.file"] = text(calibration.file)
        metadata["quantize.imatrix.dataset"] = calibration.matrix.datasets.first.map(text)
        metadata["quantize.imatrix.entries_count"] = .uint32(UInt32(clamping: calibration.matrix.entries.count))
        if calibration.matrix.chunkCount > 0 {
            metadata["quantize.imatrix.chunks_count"] = .uint32(UInt32(clamping: calibration.matrix.chunkCount))
        }
    }

    private func appendNetwork(to metadata: inout GGUFMetadata) {
        let configuration = checkpoint.configuration
        func set(_ key: String, _ value: GGUFValue?) {
            metadata["\(checkpoint.architecture.name).\(key)"] = value
        }
        set("block_count", size(configuration.layerCount))
        set("context_length", size(configuration.maximumPositions))
        set("embedding_length", size(configuration.hiddenSize))
        set("feed_forward_length", size(configuration.intermediateSize))
        set("attention.head_count", size(configuration.attentionHeadCount))
        set("attention.head_count_kv", size(configuration.keyValueHeadCount))
        switch configuration.ropeScaling {
        // The factors of llama3 are a tensor.
        case nil, .llama3: break
        case .linear(let factor):
            set("rope.scaling.type", .string("linear"))
            set("rope.scaling.factor", .float32(Float(factor)))
        case .yarn(let yarn):
            set("rope.scaling.type", .string("yarn"))
            set("rope.scaling.factor", .float32(Float(yarn.factor)))
            set("rope.scaling.original_context_length", size(yarn.originalPositions))
            set("rope.scaling.yarn_ext_factor", yarn.extrapolationFactor.map { .float32(Float($0)) })
            set("rope.scaling.yarn_attn_factor", yarn.attentionFactor.map { .float32(Float($0)) })
            set("rope.scaling.yarn_beta_fast", yarn.betaFast.map { .float32(Float($0)) })
            set("rope.scaling.yarn_beta_slow", yarn.betaSlow.map { .float32(Float($0)) })
        }
        set("rope.freq_base", .float32(Float(configuration.ropeTheta)))
        set("attention.layer_norm_rms_epsilon", .float32(Float(configuration.rmsNormEpsilon)))
        if configuration.statesHeadDimension || checkpoint.architecture.keys.contains(.headDimension) {
            set("attention.key_length", size(configuration.headDimension))
            set("attention.value_length", size(configuration.headDimension))
        }
    }

    private func appendKeysOfArchitecture(to metadata: inout GGUFMetadata) {
        let (configuration, name) = (checkpoint.configuration, checkpoint.architecture.name)
        for key in checkpoint.architecture.keys {
            switch key {
            case .headDimension: break
            case .vocabularySize: metadata["\(name).vocab_size"] = size(configuration.vocabularySize)
            case .ropeDimensionCount: metadata["\(name).rope.dimension_count"] = size(configuration.headDimension)
            }
        }
    }
}
