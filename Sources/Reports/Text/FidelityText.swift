import LabCore

/// What a fidelity record says, in words.
struct FidelityText {
    private let record: FidelityRecord
    /// What the candidate is called.
    let candidate: String
    /// What its parent is called.
    let parent: String

    init(_ record: FidelityRecord, in run: RunRecord) {
        self.record = record
        candidate = run.label(of: record.artifact)
        parent = run.parent.map { run.label(of: $0.path) } ?? "the parent"
    }

    /// "Q4_K_M against BF16, fidelity on cpu".
    var heading: String { "\(candidate) against \(parent), \(record.evaluation) on \(record.backend)" }

    /// How the floor was measured: "BF16 against itself, 512 and 128 tokens at a time, on 8 chunks".
    var floorOrigin: String? {
        record.floor.map { floor in
            let sizes = floor.microBatches.map(String.init).joined(separator: " and ")
            let how = sizes.isEmpty ? "in another batch size" : "\(sizes) tokens at a time"
            return "\(parent) against itself, \(how), on \(Format.count(floor.chunks, "chunk"))"
        }
    }

    static let unknownFloor = "not measured: the parent was not run, and its predictions came without one"

    /// How the parent's predictions came, in sentences.
    var source: String {
        guard let pack = record.pack, record.source == .pack else {
            return "Computed side by side with the candidate\u{2019}s: every divergence is exact."
        }
        let kept = pack.settings
        var text = "From pack \(pack.id.short), \(Self.size(of: pack)): the \(kept.topCount) likeliest tokens of each "
        text += "position and \(kept.tailCount) drawn from the others. The drawing leaves the mean KL a standard error "
        return text + "of \(standardError)."
    }

    /// "12.3 MB, 0.29 % of the same logits in 16 bits".
    static func size(of pack: FidelityRecord.Pack) -> String {
        let share = Format.significant(pack.shareOfLogitsPercent, 2) + Format.percentSign
        return "\(Format.bytes(pack.bytes)), \(share) of the same logits in 16 bits"
    }

    /// "0.00012 nats per token".
    var standardError: String { "\(Format.significant(record.klStandardErrorNats, 2)) nats per token" }

    /// Where just one of the models is right, and whether that is chance, in sentences.
    var flips: String {
        let (lost, won) = (record.flips.onlyParentRight, record.flips.onlyCandidateRight)
        guard let mcNemar else { return "At no position is only one of the two right about the next token." }
        let both = Format.count(lost + won, "position")
        return "At \(both) only one of the two is right about the next token: \(parent) at \(lost), \(candidate) at "
            + "\(won). If both were right equally often, a split as uneven would have \(mcNemar) "
            + "(exact McNemar test)."
    }

    /// "p = 0.0023"; nil without flips.
    var mcNemar: String? { record.flips.mcNemarText }
}

extension FidelityRecord.Flips {
    /// "p = 0.0023"; nil without flips.
    var mcNemarText: String? {
        mcNemarP.map {
            $0 > 0 ? "p\u{A0}=\u{A0}\(Format.significant($0, 2))" : "p\u{A0}<\u{A0}10\u{207B}\u{00B3}\u{2070}\u{2070}"
        }
    }
}
