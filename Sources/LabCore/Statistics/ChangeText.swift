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
            sentence =
                shared.isSameText
                ? "cannot be compared from parts of the text; measure all chunks in both runs, with --full"
                : "the runs have no chunk in common; measure both on the same text, in windows of the same length"
            return
        }
        let unit = change.isInPoints ? " percentage points" : Gate.unitText(change.changeUnit)
        var text = Self.movement(change, unit: unit)
        switch change.basis {
        case .sameSamples: text = "unchanged: the very same samples"
        case .exact: text += change.chunksShared > 0 ? " on all \(change.chunksShared) chunks" : " on the whole text"
        case .sequential, .paired:
            text +=
                change.chunksAvailable.map { " on \(change.chunksShared) of \($0) chunks" }
                ?? " on \(change.chunksShared) chunks"
        case .unpaired: text += ", not paired"
        }
        if let interval = change.interval {
            text += ", interval \(Gate.text(interval.low)) to \(Gate.text(interval.high))\(unit)"
        }
        if let allowed = change.allowed {
            text += "; \(Gate.text(allowed))\(unit) worse is allowed" + Self.tolerance(change, unit: unit)
        }
        if change.status == .inconclusive { text += "; " + Self.remedy(change, shared) }
        sentence = text
    }

    private static func remedy(_ change: MetricChange, _ shared: SharedChunks) -> String {
        let needed = change.neededChunks.map { "about \($0) chunks would decide, " } ?? ""
        guard shared.isReferenceShorter else { return needed + "--full measures all" }
        return needed
            + (shared.isRandomOrder
                ? "the reference measured no more; one made with --full has all"
                : "the reference lacks the others; accept a run on this text")
    }

    /// " (the larger of 10 % of the reference and 0.001 nats per token)"; empty where the amount allowed says it all.
    private static func tolerance(_ change: MetricChange, unit: String) -> String {
        let relative = change.tolerance?.relativePercent
        let absolute = change.tolerance?.absolute
        // A perplexity's change is a share of it already; other changes are amounts.
        let isShare = change.changeUnit != change.unit
        let ownUnit = isShare ? "" : unit
        let share = relative.map { "\(Gate.text($0)) %" + (isShare ? "" : " of the reference") }
        let amount = absolute.map { (isShare ? "an amount of " : "") + "\(Gate.text($0))\(ownUnit)" }
        switch (share, amount) {
        case (let share?, let amount?): return " (the larger of \(share) and \(amount))"
        case (let share?, nil): return isShare ? "" : " (\(share))"
        case (nil, let amount?): return isShare ? " (\(amount))" : ""
        case (nil, nil): return ""
        }
    }

    private static func movement(_ change: MetricChange, unit: String) -> String {
        if change.change == 0 { return "unchanged" }
        return "\(change.change > 0 ? "up" : "down") by \(Gate.text(abs(change.change)))\(unit)"
    }
}
