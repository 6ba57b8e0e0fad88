public import Foundation
public import LabCore
public import ModelFormats
public import Quantization

/// What to convert, into what, and within which limits.
public struct ConversionOptions: Sendable {
    /// The checkpoint's folder.
    public var model: URL
    /// The folder that gets `manifest.json`, `gguf/` and `mlx/`.
    public var output: URL
    /// The recipes, each once.
    public var recipes: [ArtifactRecipe]
    /// llama.cpp's name for the way the tokenizer cuts text; nil to find it in `tokenizer.json`.
    public var preTokenizer: String?
    /// Limits that every artifact must keep.
    public var targets = FeasibilityTargets()
    /// Threads of computation.
    public var threads: Int = Machine.defaultThreads
    /// Whether artifacts that are there already are made again.
    public var isForced = false
    /// Files of importance matrices, as they are named; several are added up.
    public var importanceMatrices: [String] = []
    /// The text to compute an importance matrix from.
    public var calibration: CalibrationText?
    /// Where digests of files are remembered, and parents and importance matrices kept.
    public var store: URL = Locations.store
    /// The worker's program.
    public var worker: URL = Locations.worker
    /// How long a worker may say nothing.
    public var workerSilenceLimit: Duration = .seconds(600)

    /// The manifest's place.
    var manifest: URL { output.appendingPathComponent(Manifest.fileName) }

    /// Options with everything else at its default.
    public init(model: URL, output: URL, recipes: [ArtifactRecipe]) {
        self.model = model
        self.output = output
        self.recipes = recipes.enumerated().filter { index, recipe in
            recipes.firstIndex { $0.place == recipe.place } == index
        }.map(\.element)
    }
}

/// One conversion of a checkpoint into a folder of artifacts: `gguf/NAME-RECIPE.gguf` (`NAME-RECIPE-imatrix.gguf` where
/// an importance matrix is used), `mlx/NAME-RECIPE/` and `manifest.json`.
public struct ConversionRun {
    /// An artifact that was asked for.
    public struct Outcome: Sendable {
        /// What the manifest says of it.
        public let artifact: Manifest.Artifact
        /// The file or folder.
        public let url: URL
        /// Whether it was made now, as opposed to found.
        public let isNew: Bool
    }

    /// The checkpoint.
    public let checkpoint: Checkpoint
    /// What each recipe makes of it, in the order asked for.
    public let plans: [ArtifactPlan]
    private let options: ConversionOptions
    private let progress: ProgressHandler
    /// The matrix that the output gets a copy of: one that was computed or added up.
    private let ownMatrix: Calibration?

    /// Opens the checkpoint and plans.
    ///
    /// Writes nothing to the output. An importance matrix that has to be computed or added up first, since the plan
    /// depends on it, goes to the store.
    /// Throws an error that names what is missing or damaged.
    public init(options: ConversionOptions, progress: @escaping ProgressHandler) throws {
        try Folders.requireCheckpoint(options.model)
        let checkpoint = try Checkpoint(directory: options.model, preTokenizer: options.preTokenizer)
        self.options = options
        self.progress = progress
        self.checkpoint = checkpoint
        func plans(_ calibration: Calibration?) throws -> [ArtifactPlan] {
            try options.recipes.map { try ArtifactPlan(checkpoint, $0.calibrated(by: calibration)) }
        }
        let uncalibrated = try plans(nil)
        if options.calibration != nil || !options.importanceMatrices.isEmpty {
            // Before the hours that a calibration may take.
            try Self.requireBlocks(options.recipes)
            _ = try Manifest.orEmpty(at: options.manifest)
            try Self.requireTargets(uncalibrated, of: checkpoint, options.targets, hasImportanceMatrix: true)
        }
        let made = try CalibrationRun(options: options, progress: progress).calibration()
        ownMatrix = made.flatMap { $0.isOwn ? $0.calibration : nil }
        self.plans = try made.map { try plans($0.calibration) } ?? uncalibrated
    }

    private static func requireBlocks(_ recipes: [ArtifactRecipe]) throws {
        guard !recipes.contains(where: \.usesImportance) else { return }
        throw RunnerError(
            "an importance matrix has no effect on \(recipes.map(\.name).joined(separator: ", "))",
            remedy: "leave it out, or name a GGUF recipe of blocks such as Q4_K_M", exitCode: .usage)
    }

    /// The manifest's place.
    public var manifest: URL { options.manifest }

    /// Refuses targets that no artifact asked for can meet, and recipes that need what is not given.
    ///
    /// Throws ``Quantization/QuantizationError`` with the arithmetic.
    public func requireFeasible() throws {
        try Self.requireTargets(plans, of: checkpoint, options.targets)
        for plan in plans { try plan.requireImportance() }
    }

    private static func requireTargets(
        _ plans: [ArtifactPlan], of checkpoint: Checkpoint, _ targets: FeasibilityTargets,
        hasImportanceMatrix: Bool? = nil
    ) throws {
        var none = FeasibilityTargets()
        none.contextTokens = targets.contextTokens
        guard targets != none else { return }
        for plan in plans {
            try Feasibility(checkpoint, plan: plan, hasImportanceMatrix: hasImportanceMatrix)
                .require(plan.recipe, targets: targets)
        }
    }

    /// Makes what is missing, in one pass over the checkpoint.
    ///
    /// - Returns: all artifacts asked for, in the order of the recipes.
    /// - Throws: an error that names what is missing, damaged or full; what was there before is then still there.
    public func run() throws -> [Outcome] {
        try requireFeasible()
        let lock = try lockOutput()
        defer { withExtendedLifetime(lock) {} }
        let targets = plans.map { plan in
            Converter.Target(plan.recipe, url: place(of: plan.recipe), manifest: manifest)
        }
        let known = try Manifest.orEmpty(at: manifest)
        try makeFolder()
        try copyMatrix()
        let digests = FileDigests(store: options.store)
        let sources = sourceDigests(digests)
        let found = try zip(targets, plans).map { target, plan in
            options.isForced ? nil : try present(target, plan, in: known, sources: sources, digests: digests)
        }
        let missing = targets.indices.filter { found[$0] == nil }
        try requireFreeSpace(missing.reduce(0) { $0 + plans[$1].fileBytes }, artifacts: missing.count)
        let made =
            missing.isEmpty
            ? []
            : try Converter(checkpoint).convert(
                to: missing.map { targets[$0] }, threads: options.threads, sourceDigests: sources.get,
                engineBuild: EngineBuild.name, progress: progress)
        for (index, artifact) in zip(missing, made) {
            for (file, digest) in artifact.contents(at: targets[index].url) { digests.remember(digest, of: file) }
        }
        // Without this memory the next run reads more, and is no less right.
        try? digests.save()
        let new = Dictionary(uniqueKeysWithValues: zip(missing, made))
        return targets.indices.compactMap { index in
            (found[index] ?? new[index]).map {
                Outcome(artifact: $0, url: targets[index].url, isNew: new[index] != nil)
            }
        }
    }

    // MARK: - Steps

    private func place(of recipe: ArtifactRecipe) -> URL {
        let (folder, ending) = recipe.place
        return options.output.appendingPathComponent(folder, isDirectory: true)
            .appendingPathComponent("\(checkpoint.name)-\(ending)".lowercased())
    }

    /// A matrix that was made for this conversion stays beside its artifacts.
    private func copyMatrix() throws {
        guard let ownMatrix else { return }
        try AtomicFile.write(
            Data(contentsOf: ownMatrix.source),
            to: options.output.appendingPathComponent("gguf/\(checkpoint.name)-imatrix.gguf".lowercased()))
    }

    /// What the manifest says of an artifact that is whole and was made as this run would make it; nil when there is
    /// none.
    private func present(
        _ target: Converter.Target, _ plan: ArtifactPlan, in manifest: Manifest,
        sources: Deferred<[String: Digest]>, digests: FileDigests
    ) throws -> Manifest.Artifact? {
        guard let artifact = manifest.artifact(target.file), artifact.isMade(by: plan.recipe),
            artifact.bytes == plan.fileBytes, artifact.tool == Converter.toolVersion,
            FileManager.default.fileExists(atPath: target.url.path),
            artifact.source.digest == checkpoint.digest(of: try awaited(sources)),
            try artifact.contents(at: target.url).allSatisfy({ file, digest in
                guard FileManager.default.fileExists(atPath: file.path) else { return false }
                return try digests.digest(of: file) == digest
            }), !artifact.hasStrayWeights(at: target.url)
        else { return nil }
        return artifact
    }

    /// Reads the checkpoint's files while tensors are converted; most of the time nothing else needs the digests.
    private func sourceDigests(_ digests: FileDigests) -> Deferred<[String: Digest]> {
        // Used by nobody else before the result is there.
        nonisolated(unsafe) let digests = digests
        let checkpoint = checkpoint
        return Deferred { try checkpoint.fileDigests(digests.digest(of:)) }
    }

    private func awaited(_ sources: Deferred<[String: Digest]>) throws -> [String: Digest] {
        func tell(_ completed: Int) {
            let total = checkpoint.files.count
            progress(
                ProgressUpdate(
                    stage: "compare with the manifest", completed: completed, total: total, unit: "files"))
        }
        tell(0)
        let digests = try sources.get()
        tell(digests.count)
        return digests
    }

    /// Two conversions into one folder come one after the other.
    private func lockOutput() throws -> FileLock { try Self.lock(output: options.output) }

    /// The lock of whoever changes a folder of artifacts.
    static func lock(output: URL) throws -> FileLock {
        let folder = Locations.cache.appendingPathComponent("locks", isDirectory: true)
        let key = Digest(of: output.standardizedFileURL.resolvingSymlinksInPath().path)
        try Folders.make(folder, remedy: "name another cache with LAB_CACHE")
        return try FileLock(folder.appendingPathComponent("convert-\(key.short)"))
    }

    /// Makes the folders, and removes what killed conversions left in them. The caller holds the lock.
    private func makeFolder() throws {
        let remedy = "name another folder with --output"
        for folder in Set(options.recipes.map(\.place.folder)) {
            try Folders.make(options.output.appendingPathComponent(folder), remedy: remedy)
        }
        try? Folders.make(options.store, remedy: remedy)
        for folder in ["", "gguf", "mlx"] {
            AtomicFolder.removeLeftovers(in: options.output.appendingPathComponent(folder, isDirectory: true))
        }
    }

    private func requireFreeSpace(_ bytes: Int64, artifacts: Int) throws {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: options.output.path)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value, free < bytes else { return }
        throw RunnerError(
            "\(options.output.path): \(artifacts == 1 ? "the artifact needs" : "\(artifacts) artifacts need") "
                + "\(ByteSize(bytes)), and the disk has \(ByteSize(free)) left",
            remedy: "free some disk space, or name a folder on another disk with --output")
    }
}

extension ArtifactRecipe {
    /// Whether an importance matrix makes a difference.
    fileprivate var usesImportance: Bool {
        if case .gguf(let recipe, _, _) = self { recipe.usesBlocks } else { false }
    }

    /// The folder of the format, and what follows the model's name.
    fileprivate var place: (folder: String, ending: String) {
        switch self {
        case .gguf(let recipe, _, let calibration):
            ("gguf", recipe.name + (calibration == nil ? "" : "-imatrix") + ".gguf")
        case .mlx(let recipe): ("mlx", recipe.name)
        }
    }
}

extension Manifest.Artifact {
    /// The files and their digests, where the artifact is at a place.
    func contents(at url: URL) -> [(file: URL, digest: Digest)] {
        files?.map { (url.appendingPathComponent($0.name), $0.sha256) } ?? [(url, sha256)]
    }

    /// Whether a folder holds weights that are none of the artifact's and that mlx-lm would load too: it takes every
    /// `model*.safetensors`.
    fileprivate func hasStrayWeights(at url: URL) -> Bool {
        guard let files else { return false }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.contains { name in
            name.hasPrefix("model") && name.hasSuffix(".safetensors") && !files.contains { $0.name == name }
        }
    }

    /// Whether this lab would make the same from a recipe.
    fileprivate func isMade(by other: ArtifactRecipe) -> Bool {
        switch other {
        case .gguf(let recipe, let demanded, let calibration):
            self.recipe == recipe.name && (overrides ?? TypeOverrides()) == demanded
                && self.calibration?.sha256 == calibration?.sha256 && self.calibration?.file == calibration?.file
                && engine == EngineBuild.name
        case .mlx(let recipe): mlx == recipe
        }
    }
}
