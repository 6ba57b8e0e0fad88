import Foundation
import ModelFormats

/// How long a model's context is, and which file says so.
enum ContextLengths {
    /// The context of the training, and the one it can be stretched to.
    ///
    /// A scaling in config.json tells of both. Where there is none, the card may tell how to stretch, or the tokenizer
    /// states a longer text than the network's own positions.
    static func stated(
        _ configuration: ModelConfiguration, in folder: URL
    ) throws -> (native: ModelDescription.Stated, extended: ModelDescription.Stated?) {
        let positions = configuration.maximumPositions
        switch configuration.ropeScaling {
        case .yarn(let yarn):
            return stretched(yarn.originalPositions, by: yarn.factor, positions)
        case .llama3(let llama):
            return stretched(llama.originalPositions, by: llama.factor, positions)
        case .linear(let factor):
            return stretched(Int(Double(positions) / max(factor, 1)), by: factor, positions)
        case nil: break
        }
        let native = ModelDescription.Stated(positions, "config.json")
        return (native, try fromCard(folder, beyond: positions) ?? fromTokenizer(folder, beyond: positions))
    }

    private static func stretched(
        _ original: Int, by factor: Double, _ positions: Int
    ) -> (ModelDescription.Stated, ModelDescription.Stated?) {
        let native = ModelDescription.Stated(min(original, positions), "config.json")
        let product = Double(original) * factor
        let longest = max(positions, product < 1e9 ? Int(product) : 0)
        return (native, longest > native.value ? ModelDescription.Stated(longest, "config.json") : nil)
    }

    /// The example of a scaling that cards give: `"factor": 4.0, "original_max_position_embeddings": 32768`.
    private static func fromCard(_ folder: URL, beyond native: Int) -> ModelDescription.Stated? {
        guard let text = try? String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8),
            let scaling = text.firstMatch(of: /"rope_scaling"\s*:\s*\{([^}]*)\}/)?.1,
            let factor = scaling.firstMatch(of: /"factor"\s*:\s*([0-9.]+)/).flatMap({ Double($0.1) }),
            let original = scaling.firstMatch(of: /"original_max_position_embeddings"\s*:\s*([0-9]+)/)
                .flatMap({ Double($0.1) }), (1...1e9).contains(factor * original)
        else { return nil }
        let longest = Int(factor * original)
        return longest > native ? ModelDescription.Stated(longest, "README.md") : nil
    }

    /// A number beyond all texts stands for "no limit" there.
    private static func fromTokenizer(_ folder: URL, beyond native: Int) throws -> ModelDescription.Stated? {
        let file = folder.appendingPathComponent("tokenizer_config.json")
        guard FileManager.default.fileExists(atPath: file.path),
            case .integer(let length) = try JSONObject(contentsOf: RandomAccessFile(file))["model_max_length"],
            length > native, length < 100_000_000
        else { return nil }
        return ModelDescription.Stated(Int(length), "tokenizer_config.json")
    }
}
