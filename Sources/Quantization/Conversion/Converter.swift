public import Foundation
public import LabCore
public import ModelFormats

/// Turns a checkpoint into GGUF artifacts, in one pass over the weights and without intermediate files.
public struct Converter: Sendable {
    /// The version of the converter, written to manifests.
    ///
    /// It changes when the bytes of artifacts may change.
    public static let toolVersion = "0.1.0"

    private let checkpoint: Checkpoint

    /// A converter of a checkpoint.
    public init(_ checkpoint: Checkpoint) {
        self.checkpoint = checkpoint
    }

    /// Writes an artifact and its manifest for each recipe.
    ///
    /// Nothing appears under a final name before it and its manifest are whole.
    /// - Parameters:
    ///   - targets: A recipe and the file to write, each in a directory of its own: the manifest lies beside the file.
    ///   - threads: Threads that encode. Default: one for each core.
    ///   - engineBuild: The build of the engine, such as "b11434", for the manifest.
    ///   - sourceDigests: Digests of the checkpoint's files by name; computed when nil, which reads all weights once
    ///     more.
    ///   - progress: Told after each tensor.
    /// - Returns: The manifests in the order of the targets.
    @discardableResult
    public func convert(
        to targets: [(recipe: Recipe, url: URL)],
        threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        engineBuild: String,
        sourceDigests: [String: Digest]? = nil,
        progress: ProgressHandler = { _ in }
    ) throws -> [Manifest] {
        try requireOwnDirectories(targets.map(\.url))
        let outputs = try targets.map { target in
            let plan = try RecipePlan(checkpoint, target.recipe)
            try plan.requireNoImportanceMatrix()
            return ConversionPipeline.Output(
                plan: plan, writer: try GGUFWriter(target.url, layout: plan.layout))
        }
        defer { outputs.forEach { $0.writer.discard() } }
        try ConversionPipeline(checkpoint: checkpoint, outputs: outputs, threads: max(1, threads))
            .run(progress: progress)
        let source = try source(digests: sourceDigests)
        return try zip(targets, outputs).map { target, output in
            let digest = try output.writer.seal()
            let manifest = Manifest(
                artifact: Manifest.Artifact(
                    file: target.url.lastPathComponent, format: "gguf", bytes: output.plan.fileBytes, sha256: digest),
                source: source, plan: output.plan, tool: Self.toolVersion, engine: engineBuild)
            try publish(output.writer, manifest, beside: target.url)
            return manifest
        }
    }

    /// Both files are whole on the disk before either gets its name.
    private func publish(_ artifact: GGUFWriter, _ manifest: Manifest, beside url: URL) throws {
        let place = Manifest.url(beside: url)
        let file = try AtomicFile(replacing: place)
        try manifest.encoded().withUnsafeBytes { try file.write($0, at: 0) }
        // An earlier manifest would describe another artifact while this one takes its place.
        try? FileManager.default.removeItem(at: place)
        try artifact.commit()
        try file.commit()
    }

    private func requireOwnDirectories(_ urls: [URL]) throws {
        var directories = Set<String>()
        for url in urls {
            let directory = url.deletingLastPathComponent().standardizedFileURL.path
            guard directories.insert(directory).inserted else {
                throw QuantizationError(
                    .conflictingOutputs, "two artifacts would share \(directory) and its \(Manifest.fileName)",
                    remedy: "Give each artifact a directory of its own.")
            }
        }
    }

    private func source(digests: [String: Digest]?) throws -> Manifest.Source {
        let digests = try digests ?? checkpoint.fileDigests()
        return Manifest.Source(
            name: checkpoint.name, id: checkpoint.sourceID, revision: checkpoint.revision,
            digest: checkpoint.digest(of: digests),
            files: checkpoint.files.compactMap { file in
                digests[file.name].map { Manifest.Source.File(name: file.name, bytes: file.sizeBytes, sha256: $0) }
            }.sorted { $0.name < $1.name })
    }
}
