#if os(Linux)
    import Foundation
    import Glibc

    /// Tries whether a sandbox isolates: that it starts says little.
    struct SandboxProbe {
        let sandbox: CodeSandbox

        /// What the namespaces must keep out of reach, tried without the filter of system calls that would hide it.
        ///
        /// Returns what could be reached.
        private static let program = #"""
            import os, socket

            def reachable(secret, port, entries):
                found = []

                def attempt(name, action):
                    try:
                        action()
                    except OSError:
                        return
                    found.append(name)

                attempt("a file of the host", lambda: open(secret))
                attempt("a port of the host", lambda: socket.create_connection(("127.0.0.1", port), 2))
                attempt("a file system to write to", lambda: open("/probe", "w"))
                attempt("a capability", lambda: os.chroot("/tmp"))
                attempt("the processes of the host", lambda: open("/proc/1/stat"))
                if [name for _, name in socket.if_nameindex() if name != "lo"]:
                    found.append("a network interface")
                if os.getpid() != 2:
                    found.append("the numbers of other processes")
                if os.uname().nodename != "sandbox":
                    found.append("the name of the host")
                if os.environ:
                    found.append("environment variables")
                found += ["/" + name for name in os.listdir("/") if name not in entries]
                return found

            def refused():
                found = []
                try:
                    if os.fork() == 0:
                        os._exit(0)
                    found.append("a second process")
                except OSError:
                    pass
                try:
                    socket.socket()
                    found.append("a socket")
                except OSError:
                    pass
                return found
            """#

        /// Throws ``SandboxError`` when no sandbox starts, or one does not isolate.
        func run() throws {
            let secret = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)")
            try Data("secret".utf8).write(to: secret)
            defer { try? FileManager.default.removeItem(at: secret) }
            let listener = try Listener()

            var withoutFilter = sandbox
            withoutFilter.filter = nil
            let arguments: JSONValue = .list([
                .text(secret.path), .number("\(listener.port)"),
                .list(sandbox.rootEntries.sorted().map { .text($0) }),
            ])
            let reached = try found(in: withoutFilter, function: "reachable", arguments: arguments)
            let allowed = try found(in: sandbox, function: "refused", arguments: .list([]))
            guard (reached + allowed).isEmpty else {
                throw SandboxError(
                    .broken, "a sandbox was started and its program had \((reached + allowed).joined(separator: ", "))")
            }
        }

        private func found(in sandbox: CodeSandbox, function: String, arguments: JSONValue) throws -> [String] {
            let run = try sandbox.run(code: Self.program, function: function, arguments: [arguments])
            guard case .returned(.list(let found))? = run.replies.first, run.replies.count == 1 else {
                throw SandboxError(.broken, "a sandbox was started and cannot be examined: \(run)")
            }
            return found.map { $0.string ?? "something" }
        }

        /// What usually helps against a failure that bubblewrap words like this.
        static func remedy(for message: String) -> String {
            func setting(_ path: String) -> String {
                let text = try? String(contentsOfFile: "/proc/sys/" + path, encoding: .utf8)
                return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            }
            if message.contains("nknown option") { return "install bubblewrap 0.8 or newer" }
            if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
                return "give bwrap an AppArmor profile with the permission userns, "
                    + "or run: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            }
            if setting("kernel/unprivileged_userns_clone") == "0" {
                return "allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"
            }
            if setting("user/max_user_namespaces") == "0" {
                return "allow user namespaces: sysctl -w user.max_user_namespaces=1000"
            }
            guard message.contains("namespace") || message.contains("ermi") else { return "see docs/sandbox.md" }
            return "the machine must allow user namespaces; a container needs that from what started it "
                + "(docker run --security-opt seccomp=unconfined --cap-add SYS_ADMIN)"
        }
    }

    /// A port on this machine that takes connections.
    private final class Listener {
        private let socket: Int32
        let port: UInt16

        init() throws {
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let socket = socket
            let isListening = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, size) == 0 && listen(socket, 4) == 0 && getsockname(socket, $0, &size) == 0
                }
            }
            port = UInt16(bigEndian: address.sin_port)
            guard isListening else {
                close(socket)
                throw SandboxError(.broken, "cannot open a port to try the sandbox with")
            }
        }

        deinit { close(socket) }
    }
#endif
