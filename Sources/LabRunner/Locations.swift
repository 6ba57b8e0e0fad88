public import Foundation

/// Where the lab keeps what outlives a run, when the command line does not say.
public enum Locations {
    /// Artifacts: `$LAB_STORE`, or `store` in the per-user cache, since every artifact can be made again.
    public static var store: URL {
        environment("LAB_STORE") ?? cache.appendingPathComponent("store", isDirectory: true)
    }

    /// History: `$LAB_HISTORY`, or `history.sqlite` in the per-user data directory.
    public static var history: URL {
        environment("LAB_HISTORY") ?? data.appendingPathComponent("history.sqlite")
    }

    /// The lines that were typed into chats: beside the history.
    public static var chatHistory: URL { data.appendingPathComponent("chat-lines.json") }

    /// The per-user cache that `./lab` uses too: `$LAB_CACHE` or the system's cache directory.
    public static var cache: URL {
        if let named = environment("LAB_CACHE") { return named }
        #if os(macOS)
            let base = home.appendingPathComponent("Library/Caches", isDirectory: true)
        #else
            let base = environment("XDG_CACHE_HOME") ?? home.appendingPathComponent(".cache", isDirectory: true)
        #endif
        return base.appendingPathComponent("llama-pajamas", isDirectory: true)
    }

    /// The clone that the launcher belongs to: `$LAB_ROOT`; nil when a program was started without it.
    static var clone: URL? { environment("LAB_ROOT") }

    private static var data: URL {
        #if os(macOS)
            let base = home.appendingPathComponent("Library/Application Support", isDirectory: true)
        #else
            let base = environment("XDG_DATA_HOME") ?? home.appendingPathComponent(".local/share", isDirectory: true)
        #endif
        return base.appendingPathComponent("llama-pajamas", isDirectory: true)
    }

    private static var home: URL { FileManager.default.homeDirectoryForCurrentUser }

    private static func environment(_ name: String) -> URL? {
        guard let path = ProcessInfo.processInfo.environment[name], !path.isEmpty else { return nil }
        return URL(fileURLWithPath: path)
    }

    /// The worker's program: `$LAB_WORKER`, or `lab-worker` beside the running executable.
    public static var worker: URL {
        if let named = environment("LAB_WORKER") { return named }
        return executable.deletingLastPathComponent().appendingPathComponent("lab-worker")
    }

    /// The running program.
    static var executable: URL {
        (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments.first ?? "lab"))
            .resolvingSymlinksInPath()
    }
}
