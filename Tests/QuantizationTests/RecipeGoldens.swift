import Foundation
import ModelFormats
import Quantization
import Testing

/// The types that `llama-quantize --dry-run` gives to the tensors of known models; `./lab prove recipes` remakes them.
struct RecipeGolden: Decodable, Sendable, CustomTestStringConvertible {
    struct Model: Decodable {
        let architecture: String
        let layers: Int
        let heads: Int
        let kvHeads: Int
        let experts: Int
    }

    struct Tensor: Decodable {
        /// "*" stands for the layer.
        let name: String
        let shape: [Int64]
        let type: TensorType
        let layers: String?
    }

    struct Case: Decodable {
        let recipe: String
        let options: [String]
        /// Whether an importance matrix is given; both when the types are the same.
        let imatrix: [Bool]
        /// Why llama-quantize refuses; nil when it does not.
        let error: String?
        let sizeMib: String?
        /// The type of tensors that were BF16 and are not listed.
        let `default`: TensorType?
        /// Other tensors by type: a name, and the layers unless it is all of them.
        let others: [String: [String]]?
    }

    let model: Model
    let tensors: [Tensor]
    let cases: [Case]
    var name = ""

    enum CodingKeys: CodingKey { case model, tensors, cases }

    var testDescription: String { name }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("fixtures/peers/recipes")

    static func read(_ name: String) throws -> RecipeGolden {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var golden = try decoder.decode(
            RecipeGolden.self, from: Data(contentsOf: folder.appendingPathComponent("\(name).json")))
        golden.name = name
        return golden
    }
}

extension RecipeGolden {
    /// The model as recipes see it.
    var recipeModel: RecipeModel {
        RecipeModel(
            architecture: model.architecture, layerCount: model.layers,
            queryHeadsPerKeyValueHead: model.kvHeads == 0 ? 0 : model.heads / model.kvHeads,
            expertCount: model.experts)
    }

    /// The tensors, each by its full name.
    var recipeTensors: [RecipeTensor] {
        tensors.flatMap { tensor in
            Self.names(tensor.name, layers: tensor.layers).map {
                RecipeTensor(name: $0, dimensions: tensor.shape, parentType: tensor.type)
            }
        }
    }

    /// The type of each of the ``recipeTensors`` in a case, by full name.
    func types(_ expected: Case, of recipeTensors: [RecipeTensor]) -> [String: TensorType] {
        var types: [String: TensorType] = [:]
        for tensor in recipeTensors {
            types[tensor.name] = tensor.parentType == .bf16 ? expected.default : tensor.parentType
        }
        for (type, places) in expected.others ?? [:] {
            for place in places {
                let parts = place.split(separator: " ").map(String.init)
                let layers = parts.count == 2 ? parts[1] : tensors.first { $0.name == parts[0] }?.layers
                for name in Self.names(parts[0], layers: layers) { types[name] = TensorType(name: type) }
            }
        }
        return types
    }

    /// "0-2,5" put in place of the "*".
    private static func names(_ name: String, layers: String?) -> [String] {
        guard let layers else { return [name] }
        return layers.split(separator: ",").flatMap { range -> [String] in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            return (ends[0]...ends[ends.count - 1]).map { name.replacing("*", with: "\($0)") }
        }
    }
}

extension RecipeGolden.Case {
    /// The options as the lab takes them.
    var overrides: TypeOverrides {
        get throws {
            var overrides = TypeOverrides()
            var words = options[...]
            while let option = words.popFirst() {
                switch option {
                case "--pure": overrides.isPure = true
                case "--leave-output-tensor": overrides.leavesOutput = true
                case "--output-tensor-type": overrides.outputType = try .init(optionValue: words.popFirst())
                case "--token-embedding-type": overrides.embeddingType = try .init(optionValue: words.popFirst())
                case "--tensor-type": overrides.patterns.append(try .init(parsing: words.popFirst() ?? ""))
                default: throw CocoaError(.formatting)
                }
            }
            return overrides
        }
    }
}

extension TensorType {
    fileprivate init(optionValue: String?) throws { self = try TypeOverrides.type(named: optionValue ?? "") }
}
