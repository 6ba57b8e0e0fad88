extension ChangeEstimate {
    /// Estimates how much slower repetitions became: the change of the median, which is no more than noise unless Mann
    /// and Whitney's test says otherwise.
    ///
    /// Worse than allowed is what is larger than the amount allowed and, by the test, no accident: both are needed, so
    /// that neither noise nor a small true change fails a build. Where the median got worse by more, and so few
    /// repetitions could not show it whatever they were, nothing is decided.
    ///
    /// - Parameters:
    ///   - new: values of the run under test, above 0 is worse; their logarithms where changes are ratios.
    ///   - old: those of the reference, likewise.
    ///   - allowed: the worsening of the median allowed, at least 0; nil for no judgement.
    ///   - alpha: how often repetitions that are alike may fail.
    /// - Returns: nil without repetitions, or with a value that is not finite.
    init?(repetitions new: [Double], against old: [Double], allowed: Double?, alpha: Double) {
        guard let test = MannWhitney(new, old), let after = Quantile.of(new, at: 0.5),
            let before = Quantile.of(old, at: 0.5)
        else { return nil }
        let worsening = after - before
        let isLarge = allowed.map { worsening > $0 }
        let canShow = MannWhitney.smallestP(new.count, old.count) < alpha
        var needed = max(new.count, old.count)
        while MannWhitney.smallestP(needed, needed) >= alpha { needed += 1 }
        let isDecided = isLarge.map { !$0 || canShow } ?? true
        self.init(
            mean: worsening, interval: MannWhitney.shift(new, over: old, level: 1 - 2 * alpha), basis: .repetitions,
            isAllowed: isLarge.flatMap { isLarge in isDecided ? !(isLarge && test.pGreater < alpha) : nil },
            neededChunks: isDecided ? nil : needed, pValue: test.pGreater)
    }
}
