import LabCore

/// Measurements of speed, in words.
struct SpeedText {
    private let record: ThroughputRecord
    /// What it was measured on; nil in records of older labs.
    private let setup: SpeedSetupRecord?

    init(_ record: ThroughputRecord, in run: RunRecord) {
        self.record = record
        setup = run.speedSetup(of: record)
    }

    /// Tokens of context, or before the first that is timed in records of older labs.
    var length: Int { record.contextLength ?? record.depth }

    var sequences: Int { record.parallelSequences ?? 1 }

    /// "2,048 tokens, 4 sequences".
    var place: String { Self.place(length, sequences) }

    static func place(_ length: Int, _ sequences: Int) -> String {
        "\(Format.grouped(length)) tokens, \(Format.count(sequences, "sequence"))"
    }

    /// "512 more on 1,536".
    var depth: String? {
        record.contextLength.map { "timed from \(Format.grouped(record.depth)) to \(Format.grouped($0)) tokens" }
    }

    /// A median; empty where there is none.
    static func median(_ speed: SpeedRecord?) -> String { speed.map { Format.significant($0.median, 3) } ?? "" }

    /// "41.2 to 43.0"; empty where there is none.
    static func range(_ speed: SpeedRecord?) -> String {
        speed.map { "\(Format.significant($0.low, 3)) to \(Format.significant($0.high, 3))" } ?? ""
    }

    /// "41.2 to 43.0, 8 repetitions"; empty where there is none.
    static func spread(_ speed: SpeedRecord?) -> String {
        speed.map { "\(range($0)), \($0.repetitions) repetitions" } ?? ""
    }

    /// The median time between tokens; empty where there is none.
    var between: String { record.latency.map { Format.significant($0.p50, 3) } ?? "" }

    /// "p95 8.12, p99 9.40"; empty where there is none.
    var tails: String {
        record.latency.map { "p95 \(Format.significant($0.p95, 3)), p99 \(Format.significant($0.p99, 3))" } ?? ""
    }

    /// "41 %"; empty where there is none.
    static func share(_ roofline: RooflineRecord?) -> String {
        roofline.map { Format.significant($0.percent, 3) + Format.percentSign } ?? ""
    }

    /// Peak memory of host and device; empty where neither is known.
    var memory: String {
        [
            record.hostPeakBytes.map(Format.bytes), record.deviceBytes.map { "\(Format.bytes($0)) on the device" },
        ].compactMap { $0 }.joined(separator: ", ")
    }

    /// What decoding is held against: "memory: 2.41 MB for each token at 12.3 GB/s"; nil without a measured device.
    var decodeBound: String? {
        guard let setup, let device = setup.device, let bound = record.decodeRoofline?.bound else { return nil }
        let positions = Double(record.depth) + Double(setup.decodeTokens + 1) / 2
        return Self.bound(
            bound, bytes: setup.cost.decodeBytes(positions: positions),
            operations: setup.cost.decodeOperations(positions: positions), of: "each token", device)
    }

    /// The same of prefill.
    var prefillBound: String? {
        guard let setup, let device = setup.device, let bound = record.prefillRoofline?.bound else { return nil }
        return Self.bound(
            bound, bytes: setup.cost.prefillBytes(tokens: setup.prefillTokens, depth: record.depth),
            operations: setup.cost.prefillOperations(tokens: setup.prefillTokens, depth: record.depth),
            of: "\(Format.grouped(setup.prefillTokens)) tokens", device)
    }

    private static func bound(
        _ bound: SpeedBound, bytes: Double, operations: Double, of what: String, _ device: DeviceSpeed
    ) -> String {
        switch bound {
        case .memory:
            "memory: \(Format.bytes(Int64(bytes))) for \(what) at \(amount(device.bytesPerSecond, "B/s"))"
        case .matrices:
            "matrix products: \(amount(operations, "operations")) for \(what) at "
                + amount(device.operationsPerSecond, "operations/s")
        }
    }

    /// An amount in thousands, with the prefix that stands for them: "12.3 GB/s", "4.56 billion operations".
    static func amount(_ value: Double, _ unit: String) -> String {
        let isBytes = unit.hasPrefix("B")
        let prefixes =
            isBytes ? ["", "k", "M", "G", "T", "P"] : ["", "thousand ", "million ", "billion ", "trillion "]
        var (scaled, step) = (value, 0)
        while scaled >= 1000, step + 1 < prefixes.count {
            scaled /= 1000
            step += 1
        }
        return "\(Format.significant(scaled, 3)) \(prefixes[step])\(unit)"
    }
}

/// What speeds were measured on, in words.
struct SpeedSetupText {
    private let setup: SpeedSetupRecord

    init(_ setup: SpeedSetupRecord) { self.setup = setup }

    /// Terms and what they mean here, in the order in which they are read.
    var facts: [(term: String, value: String)] {
        var facts: [(String, String)] = [("Device class", setup.deviceClass)]
        if let device = setup.device {
            let set = Format.bytes(device.workingSetBytes)
            facts.append(
                (
                    "Memory bandwidth",
                    SpeedText.amount(device.bytesPerSecond, "B/s")
                        + ", reading \(set) again and again: as much as a token needs"
                ))
            facts.append(
                (
                    "Matrix products",
                    "\(SpeedText.amount(device.operationsPerSecond, "operations/s")), \(device.matrixType) in \(device.bufferType)"
                ))
        } else {
            facts.append(("Device", "what it could do was not measured"))
        }
        let operations = setup.cost.decodeOperations(positions: 0)
        facts.append(
            (
                "Each token",
                "reads weights of \(Format.bytes(setup.cost.weightBytes)) and "
                    + "\(Format.bytes(setup.cost.cacheBytesPerPosition)) of keys and values for each position; "
                    + "\(SpeedText.amount(operations, "operations")) and "
                    + "\(SpeedText.amount(Double(setup.cost.attentionOperationsPerPosition), "more")) for each position"
            ))
        if let seconds = setup.loadSeconds { facts.append(("Loading", Format.duration(seconds: seconds))) }
        if let memory = memory { facts.append(("Peak memory", memory)) }
        facts.append(("Throttling", throttling))
        return facts
    }

    /// "214 MB of the host, 66.2 MB of it mapped files; 5.10 GB of the device"; nil where nothing is known.
    var memory: String? {
        var parts: [String] = []
        if let peak = setup.hostPeakBytes {
            let mapped = setup.hostMappedBytes.map { ", \(Format.bytes($0)) of it mapped files" } ?? ""
            parts.append("\(Format.bytes(peak)) of the host\(mapped)")
        }
        if let device = setup.devicePeakBytes { parts.append("\(Format.bytes(device)) of the device") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What was seen of it, or where it was looked for.
    var throttling: String {
        guard !setup.throttling.sources.isEmpty else { return "unknown: this platform does not tell" }
        let sources = setup.throttling.sources.joined(separator: ", ")
        guard !setup.throttling.seen.isEmpty else { return "none seen (\(sources))" }
        return "\(setup.throttling.seen.joined(separator: "; ")) (\(sources))"
    }
}

extension RunRecord {
    /// Whether a value is one of speed, which the run has a table of its own for.
    func isSpeed(_ measurement: LabCore.Measurement) -> Bool { speedSetup(of: measurement) != nil }

    /// What a speed was measured on; nil in records of older labs.
    func speedSetup(of record: ThroughputRecord) -> SpeedSetupRecord? {
        (speedSetups ?? []).first {
            $0.evaluation == SpeedPoint.evaluation(of: record.evaluation) && $0.backend == record.backend
                && $0.artifact == record.artifact
        }
    }

    /// Speeds in the order in which they are read, with what was not run at the end of each artifact's.
    var orderedThroughput: [ThroughputRecord] {
        (throughput ?? []).sorted {
            ($0.artifact, $0.backend, $0.contextLength ?? $0.depth, $0.parallelSequences ?? 1)
                < ($1.artifact, $1.backend, $1.contextLength ?? $1.depth, $1.parallelSequences ?? 1)
        }
    }
}

extension Format {
    /// Where an evaluation of speed measured, behind a metric's name: " at 2,048 tokens, 4 sequences"; empty for others.
    static func place(in evaluation: String) -> String {
        SpeedPoint(in: evaluation).map { " at \(SpeedText.place($0.contextLength, $0.parallelSequences))" } ?? ""
    }
}
