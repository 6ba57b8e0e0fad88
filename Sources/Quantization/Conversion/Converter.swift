public import Foundation
public import LabCore
public import ModelFormats

/// Turns a checkpoint into GGUF and MLX artifacts, in one pass over the weights and without intermediate files.
public struct Converter: Sendable {
    /// The version of the converter, written to manifests.
    ///
    /// It changes when the bytes of artifacts may change.
    public static let toolVersion = "0.1.0"

    /// An artifact to make.
    public struct Target: Sendable {
        /// The recipe.
        public let recipe: ArtifactRecipe
        /// The file to write, or the folder.
        public let url: URL
        /// The manifest that tells of it, in the artifact's folder or one above.
        public let manifest: URL

        /// An artifact to make.
        /// - Parameters:
        ///   - manifest: Default: beside the artifact.
        public init(_ recipe: ArtifactRecipe, url: URL, manifest: URL? = nil) {
            self.recipe = recipe
            self.url = url.standardizedFileURL
            self.manifest = (manifest ?? Manifest.url(beside: url)).standardizedFileURL
        }

        /// A GGUF file to make.
        /// - Parameters:
        ///   - manifest: Default: beside the file.
        public init(
            recipe: Recipe, overrides: TypeOverrides = TypeOverrides(), calibration: Calibration? = nil, url: URL,
            manifest: URL? = nil
        ) {
            self.init(.gguf(recipe, overrides: overrides, calibration: calibration), url: url, manifest: manifest)
        }

        /// The file or folder as the manifest names it.
        public var file: String {
            let folder = manifest.deletingLastPathComponent().path
            return url.path.hasPrefix(folder + "/") ? String(url.path.dropFirst(folder.count + 1)) : url.path
        }
    }

    private let checkpoint: Checkpoint

    /// A converter of a checkpoint.
    public init(_ checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
    }

    /// Writes an artifact for each target and tells of it in its manifest, which keeps what it says of other files.
    ///
    /// Nothing appears under a final name before it is whole, and a manifest never tells of bytes that are not there.
    /// - Parameters:
    ///   - threads: Threads that encode. Default: one for each core.
    ///   - sourceDigests: Gives the digests of the checkpoint's files by name, and is asked when all tensors are
    ///     written. Default: computes them, which reads all weights once more.
    ///   - engineBuild: The build of the engine, such as "b11434", for the manifest.
    ///   - progress: Told after each tensor.
    /// - Returns: What the manifests say of the artifacts, in the order of the targets.
    @discardableResult
    public func convert(
        to targets: [Target],
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        sourceDigests: (() throws -> [String: Digest])? = nil,
        engineBuild: String,
        progress: ProgressHandler = { _ in }
    ) throws -> [Manifest.Artifact] {
        try requireOwnPlaces(targets)
        for target in targets { _ = try Manifest.orEmpty(at: target.manifest) }
        return try convert(
            targets.map { try ArtifactPlan(checkpoint, $0.recipe) }, to: targets, threads: threads,
            sourceDigests: sourceDigests, engineBuild: engineBuild, progress: progress)
    }

    /// Writes artifacts that are planned already.
    package func convert(
        _ plans: [ArtifactPlan], to targets: [Target], threads: Int,
        sourceDigests: (() throws -> [String: Digest])? = nil,
        engineBuild: String, progress: ProgressHandler = { _ in }
    ) throws -> [Manifest.Artifact] {
        for plan in plans { try plan.requireImportance() }
        var outputs: [any ConversionOutput] = []
        defer { outputs.forEach { $0.discard() } }
        for (target, plan) in zip(targets, plans) { outputs.append(try plan.output(at: target.url)) }
        try ConversionPipeline(checkpoint: checkpoint, outputs: outputs, threads: max(1, threads))
            .run(progress: progress)
        let source = source(digests: try sourceDigests?() ?? checkpoint.fileDigests())
        return try zip(targets, outputs).map { target, output in
            let artifact = try output.seal(
                file: target.file, source: source, tool: Self.toolVersion, engine: engineBuild)
            try publish(output, artifact, target)
            return artifact
        }
    }

    /// Artifact and manifest are whole on the disk before either gets its name.
    private func publish(_ output: any ConversionOutput, _ artifact: Manifest.Artifact, _ target: Target) throws {
        let before = try Manifest.orEmpty(at: target.manifest)
        let folder = target.manifest.deletingLastPathComponent()
        let others = before.without(artifact.file, folder: folder)
        let after = try AtomicFile(replacing: target.manifest)
        try Manifest(artifacts: others.artifacts + [artifact]).encoded()
            .withUnsafeBytes { try after.write($0, at: 0) }
        // An earlier entry would tell of another file while this one takes its place.
        if before.artifact(artifact.file) != nil { try AtomicFile.write(others.encoded(), to: target.manifest) }
        do {
            try output.commit()
        } catch {
            // What was there is still there.
            if before.artifact(artifact.file) != nil { try? AtomicFile.write(before.encoded(), to: target.manifest) }
            throw error
        }
        try after.commit()
    }

    private func requireOwnPlaces(_ targets: [Target]) throws {
        var paths = Set<String>()
        for target in targets where !paths.insert(target.url.path).inserted {
            throw QuantizationError(
                .conflictingOutputs, "two artifacts would be written to \(target.url.path)",
                remedy: "Give each artifact a place of its own.")
        }
    }

    private func source(digests: [String: Digest]) -> Manifest.Source {
        Manifest.Source(
            name: checkpoint.name, id: checkpoint.sourceID, revision: checkpoint.revision,
            digest: checkpoint.digest(of: digests),
            files: checkpoint.files.compactMap { file in
                digests[file.name].map { Manifest.File(name: file.name, bytes: file.sizeBytes, sha256: $0) }
            }.sorted { $0.name < $1.name })
    }
}
