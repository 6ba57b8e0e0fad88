/// What a change is, in one sentence.
struct ChangeText {
    let sentence: String

    /// - Parameter isComparable: whether anything can be said of the change.
    init(_ change: MetricChange, isComparable: Bool, shared: SharedChunks) {
        if change.tolerance != nil, change.allowed == nil {
            sentence = "the reference is 0, of which a share allows nothing; give an absolute tolerance"
            return
        }
        guard isComparable || change.tolerance == nil else {
            sentence = Self.obstacle(change, shared)
            return
        }
        let parts = (change.part ?? "chunk") + "s"
        var text = Self.movement(change)
        switch change.basis {
        case .sameSamples: text = "unchanged: the very same samples"
        case .exact:
            text += change.chunksShared > 0 ? " on all \(change.chunksShared) \(parts)" : " on \(Self.whole(change))"
        case .sequential, .paired:
            text +=
                change.chunksAvailable.map { " on \(change.chunksShared) of \($0) \(parts)" }
                ?? " on \(change.chunksShared) \(parts)"
        case .repetitions:
            if let counts = change.repetitions {
                text +=
                    counts.new == counts.reference
                    ? " over \(counts.new) repetitions" : " over \(counts.new) repetitions against \(counts.reference)"
            }
            if let p = change.pValue { text += ", p = \(Gate.text(p))" }
        case .unpaired: text += ", not paired"
        }
        if let interval = change.interval {
            text += ", interval \(Gate.text(interval.low)) to \(Self.amount(interval.high, of: change))"
        }
        if let allowed = change.allowed {
            text += "; \(Self.amount(allowed, of: change)) worse is allowed" + Self.tolerance(change)
        }
        if change.status == .inconclusive { text += "; " + Self.remedy(change, shared) }
        sentence = text
    }

    /// Why nothing can be said, and how to mend it.
    private static func obstacle(_ change: MetricChange, _ shared: SharedChunks) -> String {
        let parts = (change.part ?? "chunk") + "s"
        if shared.isSameText {
            let whole = change.part == nil ? "text" : "set"
            return "cannot be compared from parts of the \(whole); measure all \(parts) in both runs, with --full"
        }
        return change.part == nil
            ? "the runs have no chunk in common; measure both on the same text, in windows of the same length"
            : "the runs have no \(change.part ?? "") in common; measure both on the same set, rendered alike"
    }

    private static func remedy(_ change: MetricChange, _ shared: SharedChunks) -> String {
        if change.basis == .repetitions {
            return change.neededChunks.map { "so few repetitions cannot show it; \($0) would" } ?? "repeat it"
        }
        let needed = change.neededChunks.map { "about \($0) \(change.part ?? "chunk")s would decide, " } ?? ""
        guard shared.isReferenceShorter else { return needed + "--full measures all" }
        return needed
            + (shared.isRandomOrder
                ? "the reference measured no more; one made with --full has all"
                : "the reference lacks the others; accept a run on this \(change.part == nil ? "text" : "set")")
    }

    /// " (the larger of 10 % of the reference and 0.001 nats per token)"; empty where the amount allowed says it all.
    private static func tolerance(_ change: MetricChange) -> String {
        let relative = change.tolerance?.relativePercent
        let absolute = change.tolerance?.absolute
        // A perplexity's change is a share of it already; other changes are amounts.
        let isShare = change.changeUnit != change.unit
        let share = relative.map { "\(Gate.text($0)) %" + (isShare ? "" : " of the reference") }
        let amount = absolute.map { isShare ? "an amount of \(Gate.text($0))" : Self.amount($0, of: change) }
        switch (share, amount) {
        case (let share?, let amount?): return " (the larger of \(share) and \(amount))"
        case (let share?, nil): return isShare ? "" : " (\(share))"
        case (nil, let amount?): return isShare ? " (\(amount))" : ""
        case (nil, nil): return ""
        }
    }

    private static func movement(_ change: MetricChange) -> String {
        if change.change == 0 { return "unchanged" }
        return "\(change.change > 0 ? "up" : "down") by \(amount(abs(change.change), of: change))"
    }

    private static func whole(_ change: MetricChange) -> String {
        change.part == nil ? "the whole text" : "the whole set"
    }

    private static func amount(_ value: Double, of change: MetricChange) -> String {
        Gate.text(value) + Gate.unitText(change.isInPoints ? "percentage_points" : change.changeUnit, of: value)
    }
}
