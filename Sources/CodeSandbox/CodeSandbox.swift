import Foundation

#if os(Linux)
    import CSandbox
#endif

/// Whether programs that nobody has read can be run on this machine.
public enum SandboxAvailability: Sendable {
    /// They can; a sandbox was started, and what must be out of reach was.
    case available(CodeSandbox)
    /// They cannot, and are not run at all; with what would change that.
    case unavailable(reason: String, remedy: String)
}

/// A place to run a model's Python: namespaces and a filter of system calls by bubblewrap, and limits on resources.
///
/// Each program has a sandbox of its own, which exists while it runs. docs/sandbox.md says what is kept from it, by
/// what means.
public struct CodeSandbox: Sendable {
    /// What a program may take.
    public let limits: SandboxLimits
    /// The version of Python that programs run with, as in "3.11.7"; part of what a result depends on.
    public let pythonVersion: String
    /// bubblewrap with its options, and the interpreter with its own.
    let command: [String]
    /// What the root of its file system consists of.
    package let rootEntries: Set<String>
    /// The filter of system calls; nil only in tests, of what holds without it, and in half of the probe.
    package var filter: [UInt8]?

    /// A sandbox, if this machine can isolate one.
    ///
    /// Takes about a fifth of a second, because it tries: a machine may have every tool and forbid their use.
    /// - Parameters:
    ///   - limits: What each program may take.
    ///   - searchPath: Where `bwrap` and `python3` are looked for. Default: `PATH`.
    public static func make(
        limits: SandboxLimits = SandboxLimits(), searchPath: String? = nil
    ) -> SandboxAvailability {
        #if os(Linux)
            let searchPath = searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            do {
                let sandbox = try CodeSandbox(limits: limits, searchPath: searchPath)
                try SandboxProbe(sandbox: sandbox).run()
                return .available(sandbox)
            } catch let error as SandboxError {
                return .unavailable(
                    reason: error.message, remedy: error.remedy ?? SandboxProbe.remedy(for: error.message))
            } catch {
                return .unavailable(reason: "\(error)", remedy: SandboxProbe.remedy(for: ""))
            }
        #else
            return .unavailable(
                reason: "this system has no namespaces to keep a program apart in",
                remedy: "run this evaluation on Linux, with bubblewrap")
        #endif
    }
}

#if os(Linux)
    extension CodeSandbox {
        init(limits: SandboxLimits, searchPath: String) throws {
            var filterBytes = 0
            guard let filter = sandbox_filter(&filterBytes) else {
                throw SandboxError(
                    .broken, "the filter of system calls is not written for this processor",
                    remedy: "run this evaluation on x86-64 or arm64")
            }
            guard let bubblewrap = PythonInterpreter.program("bwrap", searchPath: searchPath) else {
                throw SandboxError(
                    .broken, "bubblewrap (bwrap) is not on the PATH",
                    remedy: "install the package bubblewrap, 0.8 or newer")
            }
            let python = try PythonInterpreter.find(searchPath: searchPath)
            self.limits = limits
            self.filter = Array(UnsafeRawBufferPointer(start: filter, count: filterBytes))
            pythonVersion = python.version
            command =
                [bubblewrap] + Self.options(python: python, limits: limits) + ["--seccomp"] + [
                    "\(ChildProcess.extraDescriptor)"
                ]
                // Neither the user's packages nor those of the site, and no compiled files. Isolated mode (-I) would
                // ignore the seed of hashes, without which the order of a set, and so a result, differs between runs.
                + ["--", python.executable, "-s", "-S", "-B", "-c", SandboxDriver.source]
            rootEntries = Set(
                (python.files + ["/dev", "/tmp"]).compactMap { $0.split(separator: "/").first.map(String.init) })
        }

        private static func options(python: PythonInterpreter, limits: SandboxLimits) -> [String] {
            var options = [
                "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534",
                "--hostname", "sandbox", "--cap-drop", "ALL", "--new-session", "--die-with-parent",
                "--clearenv", "--setenv", "PYTHONHASHSEED", "0",
            ]
            for file in python.files { options += ["--ro-bind", file, file] }
            // What else is installed must not decide whether a program works.
            for folder in python.packageFolders { options += ["--tmpfs", folder, "--remount-ro", folder] }
            options += ["--dev-bind", "/dev/null", "/dev/null"]
            options += ["--size", "\(limits.directoryBytes)", "--tmpfs", "/tmp", "--chdir", "/tmp"]
            return options + ["--remount-ro", "/"]
        }
    }
#endif
