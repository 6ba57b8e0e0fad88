import Evaluation
import LabCore
import LanguageIdentification

/// An evaluation on prompts, in two steps, so that the parent is in memory once for all of them and out of it before the
/// candidate comes.
protocol PromptJob {
    /// What evaluations on prompts have in common.
    var shared: PromptEvaluation { get }
    /// Throws unless the prompts are such as the evaluation needs.
    func requireFitting() throws
    /// Has the parent do its part; what it makes is in history when this returns.
    ///
    /// - Returns: where its samples came from.
    func prepare(_ parent: ArtifactRecord) throws -> SampleUsage
    /// Measures the candidate, and judges.
    func run() throws -> Findings
}

extension PromptEvaluation {
    /// The job of an evaluation; nil for one that reads a text.
    var job: (any PromptJob)? {
        switch plan.evaluator {
        case .perplexity, .fidelity, .throughput, .consistency, .textConsistency: nil
        case .chatTemplate: TemplateEvaluation(shared: self)
        case .sampleMatch: SampleMatchEvaluation(shared: self)
        case .multilingual: MultilingualEvaluation(shared: self)
        case .thinking: ThinkingEvaluation(shared: self)
        case .code: CodeEvaluation(shared: self)
        }
    }

    /// What is wrong with texts, in words; empty where all are coherent.
    func problems(
        in texts: [GeneratedText], of sample: PromptSample, mayReachLimit: Bool = false
    ) -> [[CoherenceProblem]] {
        texts.map { Coherence.problems(of: $0, language: sample.language, mayReachLimit: mayReachLimit) }
    }
}

extension PromptSample {
    /// Whether it is a conversation to answer, not a text to go on from.
    var isConversation: Bool {
        if case .chat = content { true } else { false }
    }

    /// What to ask with the thinking switch as a template has it by itself.
    var unswitched: PromptSource {
        switch content {
        case .text: content
        case .chat(let messages, _): .chat(messages, isThinking: nil)
        }
    }

    /// What was asked, as people read it.
    var question: String {
        switch content {
        case .text(let text): text
        case .chat(let messages, _): messages.last?.content ?? ""
        }
    }
}

extension LanguageVerdict {
    /// Whether the answer is in the language asked; nil where it does not tell.
    var isRight: Bool? {
        switch self {
        case .right: true
        case .wrong: false
        case .undecided: nil
        }
    }

    /// How sure the identifier is, in percent; nil where the evidence is another.
    var confidencePercent: Double? {
        switch self {
        case .right(let confidence), .wrong(_, let confidence): confidence.map(Double.init)
        case .undecided: nil
        }
    }
}

extension [CoherenceProblem] {
    /// The problems in words; nil where there are none.
    var words: String? { isEmpty ? nil : map(\.description).joined(separator: "; ") }
}
