/// What a change is, in one sentence.
struct ChangeText {
    let sentence: String

    /// - Parameter isComparable: whether anything can be said of the change.
    init(_ change: MetricChange, isComparable: Bool) {
        let unit = change.isInPoints ? " percentage points" : Gate.unitText(change.changeUnit)
        guard isComparable || change.tolerance == nil else {
            sentence =
                change.allowed == nil
                ? "the reference is 0, of which a share allows nothing; give an absolute tolerance"
                : "the runs have no chunk in common and no intervals of the same text; measure both on the same text"
            return
        }
        var text = Self.movement(change, unit: unit)
        switch change.basis {
        case .sameSamples: text = "unchanged: the very same samples"
        case .exact: text += change.chunksShared > 0 ? " on all \(change.chunksShared) chunks" : " on the whole text"
        case .sequential, .paired:
            text +=
                change.chunksAvailable.map { " on \(change.chunksShared) of \($0) chunks" }
                ?? " on \(change.chunksShared) chunks"
        case .unpaired: text += ", without a chunk in common"
        }
        if let interval = change.interval {
            text += ", interval \(Gate.text(interval.low)) to \(Gate.text(interval.high))\(unit)"
        }
        if let allowed = change.allowed { text += "; \(Gate.text(allowed))\(unit) worse is allowed" }
        if change.status == .inconclusive {
            text +=
                change.neededChunks.map { "; about \($0) chunks would decide, --full measures all" }
                ?? "; --full measures all chunks"
        }
        sentence = text
    }

    private static func movement(_ change: MetricChange, unit: String) -> String {
        if change.change == 0 { return "unchanged" }
        return "\(change.change > 0 ? "up" : "down") by \(Gate.text(abs(change.change)))\(unit)"
    }
}
