import Foundation
import Hub
import LabCore
import ModelFormats
import Quantization

/// The artifacts of a hub's repository, of which one is chosen and fetched: what its manifest.json tells of, or else its
/// GGUF files and the MLX folder that it is itself.
struct RepositoryArtifacts {
    /// An artifact that was fetched.
    struct Fetched {
        /// The GGUF file or the MLX folder, in the cache.
        let url: URL
        /// What it is called.
        let name: String
        /// Why it is this one of several; nil where there was no choice.
        let why: String?
        /// The repository and the commit.
        let origin: String
    }

    private let client: HubClient
    private let contents: RepositoryContents
    private let manifest: Manifest?
    private let notice: @Sendable (String) -> Void

    /// Asks what a repository holds.
    ///
    /// - Throws: ``Hub/HubError``.
    init(
        of reference: RepositoryReference, progress: @escaping ProgressHandler,
        notice: @escaping @Sendable (String) -> Void
    ) throws {
        client = HubClient(progress: progress, notice: notice)
        contents = try client.contents(of: reference)
        self.notice = notice
        manifest = try Self.manifest(of: contents, client)
    }

    /// The manifest; nil where there is none of the lab's. Programs of others write files of that name too.
    private static func manifest(of contents: RepositoryContents, _ client: HubClient) throws -> Manifest? {
        guard contents.file(Manifest.fileName) != nil else { return nil }
        let file = try client.peek(Manifest.fileName, of: contents)
        return try? Manifest(contentsOf: file)
    }

    /// Chooses an artifact and fetches what is missing of it; says before what it is and why.
    ///
    /// - Throws: ``RunnerError`` where there is none, and ``Hub/HubError``.
    func fetch(by selection: ArtifactSelection) throws -> Fetched {
        let candidates = try candidates()
        guard !candidates.isEmpty else { throw nothing(for: selection) }
        var selection = selection
        selection.preferred = RecipeNames.configurations["balanced"]
        let (chosen, why) = try selection.choose(among: candidates, in: "\(contents.reference)")
        let files = files(of: chosen)
        let missing = files.compactMap(contents.file).filter { !$0.isCached }
        if !missing.isEmpty {
            let size = ByteSize(missing.reduce(0) { $0 + $1.sizeBytes })
            let reason = why.map { ": \($0)" } ?? ""
            let choice = candidates.count > 1 && selection.wanted == nil ? "; --artifact NAME takes another" : ""
            notice("fetching \(chosen.name) of \(contents.reference), \(size)\(reason)\(choice)")
        }
        // Which files a checkpoint's layout has to have, the client knows.
        let snapshot =
            chosen.path.isEmpty ? try client.checkpoint(of: contents) : try client.fetch(files, of: contents)
        return Fetched(
            url: chosen.path.isEmpty ? snapshot.folder : snapshot.folder.appendingPathComponent(chosen.path),
            name: chosen.name, why: why, origin: "\(contents.reference.id) at \(snapshot.commit.prefix(12))")
    }

    // MARK: - What there is

    private var paths: [String] { contents.files.map(\.path) }

    private var models: [GGUFFiles] { GGUFFiles.models(among: paths) }

    private func candidates() throws -> [ArtifactCandidate] {
        if let manifest {
            let whole = manifest.artifacts.filter { artifact in
                let files = artifact.files?.map { "\(artifact.file)/\($0.name)" } ?? [artifact.file]
                return files.allSatisfy { contents.file($0) != nil }
            }
            return whole.map(ArtifactCandidate.init)
        }
        let ggufs = models.map { model in
            ArtifactCandidate(
                path: model.paths[0], name: ModelChoice.name(ofPath: model.paths[0], isMLX: false),
                bytes: bytes(of: model.paths), isMLX: false)
        }
        return ggufs + [try ownFolder()].compactMap { $0 }
    }

    /// The repository as an MLX folder: a checkpoint's layout whose configuration tells how MLX quantized it.
    private func ownFolder() throws -> ArtifactCandidate? {
        guard isCheckpoint else { return nil }
        let configuration = try JSONObject(
            contentsOf: RandomAccessFile(try client.peek("config.json", of: contents)))
        guard case .object = configuration["quantization"] else { return nil }
        return ArtifactCandidate(
            path: "", name: contents.reference.name, bytes: bytes(of: weightsOfItself), isMLX: true)
    }

    private var isCheckpoint: Bool { contents.file("config.json") != nil && !weightsOfItself.isEmpty }

    private var weightsOfItself: [String] { paths.filter { $0.hasSuffix(".safetensors") && !$0.contains("/") } }

    /// An artifact's files, and what is near it that tells how it is used and how good it is.
    private func files(of artifact: ArtifactCandidate) -> [String] {
        guard !artifact.path.isEmpty else { return weightsOfItself }
        var notes = manifest == nil ? [] : [Manifest.fileName]
        let own: [String]
        if artifact.isMLX {
            own = paths.filter { $0.hasPrefix(artifact.path + "/") }
        } else {
            own = models.first { $0.paths[0] == artifact.path }?.paths ?? [artifact.path]
            let folder = artifact.path.split(separator: "/").dropLast().map(String.init)
            notes.append((folder + ["generation_config.json"]).joined(separator: "/"))
        }
        return own + notes.filter { contents.file($0) != nil }
    }

    private func bytes(of paths: [String]) -> Int64 { paths.compactMap(contents.file).reduce(0) { $0 + $1.sizeBytes } }

    // MARK: - What there is not

    private func nothing(for selection: ArtifactSelection) -> RunnerError {
        let reference = contents.reference
        if isCheckpoint {
            let folder = "models/\(reference.name.lowercased())"
            let recipe = selection.backend == "mlx" ? "--formats mlx --precision 4bit" : "--precision q4_k_m"
            let indent = "\n     "
            return RunnerError(
                "\(reference) is a checkpoint to quantize first: it has neither GGUF files nor MLX's quantization",
                remedy: "make an artifact of it, and run that:"
                    + indent + "llama-pajamas-quant convert --model \(reference) --output \(folder) \(recipe)"
                    + indent + "llama-pajamas-run chat --model \(folder)")
        }
        if contents.isCacheAlone {
            return RunnerError(
                "the cache has no whole artifact of \(reference)",
                remedy: "fetch it where the hub can be reached; HF_HUB_OFFLINE must not be set")
        }
        if let part = paths.first(where: { $0.hasSuffix(".gguf") }) {
            return RunnerError(
                "\(reference) has no GGUF file that is a whole model, only such as \(part)",
                remedy: "choose another repository")
        }
        return RunnerError(
            "\(reference) has neither GGUF files, nor an MLX folder, nor a checkpoint in safetensors",
            remedy: "choose another repository of the model; names of those with GGUF files often end in -GGUF")
    }
}
