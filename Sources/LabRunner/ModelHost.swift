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
        var threads: Int
        var microBatch: Int?
        /// A parent to load beside it, for comparisons in lockstep.
        var parentPath: String?
    }

    private enum Load { case nothing, vocabulary, whole }

    private let setup: Setup
    private let start: () throws -> Worker
    private var worker: Worker?
    private var load = Load.nothing
    /// The text that the worker has cut last.
    private var text: WindowText.ID?

    /// A host that starts its worker by `start`.
    init(_ setup: Setup, start: @escaping () throws -> Worker) {
        self.setup = setup
        self.start = start
    }

    func perform(_ request: WorkerRequest, onEvent: (WorkerEvent) throws -> Void) throws -> WorkerEvent {
        try started().perform(request, onEvent: onEvent)
    }

    /// The digest of each of a text's windows, as the artifact's tokenizer cuts it.
    func windows(of text: WindowText) throws -> [Digest] {
        try ensure(.vocabulary)
        return try chunk(text)
    }

    /// The host, with all of the artifact loaded and a text cut.
    func ready(for text: WindowText) throws -> ModelHost {
        try ensure(.whole)
        if self.text != text.id { _ = try chunk(text) }
        return self
    }

    private func started() throws -> Worker {
        if let worker { return worker }
        let started = try start()
        worker = started
        return started
    }

    private func ensure(_ wanted: Load) throws {
        guard load != .whole, load != wanted else { return }
        var parameters = WorkerRequest.LoadParameters(
            path: setup.path, backend: setup.backend, vocabularyOnly: wanted == .vocabulary,
            contextLength: setup.contextLength, threads: setup.threads)
        if wanted == .whole, let parentPath = setup.parentPath {
            parameters.parentPath = parentPath
            parameters.parentMicroBatch = parameters.microBatch
        }
        parameters.microBatch = setup.microBatch ?? parameters.microBatch
        _ = try started().perform(.load(parameters))
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
        self.text = text.id
        return chunks.digests
    }
}
