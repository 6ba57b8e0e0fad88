public import ArgumentParser

/// `--threads`.
public struct ThreadOptions: ParsableArguments {
    /// What the user asks for; nil for the default.
    @Option(help: "Threads of computation. Default: the machine's physical cores.")
    public var threads: Int?

    /// Nothing asked for.
    public init() {}

    /// Refuses numbers that no machine has.
    public func validate() throws {
        if let threads, !(1...4096).contains(threads) { throw ValidationError("--threads must be from 1 to 4096") }
    }
}
