import ArgumentParser
import Foundation
import Hub
import LabRunner

/// `--model`.
struct ModelOption: ParsableArguments {
    @Option(
        help: """
            The checkpoint: a folder in the Hugging Face layout, or a repository such as Qwen/Qwen3-8B or ID@REVISION.
            """,
        completion: .directory)
    var model: String

    /// Whether it is to be fetched.
    var isRepository: Bool { ModelSource.isRepository(model) }

    /// The checkpoint, fetched where it is a hub's.
    func checkpoint(_ steps: StepProgress) throws -> URL {
        steps.begin("download")
        return try ModelSource.checkpoint(model, progress: steps.show, notice: steps.say)
    }

    /// The checkpoint without the data of its weights, as far as it is not here.
    func outline(_ steps: StepProgress) throws -> CheckpointOutline {
        steps.begin("download")
        return try ModelSource.outline(model, progress: steps.show, notice: steps.say)
    }
}
