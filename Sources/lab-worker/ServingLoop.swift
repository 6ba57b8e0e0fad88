import CLlama
import Foundation
import LabCore

/// Answers requests that come and go, as many at a time as the context has sequences.
///
/// Each step gives the engine the last token of every text that is being written and, in the order in which they came, as
/// much of the prompts as a step may take. What a step wrote goes out in one piece.
final class ServingLoop {
    /// What the loop can do.
    let start: WorkerEvent.ServingStart

    private let context: Context
    private let inbox: ServingInbox
    private let wire: Wire
    private let batch: Batch
    private let promptTokensPerStep: Int
    private let mostRows: Int
    private let ends: [llama_token]
    private var slots: ServingSlots
    private var waiting: [PreparedPrompt] = []
    /// Numbers of slots in the order in which their requests came.
    private var order: [Int] = []
    private var events: [ServingFrame.Event] = []
    private var lastBeat = ContinuousClock.now

    /// Most bytes of logits that one step may take.
    private static let logitBytes = 1 << 28

    init(_ parameters: WorkerRequest.ServeParameters, context: Context, inbox: ServingInbox, wire: Wire) throws {
        guard parameters.promptTokensPerStep > 0 else { throw WorkerProblem("a step must take at least one token") }
        self.context = context
        self.inbox = inbox
        self.wire = wire
        slots = ServingSlots(context)
        let capacity = Int(llama_n_batch(context.handle))
        guard capacity >= context.parallelSequences else {
            throw WorkerProblem(
                "a batch of \(capacity) tokens is smaller than the \(context.parallelSequences) slots",
                remedy: "ask for a larger --batch, or for fewer slots")
        }
        batch = Batch(capacity: capacity)
        promptTokensPerStep = parameters.promptTokensPerStep
        mostRows = max(context.parallelSequences, Self.logitBytes / (4 * context.vocabularySize))
        let vocabulary = context.model.vocabulary
        ends = (0..<llama_vocab_n_tokens(vocabulary)).filter { llama_vocab_is_eog(vocabulary, $0) }
        let preparation = ServingPreparation(model: context.model, contextLength: context.contextLength)
        start = WorkerEvent.ServingStart(
            slots: context.parallelSequences, contextLength: context.contextLength,
            hasChatTemplate: preparation.hasTemplates)
        inbox.open(preparation) { [wire] id, failure in
            wire.send([ServingFrame.Event(id: id, event: .failed(failure))])
        }
        llama_memory_clear(llama_get_memory(context.handle), true)
    }

    /// Serves until the process ends.
    func run() -> Never {
        while true {
            let isIdle = slots.isIdle && waiting.isEmpty
            for item in inbox.next(waits: isIdle) {
                switch item {
                case .begin(let prepared): waiting.append(prepared)
                case .cancel(let id): cancel(id)
                }
            }
            while slots.hasFree, !waiting.isEmpty { begin(waiting.removeFirst()) }
            step()
            if !events.isEmpty {
                wire.send(events)
                events.removeAll(keepingCapacity: true)
            }
            beat()
        }
    }

    /// Says once a second that the worker is at work, for prompts that take long.
    private func beat() {
        let now = ContinuousClock.now
        guard now - lastBeat > .seconds(1) else { return }
        lastBeat = now
        wire.sendBeat()
    }

    private func begin(_ prepared: PreparedPrompt) {
        let slot = slots.begin(prepared)
        order.append(slot)
        tell(prepared.id, .started(promptTokens: prepared.tokens.count))
        if prepared.prompt.promptAlternatives != nil, let first = prepared.tokens.first {
            let bytes = Data(context.model.piece(first))
            tell(
                prepared.id, .prompt([ServedToken(token: first, bytes: bytes, logProbability: nil, alternatives: [])]))
        }
    }

    private func cancel(_ id: UInt32) {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index)
            tell(id, .finished(.cancelledBeforeStart))
        } else if let slot = slots.slots.firstIndex(where: { $0.answer?.id == id }) {
            finish(slot, .cancelled)
        }
    }

    private func tell(_ id: UInt32, _ event: ServedEvent) { events.append(ServingFrame.Event(id: id, event: event)) }

    private func finish(_ slot: Int, _ reason: ServedFinish.Reason) {
        guard let answer = slots.slots[slot].answer else { return }
        answer.finish(reason).forEach { tell(answer.id, $0) }
        release(slot)
    }

    private func fail(_ slot: Int, _ error: any Error) {
        let failure =
            error as? ServedFailure
            ?? ServedFailure(.worker, (error as? WorkerProblem)?.failure.message ?? "\(error)")
        if let id = slots.slots[slot].answer?.id { tell(id, .failed(failure)) }
        release(slot)
    }

    private func release(_ slot: Int) {
        slots.slots[slot].answer = nil
        order.removeAll { $0 == slot }
    }

    private func step() {
        fillBatch()
        guard batch.count > 0 else { return }
        do {
            try batch.decode(in: context)
        } catch {
            for slot in order { fail(slot, error) }
            slots.clear()
            return
        }
        for slot in order {
            do {
                try read(slot)
            } catch {
                fail(slot, error)
            }
        }
    }

    private func fillBatch() {
        batch.clear()
        var rows = 0
        var promptRoom = batch.room
        for slot in order where slots.slots[slot].isWriting {
            append(slot, upTo: 1, rows: &rows)
            promptRoom = promptTokensPerStep
        }
        for slot in order where !slots.slots[slot].isWriting && promptRoom > 0 {
            promptRoom -= append(slot, upTo: promptRoom, rows: &rows)
        }
    }

    /// Puts tokens of a slot into the batch; returns how many.
    @discardableResult
    private func append(_ slot: Int, upTo most: Int, rows: inout Int) -> Int {
        guard let answer = slots.slots[slot].answer else { return 0 }
        answer.rows = []
        var place = slots.slots[slot].tokens.count
        let first = place
        while place < answer.count, place - first < most, batch.hasRoom {
            let wantsLogits = answer.wantsLogits(place)
            if wantsLogits {
                guard rows < mostRows else { break }
                rows += 1
            }
            let row = batch.append(answer[place], position: place, sequence: slot, wantsLogits: wantsLogits)
            if wantsLogits { answer.rows.append((row, place + 1)) }
            slots.slots[slot].tokens.append(answer[place])
            place += 1
        }
        return place - first
    }

    /// Reads what the last batch says of a slot's tokens, and writes the next.
    private func read(_ slot: Int) throws {
        guard let answer = slots.slots[slot].answer else { return }
        let rows = answer.rows
        answer.rows = []
        let known = rows.filter { $0.target < answer.count }
        if let alternatives = answer.prepared.prompt.promptAlternatives, !known.isEmpty {
            let described = try known.map { row, target in
                try ServedAnswer.described(
                    answer[target], in: UnsafeBufferPointer(try context.logits(row)), alternatives: alternatives,
                    model: context.model)
            }
            tell(answer.id, .prompt(described))
        }
        guard slots.slots[slot].tokens.count == answer.count else { return }
        guard answer.prepared.prompt.maximumTokens != 0 else { return finish(slot, .length) }
        guard let row = rows.last?.row else { return }
        try write(answer, slot: slot, row: row)
    }

    private func write(_ answer: ServedAnswer, slot: Int, row: Int) throws {
        let logits = try context.logits(row)
        // The probabilities are those before anything changes the logits.
        let alternatives = answer.prepared.prompt.alternatives
        let untouched = alternatives.map { _ in Array(logits) }
        let token = try answer.choose(row, logits: logits, context: context, ends: ends)
        let (texts, end) = answer.take(token, model: context.model, contextLength: context.contextLength)
        texts.forEach { tell(answer.id, $0) }
        if let untouched, let alternatives, !llama_vocab_is_eog(context.model.vocabulary, token) {
            let described = try untouched.withUnsafeBufferPointer {
                try ServedAnswer.described(token, in: $0, alternatives: alternatives, model: context.model)
            }
            tell(answer.id, .tokens([described]))
        }
        if let end { finish(slot, end) }
    }
}

extension ServingSlots.Slot {
    /// Whether the prompt has been read and the next token is one that was written.
    fileprivate var isWriting: Bool {
        answer.map { !$0.written.isEmpty } ?? false
    }
}
