import ArgumentParser
import Quantization

/// The options that change what an MLX recipe says.
struct MLXCommandOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Weights that share a scale and a bias: 32, 64 or 128.", valueName: "weights"))
    var groupSize: Int?

    @Flag(help: "Give the embedding and the output matrix more bits than the body: 6, unless said otherwise.")
    var mixedPrecision = false

    @Option(help: ArgumentHelp("Bits of the embedding: 2, 3, 4, 5, 6 or 8.", valueName: "bits"))
    var embeddingBits: Int?

    @Option(help: ArgumentHelp("Bits of the output matrix: 2, 3, 4, 5, 6 or 8.", valueName: "bits"))
    var outputBits: Int?

    @Flag(help: "Give every matrix the same bits.")
    var aggressive = false

    @Option(
        help: ArgumentHelp(
            "The type of scales, biases and norms: float16, bfloat16 or float32. Default: what config.json says.",
            valueName: "type"))
    var dtype: String?

    func validate() throws {
        if let dtype, MLXDataType(rawValue: dtype.lowercased()) == nil {
            let names = MLXDataType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--dtype: there is no type '\(dtype)'; choose one of \(names)")
        }
    }

    var options: MLXOptions {
        var options = MLXOptions()
        options.groupSize = groupSize
        options.isMixed = mixedPrecision
        options.embeddingBits = embeddingBits
        options.outputBits = outputBits
        options.isUniform = aggressive
        options.dataType = dtype.flatMap { MLXDataType(rawValue: $0.lowercased()) }
        return options
    }
}
