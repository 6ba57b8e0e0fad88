import LabCore
public import Quantization

/// The recipes that `--formats` and `--precision` name.
///
/// One format takes a list of names. Both take two lists, those of GGUF before the colon and those of MLX after it;
/// without a colon every name is one of both.
public enum PrecisionList {
    /// A format of artifacts.
    public enum Format: String, CaseIterable, Sendable {
        /// A single file for llama.cpp.
        case gguf
        /// A folder for mlx-lm.
        case mlx
    }

    /// The formats of a list such as "gguf,mlx", in any case.
    ///
    /// Throws ``RunnerError`` for a name that is none and for an empty list.
    public static func formats(_ list: String) throws -> Set<Format> {
        let formats = try words(list).map { word in
            guard let format = Format(rawValue: word.lowercased()) else {
                throw usage(
                    "--formats: there is no format '\(word)'",
                    remedy: Spelling.hint(word, among: Format.allCases.map(\.rawValue))
                        + "choose from \(Format.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return format
        }
        guard !formats.isEmpty else { throw usage("--formats names no format", remedy: "write gguf,mlx") }
        return Set(formats)
    }

    /// The recipes of a list: GGUF's first, each in the order of the list.
    ///
    /// Throws ``RunnerError`` for a list that does not suit the formats, and the recipes' own errors.
    /// - Parameters:
    ///   - overrides: What is demanded of single tensors of GGUF files.
    ///   - options: What is demanded of MLX folders.
    public static func recipes(
        _ list: String, formats: Set<Format>, overrides: TypeOverrides = TypeOverrides(),
        options: MLXOptions = MLXOptions()
    ) throws -> [ArtifactRecipe] {
        let lists = try split(list, formats: formats)
        return try (lists[.gguf] ?? []).map { .gguf(try Recipe.named($0), overrides: overrides) }
            + (lists[.mlx] ?? []).map { .mlx(try MLXRecipe.named($0).applying(options)) }
    }

    private static func split(_ list: String, formats: Set<Format>) throws -> [Format: [String]] {
        let parts = list.split(separator: ":", omittingEmptySubsequences: false).map { words(String($0)) }
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            throw usage("--precision '\(list)' names no recipe", remedy: example(formats))
        }
        switch (parts.count, formats.count) {
        case (1, 1): return Dictionary(uniqueKeysWithValues: formats.map { ($0, parts[0]) })
        case (2, 2): return [.gguf: parts[0], .mlx: parts[1]]
        case (1, _):
            // Only the configurations are names of both.
            if let other = parts[0].first(where: { MLXRecipe.configurations[$0.lowercased()] == nil }) {
                throw usage(
                    "--precision '\(list)': '\(other)' is not a recipe of both formats", remedy: example(formats))
            }
            return [.gguf: parts[0], .mlx: parts[0]]
        default:
            throw usage(
                "--precision '\(list)' has \(parts.count) lists for \(formats.count) of the formats",
                remedy: example(formats))
        }
    }

    private static func usage(_ message: String, remedy: String) -> RunnerError {
        RunnerError(message, remedy: remedy, exitCode: .usage)
    }

    private static func example(_ formats: Set<Format>) -> String {
        switch (formats.contains(.gguf), formats.contains(.mlx)) {
        case (true, true): "write GGUF recipes, a colon and MLX recipes, such as q4_k_m:4bit, or balanced for both"
        case (_, true): "write recipes with commas, such as 4bit,8bit"
        default: "write recipes with commas, such as q4_k_m,q6_k"
        }
    }

    private static func words(_ list: String) -> [String] {
        list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
