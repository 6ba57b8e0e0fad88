public import Foundation
public import LabCore
import ModelFormats
import Quantization

/// The artifact that a command runs, found from what a user named, and what its manifest says of it.
public struct ModelChoice: Sendable {
    /// The GGUF file, the first of several, or the MLX folder.
    public let artifact: URL
    /// What the model is called.
    public let name: String
    /// Whether it is an MLX folder.
    public let isMLX: Bool
    /// Whether it is a GGUF in several files.
    public let isSplit: Bool
    /// Why it is this one of several; nil where there was no choice.
    public let why: String?
    /// Where it is from and what its manifest says of it, a line each.
    public let remarks: [String]
    /// What speaks against using it, a line each.
    public let warnings: [String]

    /// Finds an artifact, and fetches it where it is a hub's. What exists on this machine goes before what a hub may have.
    ///
    /// - Parameters:
    ///   - text: a GGUF file, an MLX folder, a folder with either or with a `manifest.json`, or a repository such as
    ///     "Qwen/Qwen3-8B-GGUF@main".
    ///   - backend: what it is to run on; nil for any.
    ///   - artifact: the name of one of several, or a part of it; nil for the best.
    ///   - checksDigest: whether the bytes are held against the manifest's digest.
    ///   - progress: told of downloads, in bytes.
    ///   - notice: told what a user should know and need not do anything about.
    /// - Throws: ``RunnerError`` that names what is missing, and ``Hub/HubError``.
    public static func find(
        _ text: String, backend: String?, artifact: String? = nil, checksDigest: Bool = true,
        progress: @escaping ProgressHandler, notice: @escaping @Sendable (String) -> Void
    ) throws -> ModelChoice {
        // A file that is not there is no repository, whose names may look like its path.
        let isFileName = text.lowercased().hasSuffix(".gguf")
        guard let source = try? ModelSource(text), !(isFileName && ModelSource.isRepository(text)) else {
            throw RunnerError(
                "there is no model at \(text)",
                remedy: "name a GGUF file, an MLX folder, a folder with a manifest.json, or a repository such as "
                    + "Qwen/Qwen3-8B-GGUF")
        }
        let selection = ArtifactSelection(backend: backend, wanted: artifact)
        switch source {
        case .folder(let folder) where !isMLXFolder(folder):
            let all = try candidates(in: folder)
            guard !all.isEmpty else {
                throw RunnerError(
                    "\(folder.path) has neither a GGUF file, nor an MLX folder, nor a manifest.json with artifacts",
                    remedy: "llama-pajamas-quant convert makes them from a checkpoint")
            }
            let (chosen, why) = try selection.choose(among: all, in: folder.path)
            let place = folder.appendingPathComponent(chosen.path)
            return try ModelChoice(place.standardizedFileURL, why: why, checksDigest: checksDigest)
        case .file(let place), .folder(let place):
            if let artifact {
                throw RunnerError(
                    "--artifact \(artifact) chooses among several, and \(text) is one", remedy: "leave out --artifact",
                    exitCode: .usage)
            }
            return try ModelChoice(place.standardizedFileURL, why: nil, checksDigest: checksDigest)
        case .repository(let reference):
            let fetched = try reference.asked(as: text) {
                try RepositoryArtifacts(of: $0, progress: progress, notice: notice).fetch(by: selection)
            }
            return try ModelChoice(
                fetched.url, name: fetched.name, why: fetched.why, origin: fetched.origin, checksDigest: checksDigest)
        }
    }

    /// - Parameters:
    ///   - name: what it is called; nil for what its file or folder is.
    ///   - origin: the repository that it is from; nil for none.
    private init(
        _ artifact: URL, name: String? = nil, why: String?, origin: String? = nil, checksDigest: Bool
    ) throws {
        self.artifact = artifact
        self.why = why
        isMLX = Self.isMLXFolder(artifact)
        guard isMLX || artifact.pathExtension.lowercased() == "gguf" else {
            throw RunnerError(
                "\(artifact.path) is neither a GGUF file nor an MLX folder",
                remedy: "llama-pajamas-quant convert makes either from a checkpoint")
        }
        isSplit = try !isMLX && GGUFFiles(artifact).paths.count > 1
        self.name = name ?? Self.name(ofPath: artifact.path, isMLX: isMLX)
        let standing = try ArtifactStanding(of: artifact, checksDigest: checksDigest)
        remarks = [origin].compactMap { $0 } + standing.remarks
        warnings = standing.warnings
    }

    /// Whether a folder is one that mlx-lm loads.
    static func isMLXFolder(_ url: URL) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else { return false }
        return names.contains("config.json") && names.contains { $0.hasSuffix(".safetensors") }
    }

    /// What an artifact is called: its folder, or its file without ending and number of the part.
    static func name(ofPath path: String, isMLX: Bool) -> String {
        let whole = isMLX ? path : GGUFFiles.wholeName(ofPath: path)
        return whole.split(separator: "/").last.map(String.init) ?? whole
    }

    /// The artifacts in a folder.
    private static func candidates(in folder: URL) throws -> [ArtifactCandidate] {
        let manifest = folder.appendingPathComponent(Manifest.fileName)
        if FileManager.default.fileExists(atPath: manifest.path) {
            return try Manifest(contentsOf: manifest).artifacts.map(ArtifactCandidate.init).filter {
                FileManager.default.fileExists(atPath: folder.appendingPathComponent($0.path).path)
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let folders = names.filter { isMLXFolder(folder.appendingPathComponent($0)) }
        return try folders.map { try candidate($0, of: [$0], in: folder, isMLX: true) }
            + GGUFFiles.models(among: names).map { try candidate($0.paths[0], of: $0.paths, in: folder, isMLX: false) }
    }

    private static func candidate(
        _ path: String, of files: [String], in folder: URL, isMLX: Bool
    ) throws -> ArtifactCandidate {
        let standing = try ArtifactStanding(of: folder.appendingPathComponent(path), checksDigest: false)
        let sizes = try files.map { name in
            let file = folder.appendingPathComponent(name).resolvingSymlinksInPath()
            return Int64(try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
        }
        return ArtifactCandidate(
            path: path, name: name(ofPath: path, isMLX: isMLX), bytes: standing.bytes ?? sizes.reduce(0, +),
            bitsPerWeight: standing.bitsPerWeight, hasFailed: standing.verdict == "fail", isMLX: isMLX)
    }
}
