import CodeSandbox
import Foundation
import Testing

@Suite("Whether there is a sandbox")
struct AvailabilityTests {
    /// A folder with some of this machine's programs in it, as a search path.
    private func searchPath(_ programs: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lab-path-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, script) in programs {
            let file = folder.appendingPathComponent(name)
            try Data(script.utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        return folder.path
    }

    private func refusal(_ searchPath: String) -> String? {
        defer { try? FileManager.default.removeItem(atPath: searchPath) }
        guard case .unavailable(let reason, let remedy) = CodeSandbox.make(searchPath: searchPath) else { return nil }
        #expect(!reason.isEmpty && !remedy.isEmpty)
        return reason
    }

    @Test("without one, there is nothing to run a program with, and the reason is said")
    func missingTool() throws {
        let reason = try refusal(searchPath([:]))
        #if os(Linux)
            #expect(reason == "bubblewrap (bwrap) is not on the PATH")
        #else
            #expect(reason != nil)
        #endif
    }

    #if os(Linux)
        private static let python = "#!/bin/sh\nexec /usr/bin/env -S python3 \"$@\"\n"

        @Test("without Python there is none")
        func missingPython() throws {
            #expect(try refusal(searchPath(["bwrap": "#!/bin/sh\nexit 1\n"])) == "no python3 on the PATH")
        }

        @Test("where namespaces are forbidden there is none, and bubblewrap's own words are the reason")
        func forbidden() throws {
            let bwrap = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n"
            let reason = try refusal(searchPath(["bwrap": bwrap, "python3": Self.python]))
            #expect(reason == "a sandbox did not start (exited(1)): bwrap: No permissions to create new namespace")
        }

        @Test("a tool that runs programs without isolating them is found out")
        func noIsolation() throws {
            // Takes the options of bubblewrap and runs what follows them.
            let bwrap = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n"
            let reason = try #require(try refusal(searchPath(["bwrap": bwrap, "python3": Self.python])))
            for leak in [
                "a file of the host", "a port of the host", "the name of the host", "a socket",
            ] {
                #expect(reason.contains(leak), "\(reason)")
            }
        }

        @Test(
            "a sandbox that leaves one thing open is found out",
            .enabled(if: SandboxForTests.isAvailable, SandboxForTests.why),
            arguments: [
                ("--unshare-all", "--unshare-user --unshare-pid --unshare-uts --unshare-ipc", "a port of the host"),
                (
                    "--unshare-all", "--unshare-user --unshare-net --unshare-uts --unshare-ipc",
                    "the numbers of other processes"
                ),
                ("--hostname sandbox", "", "the name of the host"),
                ("--clearenv", "--setenv HOME /tmp --setenv SECRET x", nil),
                ("--size", "--ro-bind /tmp /host --size", "/host"),
                ("--size", "--proc /proc --size", "the processes of the host"),
                ("--seccomp 3", "", "a socket"),
                ("--remount-ro / ", "", "a file system to write to"),
            ])
        func oneHole(option: String, replacement: String, leak: String?) throws {
            // Edits the options, which have no spaces in them, up to the first of the program's own.
            let real = try #require(
                (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/bwrap" }
                    .first { FileManager.default.isExecutableFile(atPath: $0) })
            let bwrap = """
                #!/bin/bash
                options=""
                while [ "$1" != -- ]; do options="$options$1 "; shift; done
                exec \(real) ${options/"\(option)"/"\(replacement) "} "$@"
                """
            let path = try searchPath(["bwrap": bwrap, "python3": Self.python])
            if let leak {
                #expect(try #require(refusal(path)).contains(leak))
            } else {
                // The driver clears the environment itself, whatever bubblewrap leaves in it.
                #expect(refusal(path) == nil)
            }
        }
    #endif
}
