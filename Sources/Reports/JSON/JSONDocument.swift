import Foundation
package import LabCore

/// The shape of the JSON report.
///
/// Property names become snake_case; nil becomes null, so that no documented field is ever absent.
struct JSONDocument: Encodable {
    var schemaVersion = JSONReport.schemaVersion
    var run: String
    var startedAt: Date
    var durationSeconds: Double
    var command: String
    var suite: SuiteReference
    var verdict: VerdictStatus
    var artifacts: [Artifact]
    var measurements: [Measured]
    var verdicts: [Judged]
    @Nullable var regression: Regression?
    var fidelity: [Fidelity]
    var validation: Validation
    var datasets: [Dataset]
    @Nullable var engine: Engine?
    @Nullable var lab: String?
    @Nullable var origin: Origin?
    var machine: Machine
    var reuse: Reuse
    var pairedSeries: [Series]
    var languages: [Language]
    var thoughts: [Thought]
    var answers: [Answers]
    var promptSeries: [PromptResults]
    var throughput: [Throughput]
    var speedSetups: [SpeedSetup]
    var consistency: [Consistency]

    struct Artifact: Encodable {
        var path: String
        var format: String
        var recipe: String
        var role: ArtifactRecord.Role
        var bytes: Int64
        var bitsPerWeight: Double
        var sha256: Digest
        var model: String
        @Nullable var source: Digest?
        @Nullable var calibration: CalibrationRecord?
        @Nullable var tensors: [TensorGroup]?
    }

    struct Measured: Encodable {
        var artifact: String
        var backend: String
        var evaluation: String
        var metric: String
        var value: Double
        var unit: String
        var n: Int
        @Nullable var interval: Interval?
        var cached: Bool
        @Nullable var unscored: Int?
        @Nullable var samplesSha256: Digest?
    }

    struct Judged: Encodable {
        var evaluation: String
        var backend: String
        @Nullable var artifact: String?
        @Nullable var metric: String?
        var status: VerdictStatus
        @Nullable var value: Double?
        @Nullable var threshold: Double?
        @Nullable var unit: String?
        @Nullable var polarity: Polarity?
        var reason: String
        @Nullable var evidence: Evidence?
    }

    struct Evidence: Encodable {
        var basis: GateEvidence.Basis
        var chunksUsed: Int
        var chunksAvailable: Int
        var alpha: Double
        @Nullable var interval: Interval?
        @Nullable var clip: Range?
        @Nullable var minimumDetectableEffect: Double?
        @Nullable var neededChunks: Int?
        @Nullable var part: String?

        struct Range: Encodable {
            var low: Double
            var high: Double
        }
    }

    struct Validation: Encodable {
        @Nullable var perplexity: ValidatedPerplexity?
        var samples: [ValidatedSample] = []
    }

    struct ValidatedPerplexity: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var baseline: Double
        var quantized: Double
        var increasePct: Double
        @Nullable var threshold: Double?
        @Nullable var pass: Bool?
    }

    struct Dataset: Encodable {
        var name: String
        var sha256: Digest
        var chunks: Int
        var chunksAvailable: Int
        @Nullable var part: String?
    }

    struct Engine: Encodable {
        var build: String
        var libraries: [Library]

        struct Library: Encodable {
            var file: String
            var sha256: Digest
        }
    }

    struct Origin: Encodable {
        @Nullable var branch: String?
        @Nullable var commit: String?
    }

    struct Machine: Encodable {
        var system: String
        var processor: String
        var device: String
        var threads: Int
        var memoryBytes: Int64
    }

    struct Reuse: Encodable {
        var samplesComputed: Int
        var samplesReused: Int
        var artifactsBuilt: Int
        var artifactsReused: Int
        @Nullable var changes: [String]?
    }

    struct Series: Encodable {
        var evaluation: String
        var backend: String
        var artifact: String
        var unit = "nats_per_token"
        var points: [Point]

        struct Point: Encodable {
            var index: Int
            var sample: Digest
            var parent: Double
            var candidate: Double
            @Nullable var klMean: Double?
            @Nullable var top1Agreement: Double?
        }
    }
}

/// Encodes nil as null, where synthesized coding would leave the field out.
@propertyWrapper
struct Nullable<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

extension JSONDocument {
    init(_ run: RunRecord) {
        self.run = run.id
        startedAt = run.startedAt
        durationSeconds = run.durationSeconds
        command = run.command
        suite = run.suite
        verdict = run.verdict
        artifacts = run.artifacts.map {
            Artifact(
                path: $0.path, format: $0.format, recipe: $0.recipe, role: $0.role, bytes: $0.bytes,
                bitsPerWeight: $0.bitsPerWeight, sha256: $0.sha256, model: $0.model, source: $0.source,
                calibration: $0.calibration, tensors: $0.tensors)
        }
        measurements = run.measurements.map {
            Measured(
                artifact: $0.artifact, backend: $0.backend, evaluation: $0.evaluation, metric: $0.metric,
                value: $0.value, unit: $0.unit, n: $0.n, interval: $0.interval, cached: $0.cached,
                unscored: $0.unscored, samplesSha256: $0.samples)
        }
        verdicts = run.verdicts.map {
            Judged(
                evaluation: $0.evaluation, backend: $0.backend, artifact: $0.artifact, metric: $0.metric,
                status: $0.status, value: $0.value, threshold: $0.threshold?.limit, unit: $0.threshold?.unit,
                polarity: $0.threshold?.polarity, reason: $0.reason, evidence: $0.evidence.map(Evidence.init))
        }
        regression = run.regression.map(Regression.init)
        fidelity = (run.fidelity ?? []).map(Fidelity.init)
        validation = Validation(
            perplexity: run.validatedPerplexities.first.map(ValidatedPerplexity.init),
            samples: (run.texts ?? []).map(ValidatedSample.init))
        datasets = run.datasets.map {
            Dataset(
                name: $0.name, sha256: $0.sha256, chunks: $0.chunks, chunksAvailable: $0.chunksAvailable,
                part: $0.part)
        }
        engine = run.engine.map { engine in
            Engine(
                build: engine.build,
                libraries: engine.libraries.sorted { $0.key < $1.key }.map { .init(file: $0.key, sha256: $0.value) })
        }
        lab = run.lab
        origin = run.origin.map { Origin(branch: $0.branch, commit: $0.commit) }
        machine = Machine(
            system: run.machine.system, processor: run.machine.processor, device: run.machine.device,
            threads: run.machine.threads, memoryBytes: run.machine.memoryBytes)
        reuse = Reuse(
            samplesComputed: run.reuse.samplesComputed, samplesReused: run.reuse.samplesReused,
            artifactsBuilt: run.reuse.artifactsBuilt, artifactsReused: run.reuse.artifactsReused,
            changes: run.reuse.changes)
        pairedSeries = run.pairedSeries.map { series in
            let points = series.points.map {
                Series.Point(
                    index: $0.index, sample: $0.sample, parent: $0.parent, candidate: $0.candidate,
                    klMean: $0.klMean, top1Agreement: $0.topAgreement)
            }
            return Series(
                evaluation: series.evaluation, backend: series.backend, artifact: series.artifact, points: points)
        }
        languages = (run.languages ?? []).map(Language.init)
        thoughts = (run.thoughts ?? []).map(Thought.init)
        answers = (run.answers ?? []).map(Answers.init)
        promptSeries = (run.promptSeries ?? []).map(PromptResults.init)
        throughput = (run.throughput ?? []).map(Throughput.init)
        speedSetups = (run.speedSetups ?? []).map(SpeedSetup.init)
        consistency = (run.consistency ?? []).map(Consistency.init)
    }
}

/// The perplexities of a parent and of an artifact made from it, measured together.
package struct ValidatedPair {
    /// How much worse the artifact is, in percent; names the evaluation, the backend and the artifact.
    package let increase: LabCore.Measurement
    /// The parent's perplexity.
    package let baseline: Double
    /// The artifact's.
    package let quantized: Double
    /// What the gate on the increase said; nil where none judged it.
    package let verdict: Verdict?
}

extension RunRecord {
    /// The candidates whose perplexities were measured together with their parents', in the order of the measurements.
    package var validatedPerplexities: [ValidatedPair] {
        let parents = Set(artifacts.filter { $0.role == .parent }.map(\.path))
        return measurements.filter { $0.metric == MetricDefinition.perplexityIncrease.name }.compactMap { increase in
            let perplexities = measurements.filter {
                $0.metric == MetricDefinition.perplexity.name && $0.evaluation == increase.evaluation
                    && $0.backend == increase.backend
            }
            guard let baseline = perplexities.first(where: { parents.contains($0.artifact) }),
                let quantized = perplexities.first(where: { $0.artifact == increase.artifact })
            else { return nil }
            return ValidatedPair(
                increase: increase, baseline: baseline.value, quantized: quantized.value,
                verdict: verdict(on: increase))
        }
    }
}

extension JSONDocument.ValidatedPerplexity {
    fileprivate init(_ pair: ValidatedPair) {
        self.init(
            evaluation: pair.increase.evaluation, backend: pair.increase.backend, artifact: pair.increase.artifact,
            baseline: pair.baseline, quantized: pair.quantized, increasePct: pair.increase.value,
            threshold: pair.verdict?.threshold?.limit, pass: pair.verdict.map { $0.status == .pass })
    }
}

extension JSONDocument.Evidence {
    fileprivate init(_ evidence: GateEvidence) {
        self.init(
            basis: evidence.basis, chunksUsed: evidence.chunksUsed, chunksAvailable: evidence.chunksAvailable,
            alpha: evidence.alpha, interval: evidence.interval,
            clip: evidence.clip.map { Range(low: $0.low, high: $0.high) },
            minimumDetectableEffect: evidence.minimumDetectableEffect, neededChunks: evidence.neededChunks,
            part: evidence.part)
    }
}
