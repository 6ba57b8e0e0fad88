/// The chunks that two runs both measured.
struct SharedChunks {
    /// A chunk's part of the mean in both runs.
    struct Chunk {
        let index: Int
        let old: Double
        let new: Double
    }

    /// In the order laid down; empty for a metric that is no mean over chunks.
    let chunks: [Chunk]
    /// Chunks of the corpus; nil where the run under test does not tell.
    let available: Int?
    /// Whether both runs took their chunks in that order, from the same corpus.
    let isRandomOrder: Bool
    /// Whether both runs measured every chunk of the same corpus.
    let areBothWhole: Bool
    /// Whether the runs have a chunk in common, or, where no chunks are told, a text.
    let isSameText: Bool
    /// Whether the run under test measured chunks that the reference lacks.
    let isReferenceShorter: Bool
    /// What the chunks are, in the singular: "prompt"; nil for chunks of a text.
    let part: String?

    init(
        _ new: Measurement, in run: RunRecord, _ old: Measurement, in reference: RunRecord, scale: MetricScale
    ) {
        let points = run.parts(of: new, scale: scale)
        let earlier = reference.parts(of: old, scale: scale)
        let (ordered, earlierOrdered) = (points.inOrder, earlier.inOrder)
        let before = Dictionary(uniqueKeysWithValues: earlierOrdered.map { ($0.key, $0.point) })
        let shared = ordered.compactMap { key, point in before[key].map { (key: key, old: $0, new: point) } }
        chunks = shared.compactMap { _, old, new in
            old.value.flatMap { old in new.value.map { Chunk(index: new.index, old: old, new: $0) } }
        }
        available = run.chunksAvailable(for: new)
        // In a text that was edited the chunks left over are no random part of it.
        let keys = shared.map(\.key)
        isRandomOrder =
            ordered.starts(with: keys) { $0.key == $1 } && earlierOrdered.starts(with: keys) { $0.key == $1 }
            && run.isInRandomOrder(new) && reference.isInRandomOrder(old)
        areBothWhole =
            shared.count == points.count && shared.count == earlier.count && shared.count == available
            && reference.chunksAvailable(for: old) == available
        isSameText =
            points.isEmpty && earlier.isEmpty
            ? run.text(of: new).map { $0 == reference.text(of: old) } ?? false : !shared.isEmpty
        isReferenceShorter = shared.count < points.count
        part = run.promptSeries(of: new) == nil ? nil : "prompt"
    }
}

/// A chunk of a text or a prompt of a set, with its part of a metric's mean; nil where the metric is no mean over them.
struct MeasuredPart {
    let index: Int
    let sample: Digest
    let value: Double?
}

/// What a chunk is paired by: a text may hold the same one several times.
private struct Occurrence: Hashable {
    let sample: Digest
    let number: Int
}

extension [MeasuredPart] {
    /// The parts in the order laid down, each with what it is paired by.
    fileprivate var inOrder: [(key: Occurrence, point: MeasuredPart)] {
        var seen: [Digest: Int] = [:]
        return RandomOrder.order(of: map(\.sample)).map { place in
            let point = self[place]
            defer { seen[point.sample, default: 0] += 1 }
            return (Occurrence(sample: point.sample, number: seen[point.sample, default: 0]), point)
        }
    }
}

extension RunRecord {
    /// The chunks behind a measurement; empty where the record has none.
    func points(of measurement: Measurement) -> [PairedSeries.Point] {
        pairedSeries.first {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }?.points ?? []
    }

    /// The prompts behind a measurement; nil for one that was made on a text.
    fileprivate func promptSeries(of measurement: Measurement) -> PromptSeries? {
        (promptSeries ?? []).first { series in
            series.evaluation == measurement.evaluation && series.backend == measurement.backend
                && series.artifact == measurement.artifact
        }
    }

    /// The chunks or prompts behind a measurement; empty where the record has none.
    fileprivate func parts(of measurement: Measurement, scale: MetricScale) -> [MeasuredPart] {
        if let prompts = promptSeries(of: measurement) {
            return prompts.points.map {
                MeasuredPart(index: $0.index, sample: $0.sample, value: $0.values[measurement.metric])
            }
        }
        return points(of: measurement).map {
            MeasuredPart(index: $0.index, sample: $0.sample, value: scale.chunkValue($0))
        }
    }

    private func evidence(on measurement: Measurement) -> [GateEvidence] {
        verdicts.filter {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }.compactMap(\.evidence)
    }

    /// The text that a value was measured on; nil where the record does not tell.
    fileprivate func dataset(of measurement: Measurement) -> DatasetRecord? {
        guard let name = measurement.dataset else { return datasets.count == 1 ? datasets[0] : nil }
        // With a limit the name goes on: "wikitext2, first 20 chunks".
        return datasets.first { name == $0.name || name.hasPrefix($0.name + ", ") }
    }

    /// What tells one text, or part of a text, from another; nil where the record does not tell.
    fileprivate func text(of measurement: Measurement) -> [String]? {
        dataset(of: measurement).map { [$0.sha256.hex, measurement.dataset ?? $0.name] }
    }

    /// The size of the corpus that a value was measured on; nil where the record does not tell.
    fileprivate func chunksAvailable(for measurement: Measurement) -> Int? {
        evidence(on: measurement).first?.chunksAvailable ?? dataset(of: measurement)?.chunksAvailable
    }

    private func partCount(of measurement: Measurement) -> Int {
        MetricDefinition.named(measurement.metric).map {
            parts(of: measurement, scale: MetricScale(definition: $0)).count
        } ?? 0
    }

    /// Whether a value's chunks are the first of the order laid down: all of them, or those of a gate that stopped.
    fileprivate func isInRandomOrder(_ measurement: Measurement) -> Bool {
        evidence(on: measurement).contains { $0.basis != .interval }
            || chunksAvailable(for: measurement) == partCount(of: measurement)
    }
}
