public import Foundation
public import Hub
public import LabCore
import ModelFormats

/// The model that a command line names: a folder, a GGUF file, or a repository of a hub such as "Qwen/Qwen3-8B@main".
public enum ModelSource: Sendable {
    /// A checkpoint on this machine.
    case folder(URL)
    /// A GGUF file.
    case file(URL)
    /// A repository.
    case repository(RepositoryReference)

    /// Reads a name. What exists on this machine goes before what a hub may have.
    ///
    /// Throws ``RunnerError`` for a name of nothing.
    public init(_ name: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) {
            let url = URL(fileURLWithPath: name)
            self = isFolder.boolValue ? .folder(url) : .file(url)
        } else if RepositoryReference.isPossible(name) {
            self = .repository(try RepositoryReference(name))
        } else {
            throw RunnerError(
                "there is no checkpoint folder \(name), and it is no repository's name either",
                remedy: "name a folder with config.json, tokenizer.json and safetensors, or a repository such as "
                    + "Qwen/Qwen3-8B")
        }
    }

    /// Whether a name is that of a repository, which is to be fetched.
    public static func isRepository(_ name: String) -> Bool {
        if case .repository = try? ModelSource(name) { true } else { false }
    }

    /// The folder of a checkpoint, which is fetched where it is a hub's.
    ///
    /// Throws ``RunnerError`` for a GGUF file, and ``Hub/HubError``.
    public static func checkpoint(
        _ name: String, progress: @escaping ProgressHandler, notice: @escaping @Sendable (String) -> Void
    ) throws -> URL {
        try find(name, here: { $0 }) { try HubClient(progress: progress, notice: notice).checkpoint($0).folder }
    }

    /// A checkpoint without the data of its weights, as far as that is not here.
    ///
    /// Throws ``RunnerError`` for a GGUF file, and ``Hub/HubError``.
    public static func outline(
        _ name: String, progress: @escaping ProgressHandler, notice: @escaping @Sendable (String) -> Void
    ) throws -> CheckpointOutline {
        try find(name, here: CheckpointOutline.init(whole:)) {
            try HubClient(progress: progress, notice: notice).outline($0)
        }
    }

    private static func find<Found>(
        _ name: String, here: (URL) -> Found, atHub: (RepositoryReference) throws -> Found
    ) throws -> Found {
        switch try ModelSource(name) {
        case .folder(let url): return here(url)
        case .file(let url):
            throw RunnerError(
                "\(url.path) is a file, and a checkpoint is a folder",
                remedy: "name the folder with config.json, tokenizer.json and safetensors, or a repository")
        case .repository(let reference): return try reference.asked(as: name, atHub)
        }
    }
}

extension RepositoryReference {
    /// Asks a hub for something. Where that is not to be had, the error says too that the name is not that of anything
    /// here: a slip in a path looks like a repository.
    func asked<Found>(as name: String, _ body: (RepositoryReference) throws -> Found) throws -> Found {
        do {
            return try body(self)
        } catch let error as HubError where [.missing, .unreachable, .offline].contains(error.code) {
            throw HubError(
                error.code, "\(error.message); and there is no file or folder '\(name)' here", remedy: error.remedy)
        }
    }
}
