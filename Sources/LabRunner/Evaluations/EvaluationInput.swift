import Evaluation
import LabCore

/// What an evaluation reads, whole in memory before any long work begins.
enum EvaluationInput {
    /// A text, in windows.
    case text(WindowText)
    /// Prompts, and how they are continued.
    case prompts(PromptSet, Suite.GenerationPlan)

    /// Reads a plan's data set.
    init(_ plan: Suite.EvaluationPlan) throws {
        if let generation = plan.generation {
            self = .prompts(try PromptSet(name: plan.dataset.name, contentsOf: plan.dataset.file), generation)
        } else {
            self = .text(try WindowText(plan))
        }
    }

    /// Tokens of a window; nil for prompts.
    var windowLength: Int? {
        if case .text(let text) = self { text.contextLength } else { nil }
    }
}
