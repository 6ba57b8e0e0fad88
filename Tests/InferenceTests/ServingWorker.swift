import Foundation
import Inference
import LabCore
import TestSupport

/// A worker that serves the embedded model, for tests.
struct ServingWorker {
    let connection: ServingConnection

    init(
        _ file: URL? = nil, slots: Int = 4, contextLength: Int = 512,
        onEnd: @escaping @Sendable (InferenceError) -> Void = { _ in }
    ) throws {
        let worker = try Worker(executable: EngineWorkerTests.executable)
        _ = try worker.perform(
            .load(
                WorkerRequest.LoadParameters(
                    path: try file?.path ?? EngineWorkerTests.model.get().path, backend: "cpu",
                    contextLength: contextLength, parallelSequences: slots, threads: 2)))
        connection = try ServingConnection(worker, onEnd: onEnd)
    }

    /// Everything that is told of an answer.
    struct Answer: Sendable {
        var content = ""
        var thought = ""
        var pieces = 0
        var calls: [ServedCall] = []
        var tokens: [ServedToken] = []
        var promptTokens: [ServedToken] = []
        var end: ServedFinish?
        var failure: ServedFailure?

        mutating func take(_ event: ServedEvent) {
            switch event {
            case .started: break
            case .prompt(let some): promptTokens += some
            case .text(let text):
                pieces += 1
                if text.part == .content { content += text.text } else { thought += text.text }
            case .call(let call): calls.append(call)
            case .tokens(let some): tokens += some
            case .finished(let end): self.end = end
            case .failed(let failure): self.failure = failure
            }
        }
    }

    func begin(_ prompt: ServedPrompt) -> ServedStream {
        let stream = ServedStream()
        connection.begin(prompt, stream: stream)
        return stream
    }

    func answer(_ prompt: ServedPrompt) async -> Answer { await Self.answer(begin(prompt)) }

    static func answer(_ stream: ServedStream) async -> Answer {
        var answer = Answer()
        while true {
            let events = await stream.next()
            guard !events.isEmpty else { return answer }
            events.forEach { answer.take($0) }
        }
    }

    static func question(_ text: String, isThinking: Bool? = false) -> ServedPrompt.Source {
        let content = String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
        return .conversation(
            .init(messages: "[{\"role\":\"user\",\"content\":\(content)}]", isThinking: isThinking))
    }
}
