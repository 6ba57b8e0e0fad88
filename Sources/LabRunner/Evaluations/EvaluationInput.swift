import Evaluation
import LabCore

/// What an evaluation reads, whole in memory before any long work begins.
enum EvaluationInput {
    /// A text, in windows.
    case text(WindowText)
    /// Prompts, and how they are continued.
    case prompts(PromptSet, Suite.GenerationPlan)
    /// Nothing: speed is measured on tokens drawn at random.
    case speed(Suite.SpeedPlan)

    /// Reads a plan's data set.
    init(_ plan: Suite.EvaluationPlan) throws {
        if let speed = plan.speed {
            self = .speed(speed)
        } else if let dataset = plan.dataset {
            guard let generation = plan.generation else {
                self = .text(try WindowText(dataset, contextLength: plan.contextLength))
                return
            }
            self = .prompts(try PromptSet(name: dataset.name, contentsOf: dataset.file), generation)
        } else {
            throw RunnerError("evaluation \(plan.name) names no text and no prompts", exitCode: .usage)
        }
    }

    /// Tokens of a window; nil where there are none.
    var windowLength: Int? {
        if case .text(let text) = self { text.contextLength } else { nil }
    }
}
