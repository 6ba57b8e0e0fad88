import ModelFormats

/// The `general.*` keys: what the model is called, where it comes from and how its authors sample from it.
struct GeneralMetadata {
    private let checkpoint: Checkpoint

    init(_ checkpoint: Checkpoint) { self.checkpoint = checkpoint }

    /// What llama.cpp's converter counts for labels: every element of the file.
    private var elementCount: Int64 {
        checkpoint.parameterCount + Int64(checkpoint.constants.reduce(0) { $0 + $1.values.count })
    }

    /// A key and the fields of the model card that may hold it, the first one first.
    private static let cardFields: [(key: String, fields: [String])] = [
        ("name", ["name", "model_name"]),
        ("author", ["author", "model_author", "model_creator"]),
        ("version", ["version", "model_version"]),
        ("organization", ["organization", "model_organization"]),
        ("finetune", ["finetune", "model_finetune"]),
        ("basename", ["basename", "model_basename", "model_type"]),
        ("description", ["description", "model_description"]),
        ("size_label", ["size_label", "model_size_label"]),
        ("license", ["license"]),
        ("license.name", ["license_name"]),
        ("license.link", ["license_link"]),
        ("source.url", ["url", "model_url"]),
        ("source.doi", ["doi", "model_doi"]),
        ("source.uuid", ["uuid", "model_uuid"]),
        ("source.repo_url", ["repo_url", "model_repo_url"]),
    ]

    func append(to metadata: inout GGUFMetadata) {
        metadata["general.architecture"] = .string(checkpoint.architecture.name)
        metadata["general.type"] = .string("model")
        appendSampling(to: &metadata)
        let texts = texts()
        for (key, _) in Self.cardFields {
            if let text = texts[key], !text.isEmpty { metadata["general.\(key)"] = .string(text) }
        }
        appendRelated(
            "base_model", checkpoint.card.flatMap { Self.first(of: ["base_model", "base_models"], in: $0) },
            to: &metadata)
        appendRelated(
            "dataset", checkpoint.card.flatMap { Self.first(of: ["datasets", "dataset"], in: $0) }, to: &metadata)
        appendList("tags", from: ["tags", "pipeline_tag"], to: &metadata)
        appendList("languages", from: ["languages", "language"], to: &metadata)
    }

    private func appendSampling(to metadata: inout GGUFMetadata) {
        guard let generation = checkpoint.generation else { return }
        metadata["general.sampling.top_k"] = generation.topK.map { .int32(Int32(clamping: $0)) }
        metadata["general.sampling.top_p"] = generation.topP.map { .float32(Float($0)) }
        metadata["general.sampling.min_p"] = generation.minP.map { .float32(Float($0)) }
        metadata["general.sampling.temp"] = generation.temperature.map { .float32(Float($0)) }
        metadata["general.sampling.penalty_repeat"] = generation.repetitionPenalty.map { .float32(Float($0)) }
    }

    /// The card speaks first, then the name the model was saved under, then the directory's.
    private func texts() -> [String: String] {
        var texts: [String: String] = [:]
        for (key, fields) in Self.cardFields {
            guard let card = checkpoint.card else { break }
            texts[key] = fields.lazy.compactMap { card.values($0) }.first?.joined(separator: ",")
        }
        var names = [checkpoint.name]
        if let saved = checkpoint.configuration.savedName, saved.count(where: { $0 == "/" }) <= 1 {
            names.insert(saved, at: 0)
        }
        for name in names {
            let naming = ModelNaming(name, parameterCount: elementCount)
            texts["name"] = texts["name"] ?? naming.fullName.map(ModelNaming.title)
            texts["organization"] = texts["organization"] ?? naming.organization.map(ModelNaming.title)
            texts["basename"] = texts["basename"] ?? naming.baseName
            texts["finetune"] = texts["finetune"] ?? naming.finetune
            texts["version"] = texts["version"] ?? naming.version
            texts["size_label"] = texts["size_label"] ?? naming.sizeLabel
        }
        texts["size_label"] = texts["size_label"] ?? ModelNaming.sizeLabel(elementCount)
        return texts
    }

    private static func first(of fields: [String], in card: ModelCard) -> [String]? {
        fields.lazy.compactMap { card.values($0) }.first
    }

    /// Models or data sets that this one is made from, by Hugging Face id or address.
    private func appendRelated(_ kind: String, _ identifiers: [String]?, to metadata: inout GGUFMetadata) {
        guard let identifiers else { return }
        metadata["general.\(kind).count"] = .uint32(UInt32(clamping: identifiers.count))
        for (index, identifier) in identifiers.enumerated() {
            let key = "general.\(kind).\(index)"
            let isAddress = ["http://", "https://", "ssh://"].contains { identifier.hasPrefix($0) }
            let home = "https://huggingface.co/"
            let hubID = identifier.wholeMatch(of: /https?:\/\/huggingface\.co\/([^\/]+\/[^\/]+)/).map { String($0.1) }
            if let id = isAddress ? hubID : identifier {
                let naming = ModelNaming(id, parameterCount: elementCount)
                metadata["\(key).name"] = naming.fullName.map { .string(ModelNaming.title($0)) }
                metadata["\(key).version"] = naming.version.map(GGUFValue.string)
                metadata["\(key).organization"] = naming.organization.map { .string(ModelNaming.title($0)) }
                if !isAddress, let organization = naming.organization, let name = naming.fullName {
                    metadata["\(key).repo_url"] = .string("\(home)\(organization)/\(name)")
                }
            }
            if isAddress { metadata["\(key).repo_url"] = .string(identifier) }
        }
    }

    private func appendList(_ key: String, from fields: [String], to metadata: inout GGUFMetadata) {
        let values = fields.flatMap { checkpoint.card?.values($0) ?? [] }
        if !values.isEmpty { metadata["general.\(key)"] = .array(.string(values)) }
    }
}
