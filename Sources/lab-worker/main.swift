import CLlama
import Foundation
import LabCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The llama.cpp worker: loads one artifact at a time and answers the lab's requests about it.
///
/// It runs in a process of its own because the engine aborts on many faults; what it says on standard error before
/// it dies is what the lab shows.
final class WorkerSession {
    private let engine: Engine
    private let wire: Wire
    /// Where requests wait while the worker serves.
    private let inbox: ServingInbox
    private var model: Model?
    private var parent: Model?
    /// How the artifact was asked for, and what computes it.
    private var parameters: WorkerRequest.LoadParameters?
    private var pool: ContextPool?
    private var text: ChunkedText?
    /// The file that was loaded last, and where to.
    private var path: String?
    private var backend: String?
    /// Memory in use on the backend's devices before the artifact was loaded; nil for the host's own.
    private var deviceBytesBefore: Int64?

    init(wire: Wire, inbox: ServingInbox) throws {
        self.wire = wire
        self.inbox = inbox
        engine = try Engine()
    }

    func answer(_ envelope: WorkerRequest.Envelope) {
        do {
            wire.send(try perform(envelope.request, id: envelope.id), for: envelope.id)
        } catch let problem as WorkerProblem {
            wire.send(.failed(problem.failure), for: envelope.id)
        } catch {
            wire.send(.failed(WorkerEvent.Failure(message: "\(error)")), for: envelope.id)
        }
    }

    /// Does a request and returns its closing event.
    private func perform(_ request: WorkerRequest, id: Int) throws -> WorkerEvent {
        switch request {
        case .hello:
            return .greeted(engine.greeting())
        case .connect(let parameters):
            try engine.connect(parameters.backend)
            return .greeted(engine.greeting(memoryOf: parameters.backend))
        case .load(let parameters):
            return .loaded(try load(parameters))
        case .chunk(let parameters):
            guard let model else { throw WorkerProblem("no artifact is loaded") }
            let chunked = try ChunkedText(parameters.text, contextLength: parameters.contextLength, model: model)
            text = chunked
            return .chunked(chunked.description)
        case .score(let parameters):
            try score(parameters, id: id)
            return .done
        case .predict(let parameters):
            try predict(parameters, id: id)
            return .done
        case .diverge(let parameters):
            try diverge(parameters, id: id)
            return .done
        case .render(let parameters):
            guard let model else { throw WorkerProblem("no artifact is loaded") }
            return .rendered(try model.render(parameters.prompts))
        case .generate(let parameters):
            let advance = Advance { [wire] in wire.send($0, for: id) }
            try requirePool().deal(parameters.prompts, check: { try $0.check($1) }) { context, prompts in
                var own = parameters
                own.prompts = prompts
                try context.generate(own, advance: advance) { wire.send($0, for: id) }
            }
            return .done
        case .follow(let parameters):
            let advance = Advance { [wire] in wire.send($0, for: id) }
            try requirePool().deal(parameters.texts, check: { try $0.check($1) }) { context, texts in
                try context.follow(texts, advance: advance) { wire.send($0, for: id) }
            }
            return .done
        case .benchmark(let parameters):
            return .benchmarked(try benchmark(parameters, id: id))
        case .probe(let parameters):
            return .probed(try DeviceProbe(parameters, engine: engine).measure())
        case .restoreCalibration(let sums):
            guard let collector = pool?.all[0].context.collector else {
                throw WorkerProblem("no artifact is loaded to calibrate")
            }
            collector.restore(sums)
            return .done
        case .calibrate(let parameters):
            try calibrate(parameters, id: id)
            return .done
        case .serve(let parameters):
            let context = try wholeContext()
            let loop = try ServingLoop(parameters, context: context, inbox: inbox, wire: wire)
            // A terminal sends Ctrl-C to the worker too, and it is the lab that decides what that stops.
            signal(SIGINT, SIG_IGN)
            wire.send(.serving(loop.start), for: id)
            loop.run()
        }
    }

    private func load(_ parameters: WorkerRequest.LoadParameters) throws -> WorkerEvent.LoadedModel {
        parent = nil
        pool = nil
        // Another context over the same file needs no second copy of it.
        let isSame = parameters.path == path && parameters.backend == backend && !parameters.vocabularyOnly
        let kept = isSame && model?.isWhole == true ? model : nil
        model = nil
        // A text stays cut when the rest of the same artifact is loaded: its windows are the same.
        if parameters.path != path { text = nil }
        path = parameters.path
        backend = parameters.backend
        if kept == nil, !parameters.vocabularyOnly { deviceBytesBefore = engine.deviceBytesInUse(parameters.backend) }
        let start = ContinuousClock.now
        let loaded = try kept ?? Model(parameters, engine: engine)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if !parameters.vocabularyOnly {
            parent = try parameters.parentPath.map { path in
                let parent = try Model(parameters, path: path, engine: engine)
                try loaded.requireVocabulary(of: parent, path: path)
                return parent
            }
            pool = try ContextPool(parameters, model: loaded, parent: parent)
        }
        model = loaded
        self.parameters = parameters
        var description = loaded.description
        description.loadSeconds = kept == nil ? seconds : nil
        description.windowsAtOnce = pool?.windowsAtOnce
        return description
    }

    private func requirePool() throws -> ContextPool {
        guard let pool else { throw WorkerProblem("no artifact is loaded") }
        return pool
    }

    /// One context with all threads and sequences.
    private func wholeContext() throws -> Context {
        guard let model, let parameters, let pool else { throw WorkerProblem("no artifact is loaded") }
        if pool.all.count == 1 { return pool.all[0].context }
        self.pool = nil
        let whole = try ContextPool(parameters, model: model, parent: parent, isWhole: true)
        self.pool = whole
        return whole.all[0].context
    }

    private func benchmark(
        _ parameters: WorkerRequest.BenchmarkParameters, id: Int
    ) throws -> WorkerEvent.BenchmarkSummary {
        guard let backend else { throw WorkerProblem("no artifact is loaded") }
        let advance = Advance { [wire] in wire.send($0, for: id) }
        var summary = try wholeContext().benchmark(parameters, advance: advance) { wire.send($0, for: id) }
        if let before = deviceBytesBefore, let now = engine.deviceBytesInUse(backend) {
            summary.deviceBytes = max(0, now - before)
        }
        return summary
    }

    private func calibrate(_ parameters: WorkerRequest.CalibrateParameters, id: Int) throws {
        guard let member = pool?.all[0], let collector = member.context.collector, let text else {
            throw WorkerProblem("no artifact or no text is loaded to calibrate")
        }
        for index in parameters.chunks {
            try member.context.calibrate(chunk(index, of: text, for: member.context), batch: member.batch)
            wire.send(.calibrated(index), for: id)
        }
        for sums in collector.collected { wire.send(.collected(sums), for: id) }
    }

    private func chunk(_ index: Int, of text: ChunkedText, for context: Context) throws -> [llama_token] {
        guard text.chunks.indices.contains(index), text.chunks[index].count <= context.contextLength else {
            throw WorkerProblem("there is no chunk \(index) that fits the context")
        }
        return text.chunks[index]
    }

    private func score(_ parameters: WorkerRequest.ScoreParameters, id: Int) throws {
        try computeChunks(parameters.chunks, id: id) { member, tokens, index in
            let score = try member.context.score(tokens, batch: member.batch)
            return .scored(WorkerEvent.ScoredChunk(index: index, score: score))
        }
    }

    private func predict(_ parameters: WorkerRequest.PredictParameters, id: Int) throws {
        if let problem = parameters.settings.problem { throw WorkerProblem(problem) }
        try computeChunks(parameters.chunks, id: id) { member, tokens, index in
            let predictions = try member.context.predict(tokens, settings: parameters.settings, batch: member.batch)
            return .predicted(
                WorkerEvent.PredictedChunk(index: index, score: predictions.score, predictions: predictions.encoded()))
        }
    }

    /// Makes an event of each chunk.
    private func computeChunks(
        _ chunks: [Int], id: Int, _ body: (PooledContext, [llama_token], Int) throws -> WorkerEvent
    ) throws {
        guard let pool, let text else { throw WorkerProblem("no artifact or no text is loaded") }
        try pool.compute(chunks, report: { wire.send($0, for: id) }) { member, index in
            try body(member, chunk(index, of: text, for: member.context), index)
        }
    }

    private func diverge(_ parameters: WorkerRequest.DivergeParameters, id: Int) throws {
        guard let pool, let text else { throw WorkerProblem("no artifact or no text is loaded") }
        try pool.compute(parameters.chunks, report: { wire.send($0, for: id) }) { member, wanted in
            let tokens = try chunk(wanted.index, of: text, for: member.context)
            return .diverged(
                WorkerEvent.DivergedChunk(index: wanted.index, divergence: try divergence(of: tokens, wanted, member)))
        }
    }

    private func divergence(
        of tokens: [llama_token], _ wanted: WorkerRequest.DivergeParameters.Chunk, _ member: PooledContext
    ) throws -> ChunkDivergence {
        if let data = wanted.predictions {
            do {
                let predictions = try ChunkPredictions(decoding: data)
                return try member.context.diverge(tokens, from: predictions, batch: member.batch)
            } catch let error as PredictionsError {
                throw WorkerProblem("chunk \(wanted.index): \(error)", remedy: error.remedy)
            }
        }
        guard let parent = member.parent else {
            throw WorkerProblem(
                "chunk \(wanted.index) came without the parent's predictions, and no parent is loaded",
                remedy: "send predictions, or load the artifact with its parent")
        }
        return try member.context.diverge(tokens, from: parent, batch: member.batch)
    }
}

signal(SIGPIPE, SIG_IGN)
// A process inherits the signals that its parent's thread had blocked; a worker must stay stoppable.
var unblocked = sigset_t()
sigemptyset(&unblocked)
pthread_sigmask(SIG_SETMASK, &unblocked, nil)
let wire = Wire()
let inbox = ServingInbox()
do {
    // Requests are handled one after another on the wire's serial queue, the only place that touches the session.
    nonisolated(unsafe) let session = try WorkerSession(wire: wire, inbox: inbox)
    wire.serve(serving: inbox.take) { session.answer($0) }
} catch let problem as WorkerProblem {
    complain("lab-worker: \(problem.failure.message)")
    exit(ExitCode.unavailable.rawValue)
} catch {
    complain("lab-worker: \(error)")
    exit(ExitCode.unavailable.rawValue)
}
