import Foundation
import LabCore
import Reports

extension ModelDescription {
    /// The description for people.
    public var text: String {
        let extended = extendedContext.map { ", extended \(Format.grouped($0.value)) (\($0.source))" } ?? ""
        let place =
            shardsInPlace == shards
            ? self.place : "\(self.place), \(shardsInPlace) of \(shards) file\(shards == 1 ? "" : "s") of weights"
        let facts: [(String, String)] = [
            ("model", (id ?? name) + (commit.map { " at \($0.prefix(12))" } ?? "")),
            ("architecture", "\(architecture), \(family) (config.json)"),
            ("network", "\(layers) blocks, width \(hiddenSize) (config.json)"),
            (
                "parameters",
                "\(Self.short(parameters)), \(Self.short(parametersWithoutEmbeddings)) without embeddings "
                    + "(headers of the weights)"
            ),
            ("context", "native \(Format.grouped(nativeContext.value)) (\(nativeContext.source))" + extended),
            (
                "weights",
                "\(types.joined(separator: ", ")), \(ByteSize(weightsBytes)) in \(shards) file"
                    + (shards == 1 ? "" : "s")
            ),
            (
                "tokenizer",
                [tokenizer.name, tokenizer.kind, "\(Format.grouped(tokenizer.tokens)) tokens (\(tokenizer.source))"]
                    .compactMap { $0 }.joined(separator: ", ")
            ),
            ("chat template", chatTemplate.map(Self.words) ?? "none"),
            (
                id == nil ? "place" : "in the cache",
                shardsInPlace == 0 && id != nil ? "not yet; it would be \(self.place)" : place
            ),
        ]
        let width = facts.map(\.0.count).max() ?? 0
        let lines = facts.map { name, fact in
            name + String(repeating: " ", count: width - name.count) + "  " + fact
        }
        return (lines + [""] + table.lines + [""] + notes).joined(separator: "\n")
    }

    private var table: TextTable {
        var table = TextTable([
            ("recipe", .left), ("format", .left), ("size", .right), ("bits/weight", .right),
            ("memory at 8K", .right), ("at 32K", .right),
        ])
        for size in sizes {
            table.append(
                [
                    size.recipe + (size.needsImportanceMatrix ? " *" : ""), size.format,
                    ByteSize(size.bytes).description, size.bitsPerWeight.fixed(2),
                ] + size.memoryBytes.map { ByteSize($0).description })
        }
        return table
    }

    private var notes: [String] {
        ["memory: weights, keys and values in F16, buffers"]
            + (sizes.contains(where: \.needsImportanceMatrix) ? ["* needs an importance matrix"] : [])
    }

    static func words(_ template: ChatTemplate) -> String {
        let thinking =
            switch template.thinking {
            case "switchable": "thinking, can be switched off"
            case "always": "thinking"
            default: "no thinking"
            }
        return thinking + (template.tools ? ", tools" : ", no tools")
    }

    /// "8.19 billion", "4.1 million".
    private static func short(_ count: Int64) -> String {
        let value = Double(count)
        return value >= 1e9 ? "\((value / 1e9).fixed(2)) billion" : "\((value / 1e6).fixed(2)) million"
    }
}
