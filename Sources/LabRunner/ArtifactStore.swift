public import Foundation
public import LabCore
import ModelFormats
public import Quantization

/// Artifacts by what they were made from: the same checkpoint, recipe and tools give the same place.
///
/// An artifact counts as present when its manifest is there and the file still has the manifest's digest. Two labs
/// that want the same artifact at once make it once.
public final class ArtifactStore {
    /// The recipe of parents.
    static func parentRecipe() throws -> ArtifactRecipe { .gguf(try Recipe.named("BF16")) }

    private let root: URL
    private let digests: FileDigests

    /// Opens a store, making its folder where it is missing.
    public init(at root: URL) throws {
        self.root = root
        do {
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        } catch {
            throw RunnerError(
                "the store \(root.path) cannot be made: \(error.localizedDescription)",
                remedy: "name another with --store")
        }
        digests = FileDigests(store: root)
    }

    /// Artifacts of one checkpoint, in the order of the recipes, and how many of them had to be made.
    ///
    /// Those that are missing are made in one pass over the checkpoint.
    public func artifacts(
        of model: URL, recipes: [ArtifactRecipe], preTokenizer: String? = nil, threads: Int,
        progress: @escaping ProgressHandler
    ) throws -> (records: [ArtifactRecord], built: Int) {
        try Folders.requireCheckpoint(model)
        let checkpoint = try Checkpoint(directory: model, preTokenizer: preTokenizer)
        let sources = try checkpoint.fileDigests(digests.digest(of:))
        let source = checkpoint.digest(of: sources)
        let places = recipes.map { place(of: $0, checkpoint: checkpoint, source: source) }
        try digests.save()

        let lock = try FileLock(root.appendingPathComponent("\(source.short).lock"))
        defer { withExtendedLifetime(lock) {} }
        let missing = try recipes.indices.filter { try artifact(at: places[$0]) == nil }
        if !missing.isEmpty {
            for index in missing { try makeFolder(of: places[index]) }
            let made = try Converter(checkpoint).convert(
                to: missing.map {
                    Converter.Target(recipes[$0], url: places[$0].url, manifest: places[$0].manifest)
                }, threads: threads, sourceDigests: { sources }, engineBuild: EngineBuild.name, progress: progress)
            for (index, artifact) in zip(missing, made) {
                for (file, digest) in artifact.contents(at: places[index].url) { digests.remember(digest, of: file) }
            }
        }
        let records = try places.map { place in
            guard let artifact = try artifact(at: place) else {
                throw RunnerError("\(place.url.path) vanished from the store")
            }
            return Self.record(of: artifact, at: place.url)
        }
        try digests.save()
        return (records, missing.count)
    }

    /// What a manifest says of an artifact, as a run lists it.
    private static func record(of artifact: Manifest.Artifact, at url: URL) -> ArtifactRecord {
        ArtifactRecord(
            path: url.path, format: artifact.format,
            recipe: artifact.calibration == nil ? artifact.recipe : "\(artifact.recipe)-imatrix", role: .candidate,
            bytes: artifact.bytes, bitsPerWeight: artifact.bitsPerWeight, sha256: artifact.sha256,
            model: artifact.source.name, source: artifact.source.digest,
            calibration: artifact.calibration.map {
                CalibrationRecord(datasets: $0.datasets, windows: $0.chunks, sha256: $0.sha256)
            },
            tensors: TensorGroup.groups(
                of: artifact.tensors.map {
                    .init(name: $0.name, type: $0.type, elements: $0.dimensions.reduce(1, *), bytes: $0.bytes)
                }))
    }

    /// The record of an MLX folder that is not in the store, as the manifest of its conversion has it.
    ///
    /// - Throws: ``RunnerError`` where there is no manifest, or the folder is not what it says.
    private func record(ofFolder folder: URL) throws -> ArtifactRecord {
        // `OUTPUT/mlx/NAME-RECIPE`, and `OUTPUT/manifest.json`.
        let output = folder.standardizedFileURL.deletingLastPathComponent().deletingLastPathComponent()
        let name = folder.standardizedFileURL.pathComponents.suffix(2).joined(separator: "/")
        let manifest = try Manifest.orEmpty(at: output.appendingPathComponent(Manifest.fileName))
        guard let artifact = manifest.artifact(name), let files = artifact.files else {
            throw RunnerError(
                "\(folder.path) is in no manifest", remedy: "make it with llama-pajamas-quant convert --formats mlx")
        }
        for file in files {
            let place = folder.appendingPathComponent(file.name)
            guard try digests.digest(of: place) == file.sha256 else {
                throw RunnerError(
                    "\(place.path) is not what \(Manifest.fileName) says of it", remedy: "convert it again")
            }
        }
        try digests.save()
        return Self.record(of: artifact, at: folder)
    }

    /// The record of a GGUF file or an MLX folder that is not in the store.
    public func record(ofFile file: URL) throws -> ArtifactRecord {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), isFolder.boolValue {
            return try record(ofFolder: file)
        }
        let reader = try GGUFReader(file)
        guard let bitsPerWeight = reader.bitsPerWeight else { throw RunnerError("\(file.path) holds no tensors") }
        let recipe = reader.recipeName ?? reader.fileType.map { "file type \($0)" } ?? "unknown"
        let digest = try digests.digest(of: file)
        try digests.save()
        return ArtifactRecord(
            path: file.path, format: "gguf", recipe: recipe, role: .candidate, bytes: reader.sizeBytes,
            bitsPerWeight: bitsPerWeight, sha256: digest,
            model: reader.metadata.string("general.name") ?? file.lastPathComponent, source: nil,
            tensors: TensorGroup.groups(
                of: reader.tensors.map {
                    .init(
                        name: $0.name, type: $0.type.name, elements: $0.elementCount, bytes: $0.byteCount)
                }))
    }

    /// Where an importance matrix of a model belongs, by what it is made from: `NAME-imatrix.gguf` in a folder of its
    /// own, which is made where it is missing.
    func placeOfMatrix(for model: String, key: Digest) throws -> URL {
        let folder = root.appendingPathComponent("\(model)-imatrix-\(key.short)", isDirectory: true)
        try Folders.make(folder, remedy: "name another store with --store or LAB_STORE")
        return folder.appendingPathComponent("\(model)-imatrix.gguf")
    }

    /// Where an artifact is, and the manifest that tells of it.
    private struct Place {
        let url: URL
        let manifest: URL
        /// The artifact as the manifest names it.
        let file: String
    }

    /// `NAME-RECIPE-KEY/NAME-RECIPE.gguf` or `NAME-RECIPE-KEY/mlx/NAME-RECIPE`, with the manifest in the outer folder.
    private func place(of recipe: ArtifactRecipe, checkpoint: Checkpoint, source: Digest) -> Place {
        var matrix: String?
        var format: String?
        switch recipe {
        case .gguf(let recipe, _, let calibration): matrix = recipe.usesBlocks ? calibration?.sha256.hex : nil
        case .mlx: format = "mlx"
        }
        let key = Digest(
            of: ([source.hex, recipe.name, Converter.toolVersion, EngineBuild.name]
                + [matrix, format].compactMap { $0 }).joined(separator: "\n"))
        let name = "\(checkpoint.name)-\(recipe.name)\(matrix == nil ? "" : "-imatrix")"
        let folder = root.appendingPathComponent("\(name)-\(key.short)", isDirectory: true)
        let file = format.map { "\($0)/\(name)" } ?? "\(name).gguf"
        return Place(
            url: folder.appendingPathComponent(file), manifest: folder.appendingPathComponent(Manifest.fileName),
            file: file)
    }

    /// What the manifest says of a whole, unchanged artifact; nil when there is none.
    private func artifact(at place: Place) throws -> Manifest.Artifact? {
        guard FileManager.default.fileExists(atPath: place.url.path),
            let manifest = try? Manifest(contentsOf: place.manifest), let artifact = manifest.artifact(place.file),
            try artifact.contents(at: place.url).allSatisfy({ file, digest in
                try FileManager.default.fileExists(atPath: file.path) && digests.digest(of: file) == digest
            })
        else { return nil }
        return artifact
    }

    /// Makes an artifact's folder, without what a killed or an older lab left in it. The caller holds the lock.
    private func makeFolder(of place: Place) throws {
        let folder = place.manifest.deletingLastPathComponent()
        let files = FileManager.default
        do {
            try files.createDirectory(
                at: place.url.deletingLastPathComponent(), withIntermediateDirectories: true)
            AtomicFolder.removeLeftovers(in: place.url.deletingLastPathComponent())
            let isOld = (try? Manifest.orEmpty(at: place.manifest)) == nil
            for name in try files.contentsOfDirectory(atPath: folder.path)
            where name.hasSuffix(".partial") || (isOld && name == Manifest.fileName) {
                try files.removeItem(at: folder.appendingPathComponent(name))
            }
        } catch {
            throw RunnerError(
                "\(folder.path) cannot be made: \(error.localizedDescription)",
                remedy: "name another store with --store")
        }
    }
}
