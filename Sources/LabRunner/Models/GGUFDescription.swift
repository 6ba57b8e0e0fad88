public import Foundation
import LabCore
import ModelFormats

/// What a GGUF file holds, from its header.
public struct GGUFDescription: Codable, Sendable, Equatable {
    /// The model's name; nil when the file has none.
    public let name: String?
    /// The architecture's name in GGUF.
    public let architecture: String?
    /// The recipe, by the file's own number for it; nil for one that the lab does not know.
    public let recipe: String?
    /// The size.
    public let bytes: Int64
    /// The weights.
    public let parameters: Int64
    /// Bits of tensor data for each weight.
    public let bitsPerWeight: Double
    /// The context in tokens; nil when the file does not say.
    public let context: Int?
    /// Tensors of each type.
    public let types: [String: Int]
    /// What its chat template can do; nil when there is none.
    public let chatTemplate: ModelDescription.ChatTemplate?

    enum CodingKeys: String, CodingKey {
        case name, architecture, recipe, bytes, parameters
        case bitsPerWeight = "bits_per_weight"
        case context, types
        case chatTemplate = "chat_template"
    }

    /// Describes a file.
    ///
    /// Throws ``ModelFormats/FormatError`` for one that is no GGUF file.
    public init(_ file: URL) throws {
        let reader = try GGUFReader(file)
        name = reader.metadata.string("general.name")
        architecture = reader.metadata.string("general.architecture")
        recipe = reader.recipeName
        bytes = reader.sizeBytes
        parameters = reader.weights
        bitsPerWeight = reader.bitsPerWeight ?? 0
        context = reader.contextLength
        types = Dictionary(grouping: reader.tensors, by: \.type.name).mapValues(\.count)
        chatTemplate = reader.metadata.string("tokenizer.chat_template").map(ModelDescription.ChatTemplate.init)
    }

    /// The description for people.
    public var text: String {
        let types = types.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) x \($0.key)" }
        return [
            "model          \(name ?? "without a name")",
            "architecture   \(architecture ?? "not stated")",
            "recipe         \(recipe ?? "not known")",
            "size           \(ByteSize(bytes)), \(bitsPerWeight.fixed(2)) bits per weight",
            "parameters     \(parameters)",
            "tensors        \(types.joined(separator: ", "))",
            "context        \(context.map(String.init) ?? "not stated")",
            "chat template  \(chatTemplate.map(ModelDescription.words) ?? "none")",
        ].joined(separator: "\n")
    }
}
