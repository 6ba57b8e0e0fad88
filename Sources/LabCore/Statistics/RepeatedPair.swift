/// The repetitions of a measurement of speed in two runs.
struct RepeatedPair {
    /// Values in the run under test, in the metric's unit; empty where there is an obstacle.
    let new: [Double]
    /// Those in the reference, likewise.
    let old: [Double]
    /// Why they cannot be compared; nil where they can.
    let obstacle: String?

    /// Nil for a metric that no repetition has a value of.
    init?(_ new: Measurement, in run: RunRecord, _ old: Measurement, in reference: RunRecord) {
        guard MetricDefinition.ofRepetitions.contains(where: { $0.name == new.metric }) else { return nil }
        let after = run.repetitions(of: new)
        let before = reference.repetitions(of: old)
        obstacle = Self.obstacle(new, run, old, reference, areThere: !after.isEmpty && !before.isEmpty)
        self.new = obstacle == nil ? after : []
        self.old = obstacle == nil ? before : []
    }

    /// How often each run repeated it; nil where they cannot be compared.
    var counts: MetricChange.Repetitions? {
        obstacle == nil ? MetricChange.Repetitions(new: new.count, reference: old.count) : nil
    }

    private static func obstacle(
        _ new: Measurement, _ run: RunRecord, _ old: Measurement, _ reference: RunRecord, areThere: Bool
    ) -> String? {
        guard areThere, let here = run.speedSetup(of: new), let there = reference.speedSetup(of: old) else {
            return "the repetitions of one of the runs are not known"
        }
        guard here.deviceClass == there.deviceClass else {
            return "measured on another class of device: here \(here.deviceClass), there \(there.deviceClass)"
        }
        guard here.prefillTokens == there.prefillTokens, here.decodeTokens == there.decodeTokens else {
            return "measured with other numbers of tokens: here \(here.tokens), there \(there.tokens)"
        }
        return nil
    }
}

extension SpeedSetupRecord {
    fileprivate var tokens: String { "\(prefillTokens) read and \(decodeTokens) written" }
}

extension RunRecord {
    /// The values of a measurement's repetitions, in order; empty where the record has none.
    fileprivate func repetitions(of measurement: Measurement) -> [Double] {
        (throughput ?? []).first {
            $0.evaluation == measurement.evaluation && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }?.repetitions?[measurement.metric] ?? []
    }

    /// What a speed was measured on; nil for what is no speed, and in records of older labs.
    public func speedSetup(of measurement: Measurement) -> SpeedSetupRecord? {
        (speedSetups ?? []).first {
            $0.evaluation == SpeedPoint.evaluation(of: measurement.evaluation) && $0.backend == measurement.backend
                && $0.artifact == measurement.artifact
        }
    }
}
