public import Evaluation
public import Foundation
public import LabCore

/// What a run is asked to do.
public struct RunOptions: Sendable {
    /// The suite.
    public var suite: Suite
    /// A checkpoint in place of the suite's model.
    public var model: URL?
    /// A recipe in place of the suite's.
    public var recipe: String?
    /// A GGUF file or an MLX folder to judge in place of one made from the checkpoint.
    public var artifact: URL?
    /// Backends in place of the suite's; all of them required.
    public var backends: [String] = []
    /// Evaluations to run, by name; all when empty.
    public var evaluations: [String] = []
    /// A text in place of the suite's.
    public var dataset: Suite.Dataset?
    /// Most chunks to score, in place of the suite's limit.
    public var limit: Int?
    /// Whether every chunk is measured, whatever the gates say before.
    public var isFull = false
    /// Whether parent and candidate are run side by side, without a pack.
    public var isLockstep = false
    /// A pack in place of the parent: its file, or the beginning of its identifier in the store.
    public var pack: String?
    /// How the engine computes.
    public var compute = ComputeSettings(threads: Machine.defaultThreads)
    /// Threads of computation.
    public var threads: Int {
        get { compute.threads }
        set { compute.threads = newValue }
    }
    /// The history file.
    public var history: URL = Locations.history
    /// The artifact store.
    public var store: URL = Locations.store
    /// Where report folders are made.
    public var output: URL
    /// The worker's program.
    public var worker: URL = Locations.worker
    /// How long a worker may say nothing.
    public var workerSilenceLimit: Duration = .seconds(600)
    /// Whether the run will be compared with an earlier one; measuring then goes on until that is decided too.
    public var isGated = false
    /// What it will be compared with; nil for the run accepted last, if there is one.
    public var reference: ReferenceRun?
    /// The tolerances of that comparison, in place of the suite's.
    public var tolerances: [RegressionTolerance] = []
    /// The branch and commit that the run is made for; nil where they are not known.
    public var origin: OriginRecord?
    /// The command line, for the record.
    public var command: String

    /// Whether an MLX folder may be what is judged: one that is made, or the one that is named.
    var mayRunMLX: Bool {
        var isFolder: ObjCBool = false
        guard let artifact else { return true }
        return FileManager.default.fileExists(atPath: artifact.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Options for a suite, everything else at its default.
    public init(suite: Suite, output: URL, command: String) {
        self.suite = suite
        self.output = output
        self.command = command
    }
}
