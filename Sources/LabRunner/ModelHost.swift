import Foundation
import Inference
import LabCore

/// One artifact in a worker of its own, started and loaded when it is first needed, and only once.
final class ModelHost: InferenceModel {
    /// What is loaded, and how.
    struct Setup {
        var path: String
        var backend: String
        /// The longest window that will be asked for.
        var contextLength: Int
        var compute: ComputeSettings
        /// What is done otherwise than that.
        var variation: BackendSession.Variation?
        /// A parent to load beside it, for comparisons in lockstep.
        var parentPath: String?
    }

    /// How much of the artifact is loaded, and the context it has.
    private enum Load: Equatable {
        case nothing, vocabulary
        case whole(Shape)
    }

    /// Tokens of context for each sequence, and sequences.
    struct Shape: Equatable {
        var contextLength: Int
        var parallelSequences = 1
        /// Whether the sequences share one key-value cache.
        var sharesCache = false
        /// Tokens that the context takes at a time; nil for as many as a sequence has, 512 at least.
        var batch: Int?
    }

    private let setup: Setup
    private let start: () throws -> Worker
    private var worker: Worker?
    private var load = Load.nothing
    /// Seconds that reading the file took; nil before all of it is loaded.
    private(set) var loadSeconds: Double?
    /// Windows that are best asked for together.
    private var windowsAtOnce = 1
    /// The text that the worker has cut last.
    private var text: WindowText?
    /// What a worker had that was ended to make room for another host's.
    private var parked: (load: Load, text: WindowText?)?

    /// Windows that are asked for together where workers take turns, so that few turns are taken.
    private static let windowsInATurn = 32

    /// A host that starts its worker by `start`.
    init(_ setup: Setup, start: @escaping () throws -> Worker) {
        self.setup = setup
        self.start = start
    }

    func perform(_ request: WorkerRequest, onEvent: (WorkerEvent) throws -> Void) throws -> WorkerEvent {
        if let (load, text) = parked {
            if load != .nothing { try ensure(load) }
            if let text { _ = try chunk(text) }
        }
        return try started().perform(request, onEvent: onEvent)
    }

    /// Ends the worker; when it is needed again, another has what this one had.
    func park() {
        guard let worker else { return }
        parked = (load, text)
        worker.stop()
        self.worker = nil
        load = .nothing
        text = nil
    }

    /// The digest of each of a text's windows, as the artifact's tokenizer cuts it.
    func windows(of text: WindowText) throws -> [Digest] {
        try ensure(.vocabulary)
        return try chunk(text)
    }

    /// The host, with all of the artifact loaded and a text cut.
    func ready(for text: WindowText) throws -> ModelHost {
        try ensure(.whole(Shape(contextLength: setup.contextLength)))
        if self.text?.id != text.id { _ = try chunk(text) }
        return self
    }

    /// The host, with all of the artifact loaded and a context of a shape.
    func ready(for shape: Shape) throws -> ModelHost {
        try ensure(.whole(shape))
        return self
    }

    /// A window with those that come next, as many as the worker computes side by side.
    ///
    /// - Parameters:
    ///   - upcoming: the order in which windows will be asked for.
    ///   - isMissing: whether a window has yet to be computed.
    func group(_ index: Int, _ upcoming: [Int], isMissing: (Int) throws -> Bool) rethrows -> [Int] {
        var group = [index]
        guard windowsAtOnce > 1, let place = upcoming.firstIndex(of: index) else { return group }
        for next in upcoming[(place + 1)...].prefix(windowsAtOnce - 1) where try isMissing(next) { group.append(next) }
        return group
    }

    /// Prompts as the artifact's tokenizer and chat template turn them into tokens.
    func render(_ prompts: [PromptSource]) throws -> [RenderedPrompt] {
        try ensure(.vocabulary)
        let request = WorkerRequest.RenderParameters(prompts: prompts)
        guard case .rendered(let rendered) = try started().perform(.render(request)), rendered.count == prompts.count
        else { throw InferenceError(.garbled, "the worker did not render the prompts") }
        return rendered
    }

    private func started() throws -> Worker {
        if let worker { return worker }
        let started = try start()
        worker = started
        return started
    }

    private func ensure(_ wanted: Load) throws {
        parked = nil
        // All of it has the vocabulary too.
        if wanted == load { return }
        if wanted == .vocabulary, load != .nothing { return }
        var shape = Shape(contextLength: setup.contextLength)
        if case .whole(let asked) = wanted { shape = asked }
        var parameters = WorkerRequest.LoadParameters(
            path: setup.path, backend: setup.backend, vocabularyOnly: wanted == .vocabulary,
            contextLength: shape.contextLength, parallelSequences: shape.parallelSequences,
            sharesCache: shape.sharesCache, threads: setup.compute.threads)
        setup.compute.apply(to: &parameters)
        // A window is given whole; where that is no matter, what a person asked for goes before what is usual.
        parameters.batch =
            shape.batch.map { setup.compute.batch ?? $0 } ?? parameters.batch.map { max($0, shape.contextLength) }
        if wanted != .vocabulary, let parentPath = setup.parentPath {
            parameters.parentPath = parentPath
            parameters.parentMicroBatch = parameters.microBatch
        }
        parameters.microBatch = setup.variation?.microBatch ?? parameters.microBatch
        parameters.threads = setup.variation?.threads ?? parameters.threads
        // A worker that could not make the context has no other one either.
        load = .nothing
        if case .loaded(let model) = try started().perform(.load(parameters)), wanted != .vocabulary {
            loadSeconds = model.loadSeconds ?? loadSeconds
            windowsAtOnce = model.windowsAtOnce ?? (BackendNames.takesTurns(setup.backend) ? Self.windowsInATurn : 1)
        }
        load = wanted
    }

    private func chunk(_ text: WindowText) throws -> [Digest] {
        let request = WorkerRequest.ChunkParameters(text: text.text, contextLength: text.contextLength)
        guard case .chunked(let chunks) = try started().perform(.chunk(request)) else {
            throw InferenceError(.garbled, "the worker did not chunk the text")
        }
        guard !chunks.digests.isEmpty else {
            throw RunnerError(
                "\(text.file.path) has \(chunks.tokenCount) tokens, fewer than one window of \(text.contextLength)",
                remedy: "name a longer text with --dataset-path")
        }
        self.text = text
        return chunks.digests
    }
}
