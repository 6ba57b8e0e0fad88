package import ModelFormats
import Quantization

extension GGUFReader {
    /// The file's own number for its recipe; nil when it has none.
    var fileType: UInt32? {
        guard case .uint32(let value) = metadata["general.file_type"] else { return nil }
        return value
    }

    /// The name of the recipe; nil for one that the lab does not know.
    var recipeName: String? { Recipe.all.first { $0.fileType == fileType }?.name }

    /// How many weights there are.
    var weights: Int64 { tensors.reduce(0) { $0 + $1.elementCount } }

    /// Bits of tensor data for each weight; nil for a file without weights.
    var bitsPerWeight: Double? {
        let weights = weights
        guard weights > 0 else { return nil }
        return 8 * Double(tensors.reduce(0) { $0 + $1.byteCount }) / Double(weights)
    }

    /// Tokens that the model was trained for in one context; nil when the file does not say.
    package var contextLength: Int? {
        guard let architecture = metadata.string("general.architecture") else { return nil }
        return switch metadata["\(architecture).context_length"] {
        case .uint32(let value): Int(value)
        case .int32(let value): Int(value)
        case .uint64(let value): Int(exactly: value)
        default: nil
        }
    }
}
