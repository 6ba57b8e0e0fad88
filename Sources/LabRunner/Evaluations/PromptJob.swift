import Evaluation
import LabCore

/// An evaluation on prompts, in two steps, so that the parent is in memory once for all of them and out of it before the
/// candidate comes.
protocol PromptJob {
    /// What evaluations on prompts have in common.
    var shared: PromptEvaluation { get }
    /// Has the parent do its part; what it makes is in history when this returns.
    func prepare(_ parent: ArtifactRecord) throws
    /// Measures the candidate, and judges.
    func run() throws -> Findings
}

extension PromptEvaluation {
    /// The job of an evaluation; nil for one that reads a text.
    var job: (any PromptJob)? {
        switch plan.evaluator {
        case .perplexity, .fidelity: nil
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
    /// What was asked, as people read it.
    var question: String {
        switch prompt(isThinking: nil) {
        case .text(let text): text
        case .chat(let messages, _): messages.last?.content ?? ""
        }
    }
}

extension [CoherenceProblem] {
    /// The problems in words; nil where there are none.
    var words: String? { isEmpty ? nil : map(\.description).joined(separator: "; ") }
}
