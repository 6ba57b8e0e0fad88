import LabCore

/// What is said of a backend beside another, in every form of a report.
enum ConsistencyText {
    /// "Q4_K_M on cpu".
    static func name(of side: ConsistencyRecord.Side, in run: RunRecord) -> String {
        "\(run.label(of: side.artifact)) on \(side.backend)"
    }

    /// What a side was held against, as a sentence names it: "Q4_K_M on cpu", or "itself".
    static func counterpart(of record: ConsistencyRecord, in run: RunRecord) -> String {
        record.reference.map { name(of: $0, in: run) } ?? "itself"
    }

    /// What any two sides were given and did not read alike.
    static func flaws(in run: RunRecord) -> [String] { (run.consistency ?? []).flatMap { flaws($0, in: run) } }

    /// What both sides were given and did not read alike; empty where there is none of it.
    static func flaws(_ record: ConsistencyRecord, in run: RunRecord) -> [String] {
        guard let reference = record.reference else { return [] }
        let sides = "\(name(of: record.side, in: run)) and \(name(of: reference, in: run))"
        var flaws: [String] = []
        if record.renderedDifferently > 0 {
            flaws.append(
                "\(sides) make different texts of \(Format.count(record.renderedDifferently, "prompt")): "
                    + "their chat templates differ")
        }
        if record.tokenizedDifferently > 0 {
            let part = record.texts == nil ? "window" : "prompt"
            flaws.append(
                "\(sides) make different tokens of \(Format.count(record.tokenizedDifferently, part)): "
                    + "their tokenizers differ")
        }
        return flaws
    }

    /// How a backend was held against itself; nil where it was not.
    static func floor(_ record: ConsistencyRecord, in run: RunRecord) -> String? {
        guard let variation = record.variation else { return nil }
        var parts = [
            "\(variation.microBatch) tokens at a time", Format.count(variation.threads, "thread"),
        ]
        if let sequences = variation.parallelSequences { parts.append("\(sequences) sequences at a time") }
        return "\(name(of: record.side, in: run)), \(record.evaluation): the second time with "
            + parts.joined(separator: ", ")
    }
}
