import Foundation
import Testing

/// Defects of what a model writes, planted in the embedded checkpoint: each is caught by the gates that are there for it,
/// and by no other.
@Suite("planted defects of generation", .serialized)
struct GenerationDefectTests {
    /// What was planted, and the gates that must see it.
    enum Defect: String, CaseIterable, Sendable {
        case languageErased = "the embedding rows of one language zeroed"
        case wrongTemplate = "a chat template of another model"
        case stopTokenRemoved = "the tokens that end an answer removed from the output"
        case switchIgnored = "a template that ignores the thinking switch"

        /// Gates as "evaluation metric".
        var gates: Set<String> {
            switch self {
            case .languageErased: ["languages worst_language_change"]
            case .wrongTemplate: ["chat_template prompts_rendered_differently"]
            case .stopTokenRemoved:
                ["languages incoherent_texts", "thinking incoherent_texts", "code incoherent_texts"]
            case .switchIgnored: ["chat_template thinking_switch_ignored"]
            }
        }
    }

    @Test("each is caught by the gates that should, and by no other")
    func caught() throws {
        let lab = try LabCommand()
        let suite = try shortened(in: lab)
        for defect in Defect.allCases {
            let artifact = try plant(defect, in: lab)
            let result = try lab.run(suite.path, ["--artifact", artifact.path])
            #expect(result.status == 1, "\(defect.rawValue): \(result.output)\(result.errors)")
            let verdicts = try lab.report().verdicts.filter { $0.status != "skipped" }
            let failed = verdicts.filter { $0.status != "pass" }.map { "\($0.evaluation) \($0.metric ?? "")" }
            let judged = Set(verdicts.map(\.evaluation))
            // Where the machine has no sandbox, functions are not judged.
            let expected = defect.gates.filter { gate in judged.contains { gate.hasPrefix($0 + " ") } }
            #expect(Set(failed) == expected, "\(defect.rawValue)")
        }
    }

    /// The balanced suite with a lower limit of tokens: without stop tokens every text reaches it.
    private func shortened(in lab: LabCommand) throws -> URL {
        let file = LabCommand.root.appendingPathComponent("suites/balanced/suite.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: "maximum_tokens: 2048", with: "maximum_tokens: 160")
            .replacingOccurrences(of: "maximum_tokens: 512", with: "maximum_tokens: 160")
            .replacingOccurrences(of: "../../", with: LabCommand.root.path + "/")
            .replacingOccurrences(of: "../prompts", with: LabCommand.root.path + "/suites/prompts")
        let folder = lab.folder.appendingPathComponent("suite", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try text.write(to: folder.appendingPathComponent("suite.yaml"), atomically: true, encoding: .utf8)
        return folder
    }

    /// The checkpoint with a defect, as a Q6_K file.
    private func plant(_ defect: Defect, in lab: LabCommand) throws -> URL {
        let copy = try CheckpointCopy(.single, in: lab.folder.appendingPathComponent("pajama-tiny"))
        switch defect {
        case .languageErased:
            // Cyrillic letters begin with the bytes D0 and D1, which byte-level BPE writes so.
            let rows = try vocabulary(of: copy).filter { $0.key.contains("\u{D0}") || $0.key.contains("\u{D1}") }
            #expect(rows.count > 50)
            try copy.erase(rows.map(\.value), of: "model.embed_tokens.weight")
        case .stopTokenRemoved:
            // <|endoftext|> and <|im_end|>.
            try copy.erase([2039, 2041], of: "lm_head.weight")
        case .wrongTemplate:
            try copy.editTemplate { _ in
                "{% for message in messages %}[{{ message.role }}] {{ message.content }}\n{% endfor %}[assistant]"
            }
        case .switchIgnored:
            try copy.editTemplate { template in
                template.replacingOccurrences(
                    of: "enable_thinking is defined and enable_thinking is false", with: "false")
            }
        }
        let output = lab.folder.appendingPathComponent("defect-\(UUID())")
        let made = try lab.convert(model: copy.folder, to: output, ["--precision", "q6_k"])
        #expect(made.status == 0, "\(made.errors)")
        return output.appendingPathComponent("gguf/pajama-tiny-q6_k.gguf")
    }

    private func vocabulary(of copy: CheckpointCopy) throws -> [String: Int] {
        let data = try Data(contentsOf: copy.folder.appendingPathComponent("tokenizer.json"))
        let root = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return try #require((root?["model"] as? [String: Any])?["vocab"] as? [String: Int])
    }
}

extension CheckpointCopy {
    /// Sets rows of a matrix to zero.
    fileprivate func erase(_ rows: [Int], of tensor: String) throws {
        try change(tensor) { values, columns in
            for row in rows {
                for column in 0..<columns { values[row * columns + column] = 0 }
            }
        }
    }

    /// Changes the chat template.
    fileprivate func editTemplate(_ change: (String) -> String) throws {
        let file = folder.appendingPathComponent("tokenizer_config.json")
        var root = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let template = try #require(root["chat_template"] as? String)
        let changed = change(template)
        #expect(changed != template)
        root["chat_template"] = changed
        try JSONSerialization.data(withJSONObject: root, options: [.sortedKeys, .prettyPrinted]).write(to: file)
    }
}
