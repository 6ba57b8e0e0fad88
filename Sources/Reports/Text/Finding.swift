import LabCore

/// What was found out about a candidate, as the predicate of a sentence: "solves 94.17 % of the problems".
struct Finding {
    /// What a model was asked to do with each prompt.
    enum Task {
        /// To solve it.
        case problems
        /// To answer it.
        case prompts
    }

    let predicate: String

    /// - Parameters:
    ///   - value: what was measured.
    ///   - shown: the same as people read it, in its unit.
    ///   - parent: what the parent is called: "its BF16 parent".
    init(_ value: Double, of metric: String, shown: String, parent: String, task: Task) {
        let words = Words(value: value, shown: shown, parent: parent, task: task)
        predicate =
            words.ofPredictions(metric) ?? words.ofAnswers(metric) ?? words.ofTexts(metric) ?? words.ofSpeed(metric)
            ?? words.ofBackends(metric) ?? "has a \(Format.words(metric)) of \(shown)"
    }
}

/// The predicates, by what they speak of.
private struct Words {
    let value: Double
    let shown: String
    let parent: String
    let task: Finding.Task

    /// The value without its sign.
    private var amount: String { String(shown.drop { $0 == "+" || $0 == "\u{2212}" }) }
    /// Whether the value shows as less than zero, as zero, or as more.
    private var sign: Int {
        if shown.hasPrefix("\u{2212}") { return -1 }
        return amount.prefix { $0 != "\u{A0}" && $0 != " " }.allSatisfy { $0 == "0" || $0 == "." } ? 0 : 1
    }

    func ofPredictions(_ metric: String) -> String? {
        switch metric {
        case MetricDefinition.perplexityIncrease.name:
            [
                -1: "is \(amount) better than \(parent) in perplexity",
                1: "is \(amount) worse than \(parent) in perplexity",
            ][
                sign] ?? "equals \(parent) in perplexity"
        case MetricDefinition.klMeanExcess.name where value <= 0:
            "diverges from \(parent) no more than the parent does from itself"
        case MetricDefinition.klMeanExcess.name: "diverges from \(parent) by \(shown) beyond the noise floor"
        case MetricDefinition.klMean.name: "diverges from \(parent) by \(shown)"
        case MetricDefinition.topAgreement.name:
            "has the same likeliest token as \(parent) at \(shown) of the positions"
        default: nil
        }
    }

    func ofAnswers(_ metric: String) -> String? {
        switch metric {
        case "accuracy":
            task == .problems ? "solves \(shown) of the problems" : "answers \(shown) of the prompts rightly"
        case "accuracy_change": changed()
        case MetricDefinition.plainAccuracy.name: "solves \(shown) of the problems with thinking switched off"
        case MetricDefinition.plainAccuracyChange.name: changed() + " with thinking switched off"
        case MetricDefinition.worstLanguageChange.name:
            sign < 0
                ? "answers \(amount) fewer of the prompts rightly than \(parent) in the language that lost most"
                : "answers no fewer prompts rightly than \(parent) in any language"
        case MetricDefinition.languagesRight.name: "is right in \(value == 0 ? "no language" : shown)"
        case MetricDefinition.languageAsked.name: "writes \(shown) of its answers in the language asked"
        case MetricDefinition.languageDegradation.name:
            sign > 0
                ? "loses up to \(amount) more against \(parent) in another language than in English"
                : "loses no more against \(parent) in other languages than in English"
        default: nil
        }
    }

    func ofTexts(_ metric: String) -> String? {
        switch metric {
        case MetricDefinition.followedAgreement.name: "follows \(parent)\u{2019}s choice at \(shown) of the tokens"
        case MetricDefinition.exactMatch.name: "writes the same text as \(parent) for \(shown) of the prompts"
        case MetricDefinition.sharedPrefix.name: "writes the same first \(shown) as \(parent), on average"
        case MetricDefinition.textSimilarity.name: "writes texts that are \(shown) similar to \(parent)\u{2019}s"
        case MetricDefinition.incoherentTexts.name:
            value == 0
                ? "writes coherent texts only" : "writes \(shown) that \(value == 1 ? "is" : "are") not coherent"
        case MetricDefinition.coherenceChange.name:
            sign < 0
                ? "writes coherent texts for \(amount) fewer of the prompts than \(parent)"
                : "writes coherent texts for no fewer prompts than \(parent)"
        case MetricDefinition.unclosedThoughts.name:
            sign == 0 ? "ends every thought" : "does not end \(shown) of its thoughts"
        case MetricDefinition.thoughtLengthChange.name:
            [-1: "thinks \(amount) shorter than \(parent)", 1: "thinks \(amount) longer than \(parent)"][sign]
                ?? "thinks as long as \(parent)"
        case MetricDefinition.thoughtsWhenOff.name:
            value == 0
                ? "does not think where thinking is switched off" : "thinks in \(shown) though thinking is switched off"
        case MetricDefinition.promptsRenderedDifferently.name:
            value == 0 ? "renders every prompt as \(parent) does" : "renders \(shown) differently than \(parent)"
        case MetricDefinition.switchIgnored.name:
            value == 0 ? "heeds the thinking switch in every prompt" : "ignores the thinking switch in \(shown)"
        default: nil
        }
    }

    func ofBackends(_ metric: String) -> String? {
        switch metric {
        case MetricDefinition.windowsTokenizedDifferently.name, MetricDefinition.promptsTokenizedDifferently.name:
            value == 0 ? "makes the same tokens as \(parent)" : "makes other tokens of \(shown) than \(parent)"
        case MetricDefinition.logitDifferenceMax.name: "differs from \(parent) by \(shown) at most in a logit"
        case MetricDefinition.floorKLMean.name: "diverges from itself, computed otherwise, by \(shown)"
        case MetricDefinition.floorTopAgreement.name:
            "has the same likeliest token, computed otherwise, at \(shown) of the positions"
        case MetricDefinition.floorLogitDifferenceMax.name:
            "differs from itself, computed otherwise, by \(shown) at most in a logit"
        case MetricDefinition.floorExactMatch.name: "writes the same text again for \(shown) of the prompts"
        case MetricDefinition.floorTextSimilarity.name: "writes texts again that are \(shown) similar"
        default: nil
        }
    }

    func ofSpeed(_ metric: String) -> String? {
        switch metric {
        case MetricDefinition.prefillRate.name: "reads \(shown)"
        case MetricDefinition.decodeRate.name: "writes \(shown)"
        case MetricDefinition.timeToFirstToken.name: "has its first token after \(shown)"
        case MetricDefinition.interTokenP50.name: "takes \(shown) for a token"
        case MetricDefinition.interTokenP95.name: "takes \(shown) for a token at the 95th percentile"
        case MetricDefinition.interTokenP99.name: "takes \(shown) for a token at the 99th percentile"
        case MetricDefinition.memoryBandwidth.name: "runs on a device that reads \(shown)"
        case MetricDefinition.matrixRate.name: "runs on a device that does \(shown)"
        case MetricDefinition.prefillRoofline.name: "reads prompts at \(shown) of what the device could do"
        case MetricDefinition.decodeRoofline.name: "writes at \(shown) of what the device could do"
        case MetricDefinition.loadTime.name: "is loaded in \(shown)"
        case MetricDefinition.peakHostMemory.name: "takes \(shown) of memory at most"
        case MetricDefinition.peakDeviceMemory.name: "takes \(shown) of the device\u{2019}s memory at most"
        default: nil
        }
    }

    private func changed() -> String {
        let (verb, things, adverb) = task == .problems ? ("solves", "problems", "") : ("answers", "prompts", " rightly")
        guard sign != 0 else { return "\(verb) as many \(things)\(adverb) as \(parent)" }
        return "\(verb) \(amount) \(sign < 0 ? "fewer" : "more") of the \(things)\(adverb) than \(parent)"
    }
}

extension RunRecord {
    /// What the evaluation behind a gate asked for.
    func task(of verdict: Verdict) -> Finding.Task {
        (thoughts ?? []).contains { $0.evaluation == verdict.evaluation } ? .problems : .prompts
    }
}
