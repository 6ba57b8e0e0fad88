import Foundation

/// Finds the network's tensors among those of a checkpoint, and refuses what does not fit.
struct TensorMatching {
    let configuration: ModelConfiguration
    let directory: URL

    private static let ignoredSuffixes = [".rotary_emb.inv_freq", ".attention.masked_bias", ".attention.bias"]
    /// Scales of activations, which conversion does not need.
    private static let ignoredScaleSuffix = "activation_scale"

    /// The tensors in the order of the files.
    ///
    /// Throws ``FormatError`` for the first one that is absent, of the wrong shape or unknown.
    func match(_ weights: SafetensorsModel, with expected: [ModelTensor]) throws -> [Checkpoint.Tensor] {
        var wanted = Dictionary(uniqueKeysWithValues: expected.map { ($0.sourceName, $0) })
        var scales = scales(in: weights)
        var tensors: [Checkpoint.Tensor] = []
        for entry in weights.entries where !isPassedOver(entry.tensor.name) {
            let name = entry.tensor.name
            guard let model = wanted.removeValue(forKey: name) else {
                throw FormatError(
                    .unsupported, file: entry.file.url.path, subject: "tensor '\(name)'",
                    "has no place in this architecture, or its block is not among the \(configuration.layerCount)",
                    remedy: "Check that config.json and the weights belong together.")
            }
            guard entry.tensor.shape == model.shape else {
                throw FormatError.malformed(
                    entry.file.url.path, "tensor '\(name)'",
                    "has the shape \(entry.tensor.shape), and config.json demands \(model.shape)")
            }
            let own = scales.removeValue(forKey: name)
            tensors.append(
                Checkpoint.Tensor(model: model, source: entry, scales: try own.map { try self.scales($0, of: entry) }))
            try requireSupportedType(entry, isScaled: own != nil)
        }
        if let stray = scales.values.first {
            throw FormatError.malformed(
                stray.file.url.path, "tensor '\(stray.tensor.name)'", "scales a tensor that is in none of the files")
        }
        let absent = expected.first {
            wanted[$0.sourceName] != nil && !($0.role == .output && configuration.tiesWordEmbeddings)
        }
        if let absent {
            throw FormatError(
                .missing, file: directory.path, subject: "tensor '\(absent.sourceName)'", "is in none of the files",
                remedy: FormatError.downloadAgain)
        }
        return tensors
    }

    private func isPassedOver(_ name: String) -> Bool {
        if Self.ignoredSuffixes.contains(where: name.hasSuffix) { return true }
        guard configuration.quantization != nil else { return false }
        return name.hasSuffix(SourceQuantization.scaleSuffix) || name.hasSuffix(Self.ignoredScaleSuffix)
    }

    private func requireSupportedType(_ entry: SafetensorsModel.Entry, isScaled: Bool) throws {
        let type = entry.tensor.scalarType
        let isFloat8 = type == .float8E4M3 || type == .float8E5M2
        guard isScaled ? isFloat8 : [.bfloat16, .float16, .float32].contains(type) else {
            let missing = isFloat8 ? ", and '\(entry.tensor.name)\(SourceQuantization.scaleSuffix)' is not there" : ""
            throw FormatError(
                .unsupported, file: entry.file.url.path, subject: "tensor '\(entry.tensor.name)'",
                "has the element type \(type.rawValue)\(isScaled ? " and scales" : missing)",
                remedy: "Supported are BF16, F16, F32 and 8-bit floats with scales (quant_method fp8): "
                    + "take the checkpoint that was not quantized.")
        }
    }

    // MARK: - Scales

    /// Scales by the name of the tensor that they belong to.
    private func scales(in weights: SafetensorsModel) -> [String: SafetensorsModel.Entry] {
        guard configuration.quantization != nil else { return [:] }
        var scales: [String: SafetensorsModel.Entry] = [:]
        for entry in weights.entries where entry.tensor.name.hasSuffix(SourceQuantization.scaleSuffix) {
            scales[String(entry.tensor.name.dropLast(SourceQuantization.scaleSuffix.count))] = entry
        }
        return scales
    }

    /// A scale for each block; without a block size one for each row or one for all.
    private func scales(
        _ scales: SafetensorsModel.Entry, of weights: SafetensorsModel.Entry
    ) throws -> Checkpoint.Scales {
        let shape = weights.tensor.shape
        let (rows, columns) = (shape.first ?? 1, shape.count > 1 ? shape[1] : 1)
        var block = SourceQuantization.Block(rows: rows, columns: columns)
        if case .float8(let stated?) = configuration.quantization {
            block = stated
        } else if scales.tensor.elementCount > 1 {
            block = SourceQuantization.Block(rows: 1, columns: columns)
        }
        let expected = [(rows + block.rows - 1) / block.rows, (columns + block.columns - 1) / block.columns]
        // One column may be left out, and a single scale may be a scalar.
        let squeezed = scales.tensor.shape + [1, 1].dropFirst(min(2, scales.tensor.shape.count))
        guard shape.count == 2, squeezed == expected else {
            throw FormatError.malformed(
                scales.file.url.path, "tensor '\(scales.tensor.name)'",
                "has the shape \(scales.tensor.shape), and a weight of the shape \(shape) needs \(expected)")
        }
        guard [.bfloat16, .float16, .float32].contains(scales.tensor.scalarType) else {
            throw FormatError(
                .unsupported, file: scales.file.url.path, subject: "tensor '\(scales.tensor.name)'",
                "has the element type \(scales.tensor.scalarType.rawValue)",
                remedy: "Scales are BF16, F16 or F32: take the checkpoint that was not quantized.")
        }
        return Checkpoint.Scales(source: scales, block: block, columns: expected[1])
    }
}

extension ModelConfiguration {
    /// The factors of Llama 3.1's rope scaling, which the engine reads from a tensor; nil without that scaling.
    var frequencyFactors: Checkpoint.Constant? {
        guard case .llama3(let scaling) = ropeScaling else { return nil }
        return Checkpoint.Constant(
            model: ModelTensor(
                sourceName: "rope_freqs", name: "rope_freqs.weight", layer: nil, shape: [headDimension / 2]),
            values: scaling.frequencyFactors(theta: ropeTheta, headDimension: headDimension))
    }
}
