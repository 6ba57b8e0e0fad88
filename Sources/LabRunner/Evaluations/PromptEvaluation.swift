import Evaluation
import Inference
import LabCore

/// What evaluations on prompts have in common: the prompts, both models' texts, and the gates.
///
/// Both models continue the very same tokens, those that the parent's template makes of a prompt, so that what is
/// compared is the models. Whether the artifact's own template does the same is an evaluation of its own.
struct PromptEvaluation {
    let plan: Suite.EvaluationPlan
    let generation: Suite.GenerationPlan
    let promptSet: PromptSet
    let session: BackendSession
    let parent: ParentModel
    let candidate: ArtifactRecord
    /// How texts are computed where that is not the run's own way.
    var variation: BackendSession.Variation?
    /// Whose worker makes tokens of the prompts; nil for the same backend's.
    var promptSession: BackendSession?
    let progress: ProgressHandler

    /// The prompts to ask.
    var samples: ArraySlice<PromptSample> { promptSet.samples.prefix(plan.chunkLimit ?? promptSet.samples.count) }

    /// The parent, where it can be run; a pack cannot.
    var runnableParent: ArtifactRecord? {
        if case .model(let record) = parent { record } else { nil }
    }

    // MARK: - Prompts

    /// The prompts as tokens, by the parent's template, or the candidate's own where there is only a pack.
    func rendered(isThinking: Bool?) throws -> [RenderedPrompt] {
        try rendered(isThinking: isThinking, by: runnableParent ?? candidate, on: promptSession ?? session)
    }

    /// The prompts as tokens, by an artifact's template; nil for the switch as the template has it by itself.
    func rendered(isThinking: Bool?, by artifact: ArtifactRecord) throws -> [RenderedPrompt] {
        try rendered(isThinking: isThinking, by: artifact, on: session)
    }

    private func rendered(
        isThinking: Bool?, by artifact: ArtifactRecord, on session: BackendSession
    ) throws -> [RenderedPrompt] {
        try session.rendered(
            samples.map { isThinking == nil ? $0.unswitched : $0.prompt(isThinking: isThinking) }, by: artifact)
    }

    /// A requirement on every prompt, checked before anything is computed.
    func require(_ what: String, _ isMet: (PromptSample) -> Bool) throws {
        guard let odd = samples.first(where: { !isMet($0) }) else { return }
        throw RunnerError(
            "prompt '\(odd.id)' of \(promptSet.file.path) \(what), as \(plan.evaluator.rawValue) needs",
            remedy: "name another prompt set in the suite", exitCode: .usage)
    }

    // MARK: - What models make of them

    /// Outputs for requests, in order, with their keys.
    struct Outputs<Output> {
        var values: [Output]
        var keys: [Digest]
        var usage: SampleUsage
    }

    /// Every prompt's texts, one for each draw.
    func texts(
        isThinking: Bool, sampling: Sampling, of artifact: ArtifactRecord
    ) throws -> Outputs<[GeneratedText]> {
        let prompts = try readable(rendered(isThinking: isThinking), by: artifact, isThinking: isThinking)
        let draws = sampling.temperature > 0 ? generation.draws : 1
        let requests = prompts.flatMap { prompt in
            (0..<draws).map { GenerationSolver.Request(prompt, draw: $0, planSeed: generation.seed) }
        }
        let longest = (prompts.map(\.tokens.count).max() ?? 0) + generation.maximumTokens
        let solver = GenerationSolver(requests, plan: generation, sampling: sampling)
        let all = try outputs(
            solver, requests.map(\.sample), of: artifact, shape: shape(longest),
            seed: sampling.temperature > 0 ? generation.seed : nil)
        let groups = stride(from: 0, to: all.values.count, by: draws).map { Array(all.values[$0..<($0 + draws)]) }
        return Outputs(values: groups, keys: all.keys, usage: all.usage)
    }

    /// The same tokens with the form of answers that an artifact's own worker takes apart: the workers' forms differ.
    private func readable(
        _ prompts: [RenderedPrompt], by artifact: ArtifactRecord, isThinking: Bool
    ) throws -> [RenderedPrompt] {
        guard artifact.format == "mlx" else { return prompts }
        return zip(prompts, try rendered(isThinking: isThinking, by: artifact)).map { prompt, own in
            RenderedPrompt(tokens: prompt.tokens, text: prompt.text, format: own.format)
        }
    }

    /// What an artifact makes of texts that are given.
    func followed(_ requests: [FollowSolver.Request], by artifact: ArtifactRecord) throws -> Outputs<FollowedText> {
        let longest = requests.map { $0.prompt.count + $0.continuation.count }.max() ?? 0
        let solver = FollowSolver(requests, parallelSequences: generation.parallelSequences)
        return try outputs(
            solver, requests.map(\.sample), of: artifact, shape: shape(longest, sharesCache: true), seed: nil)
    }

    /// Outputs from history where they are known; the others are computed in one go, and each is kept as soon as it is
    /// whole.
    private func outputs<S: Solver>(
        _ solver: S, _ samples: [Digest], of artifact: ArtifactRecord, shape: ModelHost.Shape, seed: Int?
    ) throws -> Outputs<S.Output> {
        let conditions = session.conditions(artifact, solver, variation, seed: seed)
        let keys = samples.map { conditions.key(sample: $0) }
        var found = try session.history.outputs(for: keys, as: S.Output.self)
        let fresh = found.keys.count(where: session.isFresh)
        var usage = SampleUsage(shared: fresh, reused: found.count - fresh)
        var asked = Set(found.keys)
        // A set may hold the same prompt twice; one text serves both.
        let missing = keys.indices.filter { asked.insert(keys[$0]).inserted }
        if !missing.isEmpty {
            let stage = "\(plan.name) \(artifact.model) \(artifact.recipe) on \(session.backend(of: artifact))"
            // A model that is computed in another way is not in memory twice.
            if variation != nil { session.release(artifact) }
            defer { if variation != nil { session.release(artifact) } }
            let host = try session.host(of: artifact, variation).ready(for: shape)
            try solver.solve(missing, with: host) { index, output in
                guard keys.indices.contains(index) else {
                    throw InferenceError(.garbled, "the worker answered prompt \(index), and there is none")
                }
                try session.keep(output, conditions: conditions, sample: samples[index])
                found[keys[index]] = output
                usage.computed += 1
                progress(
                    ProgressUpdate(stage: stage, completed: usage.computed, total: missing.count, unit: "prompts"))
            }
        }
        let values = try keys.enumerated().map { index, key in
            guard let output = found[key] else {
                throw InferenceError(.garbled, "the worker left out prompt \(index)")
            }
            return output
        }
        return Outputs(values: values, keys: keys, usage: usage)
    }

    /// Room for texts of so many tokens, in the steps in which the engine computes attention.
    private func shape(_ tokens: Int, sharesCache: Bool = false) -> ModelHost.Shape {
        ModelHost.Shape(
            contextLength: (tokens + 1 + 255) / 256 * 256, parallelSequences: generation.parallelSequences,
            sharesCache: sharesCache)
    }

    // MARK: - Judgement

    /// Measurements, verdicts and the series of scores, one for each prompt.
    ///
    /// - Parameters:
    ///   - scores: in the order of the prompts; a prompt without a score says why.
    ///   - prompts: the prompts as tokens, which later runs are paired by.
    ///   - keys: the keys of all samples behind the scores.
    func findings<Score: Sendable>(
        _ scores: [Scored<Score>], metrics: [any Metric<Score>], prompts: [RenderedPrompt], keys: [Digest],
        usage: SampleUsage
    ) -> Findings {
        var gates = GateWatch(
            plan.gates, metrics: metrics, available: promptSet.samples.count, isSequential: false, part: "prompt")
        for score in scores { gates.observe(score) }
        let subject = MeasuredSubject(
            evaluation: plan.name, backend: session.backend, candidate: candidate, name: promptSet.name,
            sha256: promptSet.digest,
            limit: plan.chunkLimit, available: promptSet.samples.count, part: "prompt")
        var findings = subject.findings(
            scores.compactMap(\.score), metrics: metrics, judgements: gates.judgements(),
            samples: Digest(ofSamples: keys), cached: usage.areAllReused && usage.reused > 0,
            unscored: scores.count { $0.score == nil })
        findings.usage = usage
        let points = zip(scores, prompts).enumerated().compactMap { index, pair -> PromptSeries.Point? in
            guard let score = pair.0.score else { return nil }
            let values = metrics.compactMap { metric in
                metric.gateable == nil
                    ? nil : metric.estimate([score], level: 0.95).map { (metric.definition.name, $0.value) }
            }
            return PromptSeries.Point(
                index: index, sample: Digest(ofTokens: pair.1.tokens),
                values: Dictionary(uniqueKeysWithValues: values))
        }
        findings.prompts.series = [
            PromptSeries(
                evaluation: plan.name, backend: session.backend, artifact: candidate.path, points: points)
        ]
        return findings
    }

    /// A value of the parent's own, beside the candidate's.
    func parentMeasurement(
        _ definition: MetricDefinition, _ estimate: Estimate?, keys: [Digest], cached: Bool
    ) -> [LabCore.Measurement] {
        let subject = MeasuredSubject(
            evaluation: plan.name, backend: session.backend, candidate: candidate, name: promptSet.name,
            sha256: promptSet.digest,
            limit: plan.chunkLimit, available: promptSet.samples.count, part: "prompt")
        return [
            subject.measurement(
                definition, estimate, of: parent.record, samples: Digest(ofSamples: keys), cached: cached)
        ].compactMap { $0 }
    }
}
