/// What a program's function did with each of its arguments, as the program itself says.
package struct ProgramRun: Equatable, Sendable {
    /// One case's result.
    package enum Reply: Equatable, Sendable {
        case returned(JSONValue)
        /// An exception of the function: its type and text.
        case raised(String)
        /// A value that JSON has no form for: its type, and why.
        case unusable(String, String)
        /// An exception before the function was called.
        case failed(String)
        /// The program does not define the function.
        case missing
        /// Something that the driver does not write.
        case garbled
    }

    /// Why there are no further replies.
    package enum End: Equatable, Sendable {
        case exited(Int)
        case signalled(Int)
        case timedOut
        case flooded
    }

    /// In the order of the cases.
    package var replies: [Reply]
    /// How the process ended.
    package var end: End

    package init(replies: [Reply], end: End) {
        self.replies = replies
        self.end = end
    }
}

#if os(Linux)
    import Glibc

    extension CodeSandbox {
        /// Runs a program and calls its function with each list of arguments.
        ///
        /// Throws ``SandboxError`` when the sandbox did not get as far as the program.
        package func run(code: String, function: String, arguments: [JSONValue]) throws -> ProgramRun {
            let limits = limits.resources.map {
                (Array($0.key.utf8), JSONValue.list($0.value.map { .number("\($0)") }))
            }
            let request: [String: JSONValue] = [
                "code": .text(code), "function": .text(function), "arguments": .list(arguments),
                "limits": .object(Dictionary(uniqueKeysWithValues: limits)),
            ]
            let object = JSONValue.object(
                Dictionary(uniqueKeysWithValues: request.map { (Array($0.key.utf8), $0.value) }))
            let result = try ChildProcess.run(
                filter == nil ? Self.withoutFilter(command) : command, environment: [:],
                input: Array(object.description.utf8), extra: filter, wallTime: self.limits.wallTime,
                outputBytes: self.limits.outputBytes)

            var lines = result.output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // What follows the last line's end: nothing, or a line that was never finished.
            lines.removeLast()
            guard let first = lines.first, (try? JSONParser.parse(Array(first)))?["ready"] == .bool(true) else {
                let words = result.lastWords.isEmpty ? "" : ": \(result.lastWords)"
                throw SandboxError(.broken, "a sandbox did not start (\(result.ending))\(words)")
            }
            return ProgramRun(replies: lines.dropFirst().map { Self.reply(Array($0)) }, end: try Self.end(result))
        }

        private static func withoutFilter(_ command: [String]) -> [String] {
            guard let option = command.firstIndex(of: "--seccomp") else { return command }
            return Array(command[..<option] + command[(option + 2)...])
        }

        private static func reply(_ line: [UInt8]) -> ProgramRun.Reply {
            guard let said = try? JSONParser.parse(line), case .object(let members) = said else { return .garbled }
            if let value = said["returned"], members.count == 1 { return .returned(value) }
            if let text = said["raised"]?.string { return .raised(text) }
            if let type = said["unusable"]?.string { return .unusable(type, said["because"]?.string ?? "") }
            if let text = said["failed"]?.string { return .failed(text) }
            return said["missing"] == .bool(true) ? .missing : .garbled
        }

        private static func end(_ result: ChildProcess.Result) throws -> ProgramRun.End {
            switch result.ending {
            case .timedOut: return .timedOut
            case .flooded: return .flooded
            // bubblewrap gives the status on as a shell does.
            case .exited(128 + SIGXCPU): return .timedOut
            case .exited(let status) where status > 128: return .signalled(Int(status) - 128)
            case .exited(let status): return .exited(Int(status))
            case .signalled(let signal):
                throw SandboxError(.broken, "bubblewrap was ended by signal \(signal) from outside")
            }
        }
    }
#else
    extension CodeSandbox {
        package func run(code: String, function: String, arguments: [JSONValue]) throws -> ProgramRun {
            throw SandboxError(.broken, "this system cannot isolate programs", remedy: "use Linux")
        }
    }
#endif
