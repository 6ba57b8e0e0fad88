import CLlama
import LabCore

/// The sequences of a context, and what each holds: an answer in the making, or what a finished one left for a prompt that
/// begins alike.
struct ServingSlots {
    struct Slot {
        /// Tokens whose keys and values the sequence has.
        var tokens: [llama_token] = []
        var answer: ServedAnswer?
        /// When it was last used, counted by requests.
        var lastUse = 0
    }

    private let context: Context
    private let memory: llama_memory_t?
    private var uses = 0
    var slots: [Slot]

    /// Fewer tokens are computed again sooner than a sequence's keys and values are copied.
    private static let leastCopy = 64

    init(_ context: Context) {
        self.context = context
        memory = llama_get_memory(context.handle)
        slots = Array(repeating: Slot(), count: context.parallelSequences)
    }

    var hasFree: Bool { slots.contains { $0.answer == nil } }
    var isIdle: Bool { slots.allSatisfy { $0.answer == nil } }

    /// Gives a prompt a slot; there must be a free one.
    mutating func begin(_ prepared: PreparedPrompt) -> Int {
        uses += 1
        let wanted = prepared.tokens
        // The last token is computed in any case, and the whole prompt where its own probabilities are asked for.
        let most = prepared.prompt.promptAlternatives != nil ? 0 : wanted.count - 1
        let common = slots.map { min(most, Self.commonCount($0.tokens, wanted)) }
        let free = slots.indices.filter { slots[$0].answer == nil }
        let best = slots.indices.max { common[$0] < common[$1] } ?? 0
        let oldest = free.min { slots[$0].lastUse < slots[$1].lastUse } ?? 0
        var target = free.max { (common[$0], -slots[$0].lastUse) < (common[$1], -slots[$1].lastUse) } ?? oldest
        // A slot is not taken from a conversation that could go on in it, where only its beginning is of use.
        if common[target] * 2 < slots[target].tokens.count { target = oldest }
        var kept = common[target]
        if target != best, common[best] - kept >= Self.leastCopy {
            llama_memory_seq_rm(memory, llama_seq_id(target), -1, -1)
            llama_memory_seq_cp(memory, llama_seq_id(best), llama_seq_id(target), -1, -1)
            slots[target].tokens = slots[best].tokens
            kept = common[best]
        }
        if !llama_memory_seq_rm(memory, llama_seq_id(target), llama_pos(kept), -1) {
            // A memory that cannot forget a part of a sequence.
            llama_memory_seq_rm(memory, llama_seq_id(target), -1, -1)
            kept = 0
        }
        slots[target].tokens = Array(wanted.prefix(kept))
        slots[target].lastUse = uses
        slots[target].answer = ServedAnswer(prepared, cachedTokens: kept, vocabulary: context.vocabularySize)
        return target
    }

    /// Forgets all that the sequences hold, after a failure.
    mutating func clear() {
        llama_memory_clear(memory, true)
        for index in slots.indices { slots[index].tokens = [] }
    }

    private static func commonCount(_ first: [llama_token], _ second: [llama_token]) -> Int {
        zip(first, second).prefix { $0 == $1 }.count
    }
}
