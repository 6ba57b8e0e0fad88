import Foundation

/// Models of Qwen3's class in config.json that are no language models: their artifacts need other keys and tensors.
struct Qwen3Siblings {
    let directory: URL
    /// What the model is called: the directory, the name that was given, the repository.
    let names: [String]

    /// Throws ``FormatError`` for an embedding model or a reranker.
    func refuse(
        _ configuration: JSONObject, architecture: Architecture, card: String?, weights: SafetensorsModel
    ) throws {
        guard architecture.name == Architecture.qwen3.name else { return }
        let stated = try [configuration.string("_name_or_path"), configuration.string("model_type")]
        if isReranker(names + stated.compactMap(\.self), card: card ?? "") {
            throw refusal("is a reranker, Qwen3-Reranker or one made from it")
        }
        let tensors = Set(weights.entries.map(\.tensor.name))
        if tensors.contains("embed_tokens.weight"), !tensors.contains("model.embed_tokens.weight") {
            throw refusal("is an embedding model such as Qwen3-Embedding: its tensors' names lack 'model.'")
        }
    }

    /// As llama.cpp's converter tells it: by the name, or by the title of the card.
    private func isReranker(_ names: [String], card: String) -> Bool {
        let kinds = ["qwen3-reranker", "qwen3-vl-reranker"]
        return kinds.contains { kind in
            card.lowercased().contains("# " + kind) || names.contains { $0.lowercased().contains(kind) }
        }
    }

    private func refusal(_ problem: String) -> FormatError {
        FormatError(
            .unsupported, file: directory.path, subject: nil, problem,
            remedy: "Not supported yet: take a language model, or convert this one with llama.cpp's own converter.")
    }
}
