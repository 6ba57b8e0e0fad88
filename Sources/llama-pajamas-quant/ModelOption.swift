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

    /// A checkpoint's folder; one that is temporary goes with the value.
    struct Place {
        let folder: URL
        fileprivate var outline: CheckpointOutline?
    }

    /// Whether it is to be fetched.
    var isRepository: Bool { if case .repository = try? ModelSource(model) { true } else { false } }

    /// The checkpoint, fetched where it is a hub's.
    func checkpoint(_ steps: StepProgress) throws -> Place {
        steps.begin("download")
        return Place(folder: try ModelSource.checkpoint(model, progress: steps.show, notice: steps.say))
    }

    /// The checkpoint without the data of its weights, as far as it is not here.
    func outline(_ steps: StepProgress) throws -> Place {
        steps.begin("download")
        guard case .repository(let reference) = try ModelSource(model) else { return try checkpoint(steps) }
        let hub = HubClient(progress: steps.show, notice: steps.say)
        if hub.settings.isOffline { return try checkpoint(steps) }
        let outline = try hub.outline(reference)
        return Place(folder: outline.folder, outline: outline)
    }
}
