public import Foundation
public import LabCore
import ModelFormats

/// How a model is sampled where nobody says otherwise.
public struct GenerationDefaults: Sendable, Hashable {
    /// With thinking, and where a model knows no such switch.
    public var thinking: ServedSampling
    /// Without.
    public var plain: ServedSampling
    /// Where that is from, for people.
    public var origin: String

    /// Creates defaults.
    public init(thinking: ServedSampling, plain: ServedSampling, origin: String) {
        self.thinking = thinking
        self.plain = plain
        self.origin = origin
    }

    /// The settings for a request that asks for thinking, or leaves that to the template.
    public func sampling(isThinking: Bool?) -> ServedSampling { isThinking == false ? plain : thinking }

    /// Finds the settings of an artifact: `generation_config.json` in an MLX folder or beside a GGUF, else what a GGUF
    /// says of itself (`general.sampling`), else llama.cpp's own.
    ///
    /// Qwen3's authors have two settings, of which their file holds the one for thinking.
    /// - Throws: an error that names a file which is damaged.
    public init(artifact: URL) throws {
        let isFolder = (try? artifact.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
        let folder = isFolder ? artifact : artifact.deletingLastPathComponent()
        let metadata = isFolder ? nil : try GGUFReader(artifact).metadata
        let isQwen3 = try Self.architecture(metadata, folder: folder)?.hasPrefix("qwen3") == true
        let file = folder.appendingPathComponent("generation_config.json")
        if FileManager.default.fileExists(atPath: file.path) {
            let object = try JSONObject(contentsOf: RandomAccessFile(file))
            if try object.bool("do_sample") == false {
                self.init(thinking: ServedSampling(), plain: ServedSampling(), origin: "\(file.path), greedy")
                return
            }
            self.init(try Values(object), isQwen3: isQwen3, origin: file.path)
        } else if let values = metadata.flatMap(Values.init) {
            self.init(values, isQwen3: isQwen3, origin: "the file's own settings")
        } else if isQwen3 {
            self.init(
                thinking: ServedSampling(.thinking), plain: ServedSampling(.plain), origin: "Qwen3's two settings")
        } else {
            let sampling = ServedSampling(Sampling(temperature: 0.8, topP: 0.95, topK: 40), minP: 0.05)
            self.init(thinking: sampling, plain: sampling, origin: "llama.cpp's settings")
        }
    }

    /// Numbers of a file.
    private struct Values {
        var temperature: Double?
        var topP: Double?
        var topK: Int?
        var minP: Double?
        var repetitionPenalty: Double?

        init(_ object: JSONObject) throws {
            let configuration = try GenerationConfiguration(object)
            temperature = configuration.temperature
            topP = configuration.topP
            topK = configuration.topK
            minP = configuration.minP
            repetitionPenalty = configuration.repetitionPenalty
        }

        /// Nil where the file says nothing.
        init?(_ metadata: GGUFMetadata) {
            func number(_ key: String) -> Double? {
                switch metadata["general.sampling." + key] {
                case .float32(let value): Double("\(value)")
                case .int32(let value): Double(value)
                default: nil
                }
            }
            temperature = number("temp")
            topP = number("top_p")
            topK = number("top_k").map { Int($0) }
            minP = number("min_p")
            repetitionPenalty = number("penalty_repeat")
            guard temperature != nil || topP != nil || topK != nil else { return nil }
        }

        var sampling: ServedSampling {
            ServedSampling(
                Sampling(temperature: temperature ?? 1, topP: topP ?? 1, topK: topK ?? 0), minP: minP ?? 0,
                repetitionPenalty: repetitionPenalty ?? 1)
        }
    }

    private init(_ values: Values, isQwen3: Bool, origin: String) {
        let own = values.sampling
        var plain = own
        // The file's is the setting for thinking.
        if isQwen3, own.sampling == .thinking { plain.sampling = .plain }
        self.init(thinking: own, plain: plain, origin: origin)
    }

    private static func architecture(_ metadata: GGUFMetadata?, folder: URL) throws -> String? {
        if let metadata { return metadata.string("general.architecture") }
        let file = folder.appendingPathComponent("config.json")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try JSONObject(contentsOf: RandomAccessFile(file)).string("model_type")
    }
}
