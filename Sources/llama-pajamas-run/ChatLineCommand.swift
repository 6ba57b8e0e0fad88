/// A line of a chat that is no question.
enum ChatLineCommand: Equatable {
    case help, quit, think, noThink, clear, stats, thoughts
    case system(String)
    case save(String)
    case load(String)
    /// Something that is no command, and why.
    case wrong(String)

    static let overview = """
        /think, /no_think    whether the model thinks before it answers
        /thoughts            fold thoughts, or show them
        /system TEXT         what the model is told before all else; without TEXT nothing
        /save FILE           keep the conversation
        /load FILE           go on with one that was kept
        /clear               begin anew
        /stats               tokens and speed of the last answer
        /quit                end; so does Ctrl-D
        """

    /// Reads a line; nil for one that begins with a slash and no word, such as a path.
    init?(_ line: String) {
        let parts = line.dropFirst().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, !name.isEmpty, !name.contains("/") else { return nil }
        let rest = parts.count > 1 ? parts[1].trimmingPrefix { $0 == " " } : ""
        let argument = String(rest)
        switch name {
        case "help": self = .help
        case "quit", "exit": self = .quit
        case "think": self = .think
        case "no_think", "nothink": self = .noThink
        case "clear": self = .clear
        case "stats": self = .stats
        case "thoughts": self = .thoughts
        case "system": self = .system(argument)
        case "save": self = argument.isEmpty ? .wrong("/save needs a file") : .save(argument)
        case "load": self = argument.isEmpty ? .wrong("/load needs a file") : .load(argument)
        default: self = .wrong("there is no command /\(name); /help lists them")
        }
    }
}
