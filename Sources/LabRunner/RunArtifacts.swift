import Evaluation
import Foundation
import LabCore
import Quantization

/// The artifacts of a run: the parent, and a candidate in each format that its backends need.
struct RunArtifacts {
    /// Nil where nothing is held against it.
    let parent: ParentModel?
    /// What backends of the engine run; nil where none was asked for.
    let gguf: ArtifactRecord?
    /// What mlx-lm runs; nil where it was not asked for.
    let mlx: ArtifactRecord?
    /// How many were made for this run.
    let built: Int
    /// How many were there.
    let reused: Int

    /// The candidates, the GGUF file first.
    var candidates: [ArtifactRecord] { [gguf, mlx].compactMap { $0 } }

    /// What runs on a backend.
    ///
    /// - Throws: ``RunnerError`` where nothing does.
    func candidate(on backend: String) throws -> ArtifactRecord {
        if let obstacle = obstacle(on: backend) { throw obstacle }
        guard let candidate = backend == "mlx" ? mlx : gguf else { throw RunnerError("nothing to run on \(backend)") }
        return candidate
    }

    /// What the candidates are held against.
    ///
    /// - Throws: ``RunnerError`` where there is nothing.
    func requireParent() throws -> ParentModel {
        guard let parent else { throw RunnerError("there is no parent that an artifact could be held against") }
        return parent
    }

    /// What the CPU runs, for other backends to be held against.
    ///
    /// - Throws: ``RunnerError`` where it has nothing to run.
    func reference() throws -> ArtifactRecord {
        guard let gguf else { throw RunnerError("the CPU has nothing to run that a backend could be held against") }
        return gguf
    }

    /// Why a backend cannot run any of the candidates; nil where it can.
    func obstacle(on backend: String) -> RunnerError? {
        switch (backend == "mlx", gguf, mlx) {
        case (true, let other?, nil):
            RunnerError(
                "mlx runs MLX folders, and \(other.path) is none",
                remedy: "make one with llama-pajamas-quant convert --formats mlx, and name it with --artifact",
                exitCode: .usage)
        case (false, nil, let other?):
            RunnerError(
                "\(backend) runs GGUF files, and \(other.path) is an MLX folder", remedy: "name --backend mlx",
                exitCode: .usage)
        default: nil
        }
    }
}

extension RunArtifacts {
    /// Makes what is missing, in one pass over the checkpoint.
    ///
    /// - Parameters:
    ///   - requests: the backends that something must be there for.
    ///   - plans: the evaluations.
    init(
        _ options: RunOptions, for requests: [Suite.BackendRequest], _ plans: [Suite.EvaluationPlan],
        store: ArtifactStore, progress: @escaping ProgressHandler
    ) throws {
        let model = options.model ?? options.suite.model
        let pack = try options.pack.map { try Self.pack($0, in: options.store) }
        var given = try options.artifact.map { try store.record(ofFile: $0) }
        given?.role = .candidate
        let comparesBackends = plans.contains { $0.evaluator.comparesBackends }
        let mlxRequest = given == nil ? requests.first { $0.name == "mlx" } : nil
        // An artifact that is named stands for all that would be made; but a folder has to have a file to be held against.
        let makesGGUF =
            given == nil
            ? requests.contains { $0.name != "mlx" } || comparesBackends : given?.format == "mlx" && comparesBackends
        let recipeNames = try Self.recipes(options, makesGGUF: makesGGUF, mlxRequest)
        // Speed is measured of an artifact alone, and backends are compared with each other.
        let needsParent = plans.contains { $0.evaluator.input != .nothing && !$0.evaluator.comparesBackends }
        var recipes: [ArtifactRecipe] = pack == nil && needsParent ? [try ArtifactStore.parentRecipe()] : []
        var calibrationBuilt = 0
        var places: (gguf: Int?, mlx: Int?)
        if let recipe = recipeNames.gguf {
            let calibrated = try Self.calibration(options, of: model, plans, store: store, progress: progress)
            calibrationBuilt = calibrated?.artifactsBuilt ?? 0
            places.gguf = recipes.count
            recipes.append(.gguf(try Recipe.named(recipe)).calibrated(by: calibrated?.calibration))
        }
        if let recipe = recipeNames.mlx {
            places.mlx = recipes.count
            recipes.append(.mlx(try MLXRecipe.named(recipe)))
        }
        let made =
            recipes.isEmpty
            ? (records: [], built: 0)
            : try store.artifacts(
                of: model, recipes: recipes, threads: options.threads, progress: progress)
        if let pack {
            parent = .pack(pack)
        } else if !needsParent {
            parent = nil
        } else {
            guard var record = made.records.first else { throw RunnerError("the store made no parent") }
            record.role = .parent
            record.tensors = nil  // it would only repeat that all weights have one type
            parent = .model(record)
        }
        gguf = places.gguf.map { made.records[$0] } ?? (given?.format == "mlx" ? nil : given)
        mlx = places.mlx.map { made.records[$0] } ?? (given?.format == "mlx" ? given : nil)
        // The parent may have been made for the calibration.
        built = made.built + calibrationBuilt
        reused = max(0, made.records.count - built)
    }

    /// The recipes of what is made: that of the command line for what it fits, else the suite's.
    ///
    /// - Throws: ``RunnerError`` where the command line's is of nothing that is made, or mlx has none.
    private static func recipes(
        _ options: RunOptions, makesGGUF: Bool, _ mlx: Suite.BackendRequest?
    ) throws -> (gguf: String?, mlx: String?) {
        let named = options.recipe
        let isMLX = mlx != nil && named.map(RecipeNames.isMLX) == true
        let isGGUF = makesGGUF && named.flatMap(RecipeNames.resolve) != nil
        if let named, !isMLX, !isGGUF {
            // An unknown name is told with those that come near it.
            _ = try makesGGUF && !RecipeNames.isMLX(named) ? Recipe.named(named).name : MLXRecipe.named(named).name
            throw RunnerError(
                "--recipe \(named) is of no artifact that this run makes",
                remedy: "name the backend that runs it: --backend mlx for an MLX recipe", exitCode: .usage)
        }
        if mlx != nil, !isMLX, mlx?.recipe == nil {
            throw RunnerError(
                "suite \(options.suite.name) names no recipe for mlx",
                remedy: "name one with --recipe, such as 4bit, or a folder with --artifact", exitCode: .usage)
        }
        return (
            makesGGUF ? (isGGUF ? named : options.suite.recipe) : nil, mlx.flatMap { isMLX ? named : $0.recipe }
        )
    }

    /// The pack that the options name: a file, which is taken into the store, or the beginning of an identifier.
    private static func pack(_ name: String, in store: URL) throws -> PredictionPack {
        let packs = PackStore(in: store)
        let file = URL(fileURLWithPath: name)
        guard FileManager.default.fileExists(atPath: file.path) else { return try packs.resolve(name) }
        return try packs.importPack(PackFile(contentsOf: file))
    }

    /// The importance matrix that the suite asks for, and how many artifacts were made for it.
    private static func calibration(
        _ options: RunOptions, of model: URL, _ plans: [Suite.EvaluationPlan], store: ArtifactStore,
        progress: @escaping ProgressHandler
    ) throws -> (calibration: Calibration, artifactsBuilt: Int)? {
        guard let plan = options.suite.calibration else { return nil }
        let text = CalibrationText(file: plan.dataset.file, name: plan.dataset.name, windows: plan.windows)
        return try Calibrator(
            store: store, threads: options.threads, worker: options.worker,
            silenceLimit: options.workerSilenceLimit, progress: progress
        ).calibration(of: model, text: text, apartFrom: plans.compactMap(\.dataset))
    }
}
