import CodeSandbox
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Programs that try to get out, each run for real.
@Suite("Programs that try to get out", .enabled(if: SandboxForTests.isAvailable, SandboxForTests.why))
struct EscapeTests {
    @Test("what a program may not do is refused, and its verdict is failed", arguments: RefusedAttempt.all)
    func refused(_ attempt: RefusedAttempt) throws {
        try expectRefusal(attempt.code, attempt.reasons, in: #require(SandboxForTests.sandbox))
    }

    @Test(
        "the namespaces hold when there is no filter of system calls",
        arguments: RefusedAttempt.all.filter { $0.reasonsWithoutFilter != nil })
    func refusedWithoutFilter(_ attempt: RefusedAttempt) throws {
        var sandbox = try #require(SandboxForTests.sandbox)
        sandbox.filter = nil
        try expectRefusal(attempt.code, #require(attempt.reasonsWithoutFilter), in: sandbox)
    }

    private func expectRefusal(_ code: String, _ reasons: [String], in sandbox: CodeSandbox) throws {
        guard case .failed(let reason) = try SandboxForTests.verdict(code, in: sandbox) else {
            Issue.record("it was not refused")
            return
        }
        #expect(reasons.contains { reason.contains($0) }, "\(reason)")
    }

    @Test("a program finds no files but those of the interpreter")
    func files() throws {
        let found = try SandboxForTests.value(
            """
            import os, sys
            def f(x):
                own = (os.path.dirname(os.__file__) + "/", sys.executable)
                files = [os.path.join(folder, name) for folder, _, names in os.walk("/") for name in names]
                return sorted(file for file in files if not file.startswith(own) and ".so" not in file)
            """)
        #expect(found == .list([.text("/dev/null")]))
    }

    @Test("a secret file of the host cannot be read, wherever it is")
    func secret() throws {
        let folders = [
            FileManager.default.temporaryDirectory, FileManager.default.homeDirectoryForCurrentUser,
            URL(fileURLWithPath: FileManager.default.currentDirectoryPath),
        ].filter { FileManager.default.isWritableFile(atPath: $0.path) }
        #expect(!folders.isEmpty)
        for folder in folders {
            let file = try HostFile(in: folder)
            let verdict = try SandboxForTests.verdict(
                """
                def f(path):
                    return "out" if open(path).read() else "empty"
                """, .text(file.url.path))
            guard case .failed(let reason) = verdict else {
                Issue.record("it was read: \(folder.path)")
                continue
            }
            #expect(reason.contains("FileNotFoundError"))
        }
    }

    @Test("links to the host's files lead nowhere, and nothing is removed through them when a program ends")
    func links() throws {
        let file = try HostFile()
        let folder = file.url.deletingLastPathComponent()
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("lab-") }
        let verdict = try SandboxForTests.verdict(
            """
            import os
            def f(path):
                os.symlink(path, "/tmp/file")
                os.symlink(os.path.dirname(path), "/tmp/folder")
                os.symlink("/", "/tmp/root")
                os.mkdir("/tmp/deep")
                os.symlink("../..", "/tmp/deep/up")
                open("/tmp/folder/left-behind", "w").close()
                for name in ("/tmp/file", "/tmp/folder/" + os.path.basename(path), "/tmp/root" + path):
                    if os.path.exists(name):
                        return "out"
                raise OSError("none leads anywhere")
            """, .text(file.url.path))
        #expect(verdict != .passed)
        #expect(file.isIntact)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/left-behind"))
        // Other tests make and remove files of theirs at the same time; this run must add none.
        let after = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("lab-") }
        #expect(Set(after).subtracting(before).filter { !$0.hasPrefix("lab-secret-") }.isEmpty)
    }

    @Test("a program has no environment")
    func environment() throws {
        setenv("LAB_TEST_SECRET", HostFile.text, 1)
        defer { unsetenv("LAB_TEST_SECRET") }
        let found = try SandboxForTests.value(
            """
            import ctypes, os
            def f(x):
                getenv = ctypes.CDLL(None).getenv
                getenv.restype = ctypes.c_char_p
                names = [b"PATH", b"HOME", b"USER", b"LAB_TEST_SECRET", b"PWD", b"PYTHONHASHSEED"]
                return [dict(os.environ), [name.decode() for name in names if getenv(name) is not None]]
            """)
        #expect(found == .list([.object([:]), .list([])]))
    }

    @Test("a descriptor that this process left open is not there")
    func descriptors() throws {
        let file = try HostFile()
        let descriptors = (0..<40).map { _ in open(file.url.path, O_RDONLY) }
        defer { descriptors.forEach { close($0) } }
        #expect(descriptors.allSatisfy { $0 >= 0 })
        for isFiltered in [true, false] {
            var sandbox = try #require(SandboxForTests.sandbox)
            if !isFiltered { sandbox.filter = nil }
            let found = try SandboxForTests.value(
                """
                import os
                def f(x):
                    texts = []
                    for descriptor in range(4096):
                        try:
                            texts.append([descriptor, os.read(descriptor, 100).decode()])
                        except OSError:
                            pass
                    return texts
                """, in: sandbox)
            // Three times /dev/null.
            #expect(found == .list((0..<3).map { .list([.number("\($0)"), .text("")]) }))
        }
    }

    @Test("the host's processes cannot be signalled, and the first of the sandbox's own not be killed")
    func signals() throws {
        let bystander = Process()
        bystander.executableURL = URL(fileURLWithPath: "/bin/sleep")
        bystander.arguments = ["60"]
        try bystander.run()
        defer { bystander.terminate() }
        let host = JSONValue.list([bystander.processIdentifier, getpid(), getppid()].map { .number("\($0)") })
        for isFiltered in [true, false] {
            var sandbox = try #require(SandboxForTests.sandbox)
            if !isFiltered { sandbox.filter = nil }
            let found = try SandboxForTests.value(
                """
                import os, signal, time
                def f(host):
                    reached = []
                    for process in host:
                        for target in (process, -process):
                            try:
                                if target not in (0, 1, -1, os.getpid()):
                                    os.kill(target, signal.SIGKILL)
                                    reached.append(target)
                            except ProcessLookupError:
                                pass
                    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):
                        os.kill(1, number)
                    try:
                        os.kill(-1, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
                    time.sleep(0.2)
                    return [reached, os.getppid()]
                """, host, in: sandbox)
            #expect(found == .list([.list([]), .number("1")]))
        }
        #expect(bystander.isRunning)
    }

    #if arch(x86_64)
        @Test("a system call in its 32-bit form ends the program")
        func foreignCalls() throws {
            // mov eax, 2 (fork, for a 32-bit program); int 0x80; ret
            let run = try SandboxForTests.run(
                #"""
                import ctypes, mmap
                def f(x):
                    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                    page.write(b"\xb8\x02\x00\x00\x00\xcd\x80\xc3")
                    return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
                """#)
            #expect(run == ProgramRun(replies: [], end: .signalled(Int(SIGSYS))))
        }
    #endif
}
