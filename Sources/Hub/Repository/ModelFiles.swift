import Foundation

/// Which files of a model's repository the lab needs: those of a checkpoint in safetensors, each weight once.
enum ModelFiles {
    /// The index of shards.
    static let index = "model.safetensors.index.json"
    /// A single file of weights.
    static let single = "model.safetensors"

    private static let texts: Set<String> = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
        "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja",
        "chat_template.json", "README.md", "LICENSE", index,
        // The text that a checkpoint of the lab's own training is calibrated on.
        "heldout/calibration.txt",
    ]

    /// What describes a model without its vocabulary's copies in older forms.
    private static let descriptions = texts.subtracting([
        "special_tokens_map.json", "vocab.json", "merges.txt", "LICENSE", "heldout/calibration.txt",
    ])

    /// Everything beside the weights.
    static func texts(of listing: RepositoryListing) -> [RepositoryFile] {
        listing.files.filter { texts.contains($0.path) || isTemplate($0.path) }
    }

    /// What is needed to describe the model.
    static func descriptions(of listing: RepositoryListing) -> [RepositoryFile] {
        listing.files.filter { descriptions.contains($0.path) || isTemplate($0.path) }
    }

    private static func isTemplate(_ path: String) -> Bool {
        path.hasPrefix("additional_chat_templates/") && path.hasSuffix(".jinja")
    }

    /// The names of the shards that an index lists.
    ///
    /// Throws ``HubError`` for a file that is no index.
    static func shards(ofIndex url: URL) throws -> [String] {
        struct Index: Decodable {
            let weightMap: [String: String]
            enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
        }
        do {
            return Set(try JSONDecoder().decode(Index.self, from: Data(contentsOf: url)).weightMap.values).sorted()
        } catch {
            throw HubError(.malformed, "\(url.path) is no index of shards: \(error.localizedDescription)")
        }
    }

    /// The weights, of which the index, where there is one, is at a place already.
    ///
    /// Throws ``HubError`` where there are none in safetensors.
    static func weights(of listing: RepositoryListing, index: URL?) throws -> [RepositoryFile] {
        let names = try index.map(shards(ofIndex:)) ?? [single]
        return try names.map { name in
            if let file = listing.file(name) { return file }
            guard index == nil else {
                throw HubError(.missing, "\(listing.reference): \(Self.index) names \(name), which is not there")
            }
            throw HubError(
                .missing, "\(listing.reference) has no weights in safetensors, neither \(single) nor \(Self.index)",
                remedy: "it has: " + otherWeights(listing) + "; choose a repository with safetensors")
        }
    }

    private static func otherWeights(_ listing: RepositoryListing) -> String {
        let endings = [".bin", ".gguf", ".safetensors", ".pt", ".pth", ".h5", ".msgpack", ".onnx"]
        let found = listing.files.map(\.path).filter { path in endings.contains { path.hasSuffix($0) } }
        guard !found.isEmpty else { return "no weights at all" }
        return found.prefix(4).joined(separator: ", ") + (found.count > 4 ? " and \(found.count - 4) more" : "")
    }

    /// The first file that a folder lacks to be a checkpoint; nil when it has all.
    static func missing(in folder: URL) -> String? {
        func exists(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
        }
        guard exists("config.json") else { return "config.json" }
        guard exists("tokenizer.json") || exists("tokenizer.model") else { return "tokenizer.json" }
        guard exists(index) else { return exists(single) ? nil : single }
        let names = try? shards(ofIndex: folder.appendingPathComponent(index))
        return names.map { $0.first { !exists($0) } } ?? index
    }
}
