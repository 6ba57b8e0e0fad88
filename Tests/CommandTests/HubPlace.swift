import Foundation
import TestSupport

/// A hub with the embedded model, and a place for what commands keep.
final class HubPlace {
    let lab: LabCommand
    let server: LocalHub
    var home: URL { lab.folder.appendingPathComponent("home") }

    init() throws {
        lab = try LabCommand()
        let root = lab.folder.appendingPathComponent("hub")
        try FileManager.default.createDirectory(
            at: root.appendingPathComponent("lab"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: root.appendingPathComponent("lab/pajama-tiny"), withDestinationURL: LabCommand.model)
        server = try LocalHub(root: root)
    }

    private var environment: [String] {
        [
            "HF_ENDPOINT=\(server.endpoint)", "HF_HOME=\(home.path)", "LAB_HUB_PAUSE_MS=5",
            "LAB_CACHE=\(lab.folder.path)/cache", "LAB_STORE=\(lab.store.path)", "LAB_HISTORY=\(lab.history.path)",
            "LAB_GITHUB_MIRROR=\(server.endpoint)/raw", "LAB_ROOT=\(LabCommand.root.path)",
        ]
    }

    /// Runs llama-pajamas-run.
    func use(_ words: [String], offline: Bool = false) throws -> LabCommand.Result {
        try LabCommand.command(
            environment + (offline ? ["HF_HUB_OFFLINE=1"] : []) + [LabCommand.runner.path] + words)
    }

    /// Runs llama-pajamas-quant.
    func quant(_ words: String..., offline: Bool = false) throws -> LabCommand.Result {
        try quant(words, offline: offline)
    }

    func quant(_ words: [String], offline: Bool = false) throws -> LabCommand.Result {
        try LabCommand.command(
            environment + (offline ? ["HF_HUB_OFFLINE=1"] : []) + [LabCommand.quantizer.path] + words)
    }

    /// Runs a line of the shell.
    func shell(_ line: String) throws -> LabCommand.Result {
        try LabCommand.command(environment + ["sh", "-c", line])
    }

    /// Runs lab.
    func run(_ words: String...) throws -> LabCommand.Result {
        try LabCommand.command(environment + [LabCommand.executable.path] + words)
    }

    func output(_ path: String) -> URL { lab.folder.appendingPathComponent(path) }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: output(path).path) }
}
