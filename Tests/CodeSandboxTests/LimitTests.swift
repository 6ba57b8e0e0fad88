import CodeSandbox
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Programs that take what there is.
@Suite("Programs that take too much", .enabled(if: SandboxForTests.isAvailable, SandboxForTests.why))
struct LimitTests {
    @Test("a program that computes for ever is ended by its processor time")
    func endlessLoop() throws {
        let sandbox = try SandboxForTests.make(SandboxLimits(processorSeconds: 1, wallTime: .seconds(120)))
        let outcome = try SandboxForTests.verdict(
            """
            def f(x):
                while True:
                    pass
            """, in: sandbox)
        #expect(outcome == .timedOut)
    }

    @Test("so is one that ignores the signal")
    func stubbornLoop() throws {
        let sandbox = try SandboxForTests.make(SandboxLimits(processorSeconds: 1, wallTime: .seconds(120)))
        let outcome = try SandboxForTests.verdict(
            """
            import signal
            signal.signal(signal.SIGXCPU, signal.SIG_IGN)
            while True:
                pass
            """, in: sandbox)
        #expect(outcome == .failed("it was ended by signal 9 before case 1 had a result"))
    }

    @Test("a program that sleeps for ever is ended by the clock")
    func endlessSleep() throws {
        let sandbox = try SandboxForTests.make(SandboxLimits(wallTime: .seconds(4)))
        let began = ContinuousClock.now
        let outcome = try SandboxForTests.verdict(
            """
            import signal, time
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
            def f(x):
                while True:
                    time.sleep(3600)
            """, in: sandbox)
        #expect(outcome == .timedOut)
        #expect(ContinuousClock.now - began < .seconds(60))
    }

    @Test("a program that stops itself is ended by the clock")
    func stopped() throws {
        let sandbox = try SandboxForTests.make(SandboxLimits(wallTime: .seconds(4)))
        let outcome = try SandboxForTests.verdict(
            """
            import os, signal
            def f(x):
                os.kill(os.getpid(), signal.SIGSTOP)
                return "out"
            """, in: sandbox)
        #expect(outcome == .timedOut)
    }

    @Test(
        "memory ends at the limit",
        arguments: [
            #""out" if len(bytearray(4 << 30)) else """#,
            #""out" if [bytearray(1 << 20) for _ in range(4096)] else """#,
            #""out" if len("x" * (1 << 30)) else """#,
            #""out" if mmap.mmap(-1, 4 << 30) else """#,
        ])
    func memory(_ expression: String) throws {
        let outcome = try SandboxForTests.verdict("import mmap\ndef f(x):\n    return \(expression)\n")
        guard case .failed(let reason) = outcome else {
            Issue.record("it had the memory")
            return
        }
        #expect(reason.contains("MemoryError") || reason.contains("Cannot allocate memory"))
    }

    @Test("a number that takes an hour to print is ended")
    func longNumber() throws {
        let sandbox = try SandboxForTests.make(SandboxLimits(processorSeconds: 1, wallTime: .seconds(120)))
        let outcome = try SandboxForTests.verdict("def f(x):\n    return 10 ** 10 ** 10\n", in: sandbox)
        #expect(outcome != .passed)
    }

    @Test("a gigabyte that is printed goes nowhere and is no result")
    func printing() throws {
        let run = try SandboxForTests.run(
            """
            import os, sys
            def f(x):
                block = "x" * (1 << 24)
                for _ in range(64):
                    sys.stdout.write(block)
                    os.write(2, block.encode())
                return "done"
            """)
        #expect(run == ProgramRun(replies: [.returned(.text("done"))], end: .exited(0)))
    }

    @Test("a gigabyte of results ends the program at the limit")
    func flood() throws {
        let outcome = try SandboxForTests.verdict(
            """
            import os
            def f(x):
                block = b"x" * (1 << 20)
                for _ in range(1024):
                    os.write(3, block)
                return "out"
            """)
        #expect(outcome == .failed("it gave back more than its limit of output"))
    }

    @Test("files end at the limits of one file and of the directory")
    func disk() throws {
        let written = try SandboxForTests.value(
            """
            import errno
            def f(x):
                total, ends, number = 0, [], 0
                while len(ends) < 5:
                    number += 1
                    with open("/tmp/%d" % number, "wb", buffering=0) as file:
                        try:
                            while True:
                                total += file.write(b"x" * 65536)
                        except OSError as error:
                            ends.append(errno.errorcode[error.errno])
                return [total, ends[0], ends[-1]]
            """)
        let limit = try #require(SandboxForTests.sandbox).limits.directoryBytes
        #expect(written == .list([.number("\(limit)"), .text("EFBIG"), .text("ENOSPC")]))
    }

    @Test("a list in lists without end is a failure of the program alone")
    func nesting() throws {
        let outcome = try SandboxForTests.verdict(
            """
            def f(x):
                value = []
                for _ in range(800):
                    value = [value]
                return value
            """)
        guard case .failed = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test("a process that a program leaves behind ends with it")
    func survivors() throws {
        // The filter allows no second process; without it the namespace has to end this one.
        var limits = SandboxLimits()
        limits.processes = 64
        let sandbox = try SandboxForTests.make(limits, isFiltered: false)
        let mark = "lab-survivor-\(UUID().uuidString)"
        let found = try SandboxForTests.value(
            """
            import os, sys
            def f(mark):
                reader, writer = os.pipe()
                if os.fork() == 0:
                    os.setsid()
                    if os.fork() == 0:
                        os.write(writer, b"alive")
                        os.closerange(0, 64)
                        os.execv(sys.executable, [mark, "-S", "-c", "import time; time.sleep(600)"])
                    os._exit(0)
                word = os.read(reader, 5).decode()
                os.close(writer)
                # Nothing comes; the end does, when the other has closed its descriptors.
                return word + os.read(reader, 5).decode()
            """, .text(mark), in: sandbox)
        #expect(found == .text("alive"))
        // The kernel takes a moment to end a namespace.
        for _ in 0..<100 where Self.isRunning(mark) { usleep(50_000) }
        #expect(!Self.isRunning(mark))
    }

    private static func isRunning(_ mark: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { process in
            guard let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
            return command.starts(with: Data(mark.utf8))
        }
    }

    @Test("programs share nothing: what one writes, the next does not find")
    func separation() async throws {
        let code = """
            import os
            def f(x):
                found = os.listdir("/tmp")
                open("/tmp/mine", "w").close()
                return found
            """
        let program = FunctionProgram(code: code, function: "f", cases: "[[1, []], [2, [\"mine\"]]]")
        let outcomes = try await FunctionCheck(sandbox: #require(SandboxForTests.sandbox))
            .check(Array(repeating: program, count: 6))
        #expect(outcomes == Array(repeating: .passed, count: 6))
    }
}
