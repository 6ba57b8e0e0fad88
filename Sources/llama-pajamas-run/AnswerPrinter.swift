import CommandSupport
import Foundation
import LabCore

#if canImport(Glibc)
    @preconcurrency import Glibc
#else
    @preconcurrency import Darwin
#endif

/// Prints an answer as it is written: thoughts dimmed on a terminal, and left out elsewhere.
struct AnswerPrinter {
    private let isTerminal: Bool
    private let showsThoughts: Bool
    private var isInThought = false
    private(set) var thought = ""
    private(set) var content = ""

    init(showsThoughts: Bool) {
        isTerminal = isatty(STDOUT_FILENO) != 0
        self.showsThoughts = showsThoughts
    }

    mutating func take(_ text: ServedText) {
        if text.part == .thought {
            let isFirst = thought.isEmpty
            thought += text.text
            guard isTerminal else { return }
            if isFirst, !showsThoughts { write("\u{1B}[2m(thinking ...)\u{1B}[0m") }
            isInThought = true
            if showsThoughts { write("\u{1B}[2m\(text.text)\u{1B}[0m") }
        } else {
            endThought()
            content += text.text
            write(text.text)
        }
        StandardOutput.flush()
    }

    /// Ends a thought on the screen; a folded one leaves a line that says how long it was.
    private mutating func endThought() {
        guard isInThought else { return }
        isInThought = false
        if showsThoughts {
            write("\n\n")
        } else {
            write("\r\u{1B}[K\u{1B}[2m(a thought of \(thought.count) characters; /thoughts shows them)\u{1B}[0m\n")
        }
    }

    /// Ends the answer with a line break.
    mutating func finish() {
        endThought()
        if !content.hasSuffix("\n") { write("\n") }
        StandardOutput.flush()
    }

    private func write(_ text: String) {
        var text = text
        text.withUTF8 { StandardOutput.write(UnsafeRawBufferPointer($0)) }
    }
}
