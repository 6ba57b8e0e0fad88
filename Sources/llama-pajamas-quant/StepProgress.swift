import CommandSupport
import Foundation
import LabCore

/// The progress of a command of several steps as one: each line says which step of how many it belongs to.
final class StepProgress: @unchecked Sendable {
    private let terminal = TerminalProgress()
    private let steps: [String]
    // `lock` protects `current`.
    private let lock = NSLock()
    private var current: Int?

    /// - Parameter steps: the steps in their order; nil for one that is not taken.
    init(_ steps: String?...) {
        self.steps = steps.compactMap { $0 }
    }

    /// Goes on to a step; one that is not taken changes nothing.
    func begin(_ step: String) {
        lock.withLock { current = steps.firstIndex(of: step) ?? current }
    }

    /// Takes an update.
    @Sendable func show(_ update: ProgressUpdate) {
        var update = update
        if steps.count > 1, let current = lock.withLock({ current }) {
            update.stage = "[\(current + 1)/\(steps.count)] \(update.stage)"
        }
        terminal.show(update)
    }

    /// Prints a note.
    @Sendable func say(_ text: String) { terminal.say("note: \(text)") }
}
