import Foundation
import LabCore

/// A run with everything that suites of generation and speed bring.
func generationRun() -> RunRecord {
    var run = fidelityRun(.exact)
    func text(_ prompt: String, _ parent: String, _ candidate: String) -> TextPairRecord {
        TextPairRecord(
            evaluation: "texts", backend: "cpu", artifact: candidatePath, prompt: prompt, parent: parent,
            candidate: candidate, isMatch: parent == candidate)
    }
    run.texts = [
        text("The capital of France is", " Paris, on the Seine.", " Paris, on the Seine."),
        text(
            "Name three rivers.\n", "1. Rhine\n2. Danube\n3. Elbe", "1. Rhine\n2. Danube\n3. Loire\nand one more"),
        text("Say it in Hebrew.", "\u{5E9}\u{5DC}\u{5D5}\u{5DD}", "\u{5E9}\u{5DC}\u{5D5}"),
        text("Markup?", hostileText, "<img src=x onerror=alert(1)>"),
    ]
    run.texts?[1].firstDivergence = 11
    run.texts?[1].similarity = 0.625
    run.texts?[1].agreement = 0.9375
    run.texts?[1].problem = "does not end"
    run.languages = [("de", 20, 17, 3), ("zh-Hans", 20, 12, 6), ("sw", 0, 0, 0)].map {
        language, prompts, right, wrong in
        LanguageRecord(
            evaluation: "languages", backend: "cpu", artifact: candidatePath, language: language, prompts: prompts,
            right: right, wrong: wrong)
    }
    run.thoughts = [
        ("What is 17 x 23?", true, 214), ("Which is heavier?\nA pound of lead or of feathers?", false, 1_903),
    ]
    .map { task, isSolved, tokens in
        ThoughtRecord(
            evaluation: "thoughts", backend: "cpu", artifact: candidatePath, task: task, isSolved: isSolved,
            thinkingTokens: tokens, text: "<think>\nfirst 17 x 20, then 17 x 3\n</think>\n391")
    }
    run.thoughts?[1].expected = "neither"
    run.thoughts?[1].isParentSolved = true
    run.thoughts?[1].parentThinkingTokens = 1_205
    run.thoughts?[1].isClosed = false
    run.answers = [
        AnswersRecord(
            evaluation: "thoughts", backend: "cpu", artifact: candidatePath, mode: "thinking", prompts: 2, right: 1,
            parentRight: 2, flips: .init(onlyParentRight: 1, onlyCandidateRight: 0, mcNemarP: 1),
            notable: [
                .init(
                    id: "weight", prompt: "Which is heavier?\nA pound of lead or of feathers?", expected: "neither",
                    answer: "", isRight: false, isParentRight: true, reason: nil)
            ])
    ]
    run.promptSeries = [
        PromptSeries(
            evaluation: "thoughts", backend: "cpu", artifact: candidatePath,
            points: [.init(index: 0, sample: Digest(of: "17 x 23"), values: ["accuracy": 100.0 / 3])])
    ]
    run.throughput = [parentPath, candidatePath].flatMap { artifact in
        [(2048, 1.0), (8192, 0.91), (32_768, 0.6)].map { depth, factor in
            let speed = factor * (artifact == parentPath ? 30 : 75)
            return ThroughputRecord(
                evaluation: "throughput", backend: "cpu", artifact: artifact, depth: depth,
                prefill: SpeedRecord(median: 12 * speed, low: 11.5 * speed, high: 12.25 * speed, repetitions: 5),
                decode: SpeedRecord(median: speed, low: 0.97 * speed, high: 1.02 * speed, repetitions: 5))
        }
    }
    run.artifacts[1].tensors = tensorGroups()
    run.lab = "0.1.0"
    return run
}

/// A model of 28 blocks in the shapes of Qwen3-0.6B, with the types of Q4_K_M: llama.cpp gives the values and the last
/// feed-forward matrix more bits in the first and the last eighth of the blocks and in every third between.
func tensorGroups(blocks: Int = 28) -> [TensorGroup] {
    func isMore(_ block: Int) -> Bool {
        block < blocks / 8 || block >= 7 * blocks / 8 || (block - blocks / 8) % 3 == 2
    }
    func bytes(_ elements: Int64, _ type: String) -> Int64 {
        switch type {
        case "Q4_K": elements / 256 * 144
        case "Q6_K": elements / 256 * 210
        default: elements * 4
        }
    }
    var tensors: [TensorGroup.Tensor] = []
    func add(_ name: String, _ elements: Int64, _ type: String) {
        tensors.append(.init(name: name, type: type, elements: elements, bytes: bytes(elements, type)))
    }
    add("token_embd.weight", 155_582_464, "Q6_K")
    for block in 0..<blocks {
        let many = isMore(block) ? "Q6_K" : "Q4_K"
        add("blk.\(block).attn_norm.weight", 1024, "F32")
        add("blk.\(block).ffn_down.weight", 3_145_728, many)
        add("blk.\(block).ffn_gate.weight", 3_145_728, "Q4_K")
        add("blk.\(block).ffn_up.weight", 3_145_728, "Q4_K")
        add("blk.\(block).attn_k.weight", 1_048_576, "Q4_K")
        add("blk.\(block).attn_output.weight", 2_097_152, "Q4_K")
        add("blk.\(block).attn_q.weight", 2_097_152, "Q4_K")
        add("blk.\(block).attn_v.weight", 1_048_576, many)
    }
    add("output_norm.weight", 1024, "F32")
    return TensorGroup.groups(of: tensors)
}

/// Ten runs of a judged metric, with a shift at the seventh.
func sampleTrend(_ metric: MetricDefinition = .perplexityIncrease, count: Int = 10) -> Trend {
    let key = SeriesKey(
        suite: "balanced", evaluation: "perplexity", metric: metric.name, unit: metric.unit, dataset: "heldout",
        model: "pajama-tiny", recipe: "Q4_K_M", role: .candidate, backend: "cpu", device: "x86_64 avx2")
    let points = (0..<count).map { index in
        let value = (index < 6 ? 2.5 : 3.25) + 0.01 * Double(index % 3)
        return Trend.Point(
            runID: "20261122-2235\(10 + index)-3f9c1a",
            startedAt: Date(timeIntervalSince1970: 1_795_386_900 + 86_400 * Double(index - count)), value: value,
            interval: Interval(low: value - 0.4, high: value + 0.4, level: 0.95), n: 64,
            artifact: Digest(of: "candidate \(index < 6 ? 0 : 1)"), engine: "b11434-0123456789ab")
    }
    return Trend(
        key: key, points: points,
        shifts: count > 6 ? [.init(index: 6, before: 2.51, after: 3.26, noise: 0.01)] : [])
}
