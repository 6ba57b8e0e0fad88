#if os(Linux)
    import CSandbox
    import Foundation
    import Glibc

    /// Runs a program to its end with bytes as its input, and limits on its time and its output.
    ///
    /// Foundation's `Process` hands a child descriptors that others opened without close-on-exec at the same moment,
    /// and cannot hand it the one that bubblewrap reads its filter from.
    enum ChildProcess {
        /// How a program ended.
        enum Ending: Hashable {
            case exited(Int32)
            case signalled(Int32)
            /// Killed at the limit of time.
            case timedOut
            /// Killed at the limit of output.
            case flooded
        }

        /// What a program left.
        struct Result {
            var ending: Ending
            /// Its standard output, up to the limit.
            var output: [UInt8] = []
            /// The beginning of its standard error.
            var diagnostics: [UInt8] = []

            /// Its standard error in one line.
            var lastWords: String {
                String(decoding: diagnostics, as: UTF8.self).split(separator: "\n").suffix(3).joined(separator: "; ")
            }
        }

        /// The descriptor at which the program finds `extra`.
        static let extraDescriptor: Int32 = 3

        /// Runs a program in a session of its own.
        ///
        /// Returns when nothing holds its output any more: it and all that it left behind are gone. The calling thread
        /// waits; the kernel ends a program that asked to die with its parent when the thread that started it ends.
        /// Throws ``SandboxError`` when it cannot be started.
        static func run(
            _ arguments: [String], environment: [String: String], input: [UInt8], extra: [UInt8]? = nil,
            wallTime: Duration, outputBytes: Int
        ) throws -> Result {
            let input = try Descriptor(holding: input)
            let (outputReader, outputWriter) = try Descriptor.pipe()
            let (errorReader, errorWriter) = try Descriptor.pipe()

            let extra = try extra.map { try Descriptor(holding: $0) }
            let descriptors = [input, outputWriter, errorWriter].map(\.number) + (extra.map { [$0.number] } ?? [])
            var process: pid_t = 0
            let failure = withCStrings(arguments) { arguments in
                withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                    sandbox_spawn(&process, arguments, environment, descriptors, descriptors.count)
                }
            }
            // Held until here; the child has its own.
            for mine in [input, outputWriter, errorWriter] { mine.close() }
            extra?.close()
            guard failure == 0 else {
                throw SandboxError(
                    .broken, "cannot start \(arguments.first ?? "nothing"): \(String(cString: strerror(failure)))")
            }
            var result = Result(ending: .timedOut)
            let stopped = collect(
                from: outputReader, errorReader, until: .now + wallTime, outputBytes: outputBytes, into: &result)
            if let stopped {
                kill(process, SIGKILL)
                drain(outputReader, errorReader)
                result.ending = stopped
            }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            if stopped == nil {
                // The macros for this are no functions in Swift.
                result.ending = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
            }
            return result
        }

        /// Reads both to their end; why it stopped before that, nil when it did not.
        private static func collect(
            from output: Descriptor, _ errors: Descriptor, until deadline: ContinuousClock.Instant, outputBytes: Int,
            into result: inout Result
        ) -> Ending? {
            var waiting = [output, errors].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            while waiting.contains(where: { $0.fd >= 0 }) {
                let left = deadline - .now
                guard left > .zero else { return .timedOut }
                let milliseconds = Int32(clamping: Int64((left / .milliseconds(1)).rounded(.up)))
                guard poll(&waiting, 2, milliseconds) > 0 else { continue }
                for index in waiting.indices where waiting[index].revents != 0 {
                    let bytes = Descriptor.read(waiting[index].fd)
                    // A negative descriptor is one that poll passes over.
                    if bytes.isEmpty { waiting[index].fd = -1 }
                    if index == 0 {
                        result.output += bytes
                        guard result.output.count <= outputBytes else { return .flooded }
                    } else if result.diagnostics.count < 1 << 16 {
                        result.diagnostics += bytes
                    }
                }
            }
            return nil
        }

        /// Waits until a killed program and its children are gone, which takes them a moment.
        private static func drain(_ readers: Descriptor...) {
            var nothing = Result(ending: .timedOut)
            _ = collect(
                from: readers[0], readers[1], until: .now + .seconds(10), outputBytes: .max, into: &nothing)
        }

        private static func withCStrings(
            _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
        ) -> Int32 {
            let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
            defer { copies.forEach { free($0) } }
            return body(copies)
        }
    }

    /// Owns one open file descriptor, which no child inherits.
    final class Descriptor {
        private(set) var number: Int32

        /// Takes a descriptor over. It gets a number that none of a child's own can be.
        private init(taking number: Int32) throws {
            self.number = fcntl(number, F_DUPFD_CLOEXEC, 16)
            Glibc.close(number)
            guard self.number >= 0 else { throw Self.failure() }
        }

        /// A file in memory with these bytes, to be read from its beginning.
        convenience init(holding bytes: [UInt8]) throws {
            let file = sandbox_memory_file()
            guard file >= 0 else { throw Self.failure() }
            try self.init(taking: file)
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(number, $0.baseAddress?.advanced(by: written), $0.count - written)
                }
                guard count > 0 else { throw Self.failure() }
                written += count
            }
            lseek(number, 0, SEEK_SET)
        }

        /// A pipe's two ends.
        static func pipe() throws -> (reader: Descriptor, writer: Descriptor) {
            var ends: [Int32] = [-1, -1]
            guard sandbox_pipe(&ends) == 0 else { throw failure() }
            return (try Descriptor(taking: ends[0]), try Descriptor(taking: ends[1]))
        }

        /// What is there to read; empty at the end.
        static func read(_ number: Int32) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: 1 << 16) { space, count in
                repeat { count = Glibc.read(number, space.baseAddress, space.count) } while count < 0 && errno == EINTR
                count = max(0, count)
            }
        }

        func close() {
            if number >= 0 { Glibc.close(number) }
            number = -1
        }

        deinit { close() }

        private static func failure() -> SandboxError {
            SandboxError(.broken, "cannot prepare a sandbox: \(String(cString: strerror(errno)))")
        }
    }
#endif
