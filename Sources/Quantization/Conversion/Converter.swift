public import Foundation
public import LabCore
public import ModelFormats

/// Turns a checkpoint into GGUF artifacts, in one pass over the weights and without intermediate files.
public struct Converter: Sendable {
    /// The version of the converter, written to manifests.
    ///
    /// It changes when the bytes of artifacts may change.
    public static let toolVersion = "0.1.0"

    /// An artifact to make.
    public struct Target: Sendable {
        /// The recipe.
        public let recipe: Recipe
        /// What is demanded of single tensors.
        public let overrides: TypeOverrides
        /// What the errors of quantization are weighed by; nil for all the same.
        public let calibration: Calibration?
        /// The file to write.
        public let url: URL
        /// The manifest that tells of it, in the file's folder or one above.
        public let manifest: URL

        /// An artifact to make.
        /// - Parameters:
        ///   - manifest: Default: beside the file.
        public init(
            recipe: Recipe, overrides: TypeOverrides = TypeOverrides(), calibration: Calibration? = nil, url: URL,
            manifest: URL? = nil
        ) {
            self.recipe = recipe
            self.overrides = overrides
            self.calibration = recipe.usesBlocks ? calibration : nil
            self.url = url.standardizedFileURL
            self.manifest = (manifest ?? Manifest.url(beside: url)).standardizedFileURL
        }

        /// The file as the manifest names it.
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
        try requireOwnFiles(targets)
        for target in targets { _ = try Manifest.orEmpty(at: target.manifest) }
        let plans = try targets.map {
            try RecipePlan(checkpoint, $0.recipe, overrides: $0.overrides, calibration: $0.calibration)
        }
        for plan in plans { try plan.requireImportance() }
        let outputs = try zip(targets, plans).map { target, plan in
            try ConversionPipeline.Output(plan: plan, writer: try GGUFWriter(target.url, layout: plan.layout))
        }
        defer { outputs.forEach { $0.writer.discard() } }
        try ConversionPipeline(checkpoint: checkpoint, outputs: outputs, threads: max(1, threads))
            .run(progress: progress)
        let source = source(digests: try sourceDigests?() ?? checkpoint.fileDigests())
        return try zip(targets, outputs).map { target, output in
            let artifact = Manifest.Artifact(
                file: target.file, sha256: try output.writer.seal(), source: source, plan: output.plan,
                tool: Self.toolVersion, engine: engineBuild)
            try publish(output.writer, artifact, target)
            return artifact
        }
    }

    /// Both files are whole on the disk before either gets its name.
    private func publish(_ writer: GGUFWriter, _ artifact: Manifest.Artifact, _ target: Target) throws {
        let before = try Manifest.orEmpty(at: target.manifest)
        let folder = target.manifest.deletingLastPathComponent()
        let others = before.without(artifact.file, folder: folder)
        let after = try AtomicFile(replacing: target.manifest)
        try Manifest(artifacts: others.artifacts + [artifact]).encoded()
            .withUnsafeBytes { try after.write($0, at: 0) }
        // An earlier entry would tell of another file while this one takes its place.
        if before.artifact(artifact.file) != nil { try AtomicFile.write(others.encoded(), to: target.manifest) }
        try writer.commit()
        try after.commit()
    }

    private func requireOwnFiles(_ targets: [Target]) throws {
        var paths = Set<String>()
        for target in targets where !paths.insert(target.url.path).inserted {
            throw QuantizationError(
                .conflictingOutputs, "two artifacts would be written to \(target.url.path)",
                remedy: "Give each artifact a file of its own.")
        }
    }

    private func source(digests: [String: Digest]) -> Manifest.Source {
        Manifest.Source(
            name: checkpoint.name, id: checkpoint.sourceID, revision: checkpoint.revision,
            digest: checkpoint.digest(of: digests),
            files: checkpoint.files.compactMap { file in
                digests[file.name].map { Manifest.Source.File(name: file.name, bytes: file.sizeBytes, sha256: $0) }
            }.sorted { $0.name < $1.name })
    }
}
