import Testing

/// A program that tries to get out, and how that must fail.
struct RefusedAttempt: CustomTestStringConvertible {
    /// What it tries.
    let name: String
    /// A program whose `f` returns "out" when it succeeds.
    let code: String
    /// What one of the reasons of the verdict says: it failed because it was refused, not for some mistake in it.
    let reasons: [String]
    /// The same without the filter of system calls, where the namespaces alone must hold; nil when only the filter does.
    let reasonsWithoutFilter: [String]?

    var testDescription: String { name }

    init(_ name: String, _ code: String, _ reasons: [String], withoutFilter: [String]?) {
        self.name = name
        self.code = code
        self.reasons = reasons
        self.reasonsWithoutFilter = withoutFilter
    }

    /// A file that belongs to another user is refused for that before its file system is.
    private static let readOnly = ["Read-only", "Permission denied", "not permitted"]
    private static let refused = ["PermissionError", "Operation not permitted"]

    /// `f` calls a function of the C library and raises what it fails with.
    private static func call(_ call: String) -> String {
        """
        import ctypes, os
        c = ctypes.CDLL(None, use_errno=True)
        def f(x):
            if \(call) == -1:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            return "out"
        """
    }

    static let all: [RefusedAttempt] = network + files + processes + kernel

    static let network = [
        RefusedAttempt(
            "a connection to the internet",
            """
            import socket
            def f(x):
                socket.create_connection(("1.1.1.1", 53), 3).close()
                return "out"
            """, refused, withoutFilter: ["Network is unreachable"]),
        RefusedAttempt(
            "a datagram",
            """
            import socket
            def f(x):
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"out", ("1.1.1.1", 53))
                return "out"
            """, refused, withoutFilter: ["Network is unreachable"]),
        RefusedAttempt(
            "a name lookup",
            """
            import socket
            def f(x):
                socket.getaddrinfo("example.com", 80)
                return "out"
            """, ["gaierror"], withoutFilter: ["gaierror"]),
        RefusedAttempt(
            "a socket to a virtual machine's host",
            """
            import socket
            def f(x):
                socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
                return "out"
            """, refused, withoutFilter: nil),
        RefusedAttempt(
            "a raw socket",
            """
            import socket
            def f(x):
                socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
                return "out"
            """, refused, withoutFilter: refused),
        RefusedAttempt(
            "a pair of sockets", call("c.socketpair(1, 1, 0, (ctypes.c_int * 2)())"), refused, withoutFilter: nil),
    ]

    static let files = [
        RefusedAttempt(
            "/etc/passwd", reading("/etc/passwd"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt(
            "/etc/shadow", reading("/etc/shadow"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt(
            "/root/.ssh", reading("/root/.ssh/id_rsa"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("/srv", listing("/srv"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("/var", listing("/var"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("/sys", listing("/sys"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt(
            "the memory of a process", reading("/proc/self/mem"), ["FileNotFoundError"],
            withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt(
            "the root of the first process", listing("/proc/1/root"), ["FileNotFoundError"],
            withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("a disk", reading("/dev/sda"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("a terminal", reading("/dev/tty"), ["FileNotFoundError"], withoutFilter: ["FileNotFoundError"]),
        RefusedAttempt("a file in /", writing("/out"), ["Read-only"], withoutFilter: ["Read-only"]),
        RefusedAttempt("a file in /etc", writing("/etc/out"), ["Read-only"], withoutFilter: ["Read-only"]),
        RefusedAttempt("a file in /dev", writing("/dev/out"), ["Read-only"], withoutFilter: ["Read-only"]),
        RefusedAttempt(
            "a change of the standard library",
            """
            import os
            def f(x):
                open(os.__file__, "a").close()
                return "out"
            """, readOnly, withoutFilter: readOnly),
        RefusedAttempt(
            "a change of the interpreter",
            """
            import os, sys
            def f(x):
                os.chmod(sys.executable, 0o777)
                return "out"
            """, readOnly, withoutFilter: readOnly),
        RefusedAttempt(
            "a package beside the standard library",
            """
            import os
            def f(x):
                folder = os.path.join(os.path.dirname(os.__file__), "site-packages")
                if not os.path.isdir(folder):
                    raise OSError("there are no packages here")
                open(os.path.join(folder, "out.py"), "w").close()
                return "out"
            """, ["Read-only", "there are no packages"], withoutFilter: ["Read-only", "there are no packages"]),
    ]

    static let processes = [
        RefusedAttempt(
            "a fork bomb",
            """
            import os
            def f(x):
                while True:
                    os.fork()
            """, refused + ["BlockingIOError"], withoutFilter: nil),
        RefusedAttempt(
            "a thread",
            """
            import threading
            def f(x):
                threading.Thread(target=print).start()
                return "out"
            """, ["can't start new thread"], withoutFilter: nil),
        RefusedAttempt(
            "a shell",
            """
            import subprocess
            def f(x):
                subprocess.run(["/bin/sh", "-c", "true"])
                return "out"
            """, refused + ["BlockingIOError"], withoutFilter: ["FileNotFoundError", "BlockingIOError"]),
        RefusedAttempt(
            "another user",
            """
            import os
            def f(x):
                os.setuid(0)
                return "out"
            """, refused + ["Invalid argument"], withoutFilter: refused + ["Invalid argument"]),
        RefusedAttempt(
            "a program with the rights of another user",
            """
            import os
            def f(x):
                for name in ("su", "sudo", "mount", "newuidmap", "bwrap"):
                    for folder in ("/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin"):
                        if os.path.exists(os.path.join(folder, name)):
                            return "out"
                raise OSError("there are no such programs")
            """, ["there are no such programs"], withoutFilter: ["there are no such programs"]),
        RefusedAttempt("tracing the first process", call("c.ptrace(16, 1, 0, 0)"), refused, withoutFilter: nil),
        RefusedAttempt(
            "reading another process",
            """
            import ctypes, os
            c = ctypes.CDLL(None, use_errno=True)
            def f(x):
                memory = (ctypes.c_char * 16)()
                vector = (ctypes.c_void_p * 2)(ctypes.addressof(memory), 16)
                if c.process_vm_readv(1, vector, 1, vector, 1, 0) == -1:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                return "out"
            """, refused, withoutFilter: nil),
        RefusedAttempt(
            "text for the terminal's next command",
            """
            import fcntl
            def f(x):
                for descriptor in range(64):
                    try:
                        fcntl.ioctl(descriptor, 0x5412, b"o")
                        return "out"
                    except OSError as error:
                        last = error
                raise last
            """, ["Bad file descriptor"], withoutFilter: ["Bad file descriptor"]),
        RefusedAttempt(
            "more processor time",
            """
            import resource
            def f(x):
                resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
                return "out"
            """, ["not allowed to raise maximum limit"], withoutFilter: ["not allowed to raise maximum limit"]),
    ]

    static let kernel = [
        // CLONE_NEWUSER; CLONE_NEWNET and CLONE_NEWNS need capabilities.
        RefusedAttempt(
            "a user namespace in the user namespace", call("c.unshare(0x10000000)"), refused,
            withoutFilter: ["No space left", "Operation not permitted"]),
        RefusedAttempt("another network namespace", call("c.unshare(0x40000000)"), refused, withoutFilter: refused),
        RefusedAttempt("another mount namespace", call("c.unshare(0x00020000)"), refused, withoutFilter: refused),
        RefusedAttempt("the namespace of a descriptor", call("c.setns(0, 0)"), refused, withoutFilter: nil),
        RefusedAttempt(
            "mounting memory", call(#"c.mount(b"none", b"/tmp", b"tmpfs", 0, None)"#), refused, withoutFilter: refused),
        RefusedAttempt(
            "mounting the processes", call(#"c.mount(b"proc", b"/tmp", b"proc", 0, None)"#), refused,
            withoutFilter: refused),
        RefusedAttempt(
            "making a mount writable", call(#"c.mount(None, b"/", None, 32 | 4096, None)"#), refused,
            withoutFilter: refused),
        RefusedAttempt("unmounting", call(#"c.umount2(b"/tmp", 2)"#), refused, withoutFilter: refused),
        RefusedAttempt("another root", call(#"c.chroot(b"/tmp")"#), refused, withoutFilter: refused),
        RefusedAttempt(
            "a device of its own",
            """
            import os, stat
            def f(x):
                os.mknod("/tmp/disk", stat.S_IFBLK | 0o600, os.makedev(8, 0))
                return "out"
            """, refused, withoutFilter: refused),
        RefusedAttempt(
            "another name for the machine",
            """
            import socket
            def f(x):
                socket.sethostname("out")
                return "out"
            """, refused, withoutFilter: refused),
        RefusedAttempt("a file in memory", call(#"c.memfd_create(b"out", 0)"#), refused, withoutFilter: nil),
        RefusedAttempt("shared memory", call("c.shmget(0, 1 << 20, 0o1600)"), refused, withoutFilter: nil),
        RefusedAttempt("a queue of messages", call("c.msgget(0, 0o1600)"), refused, withoutFilter: nil),
        RefusedAttempt("the kernel's log", call("c.klogctl(3, None, 0)"), refused, withoutFilter: nil),
        RefusedAttempt(
            "the kernel's keys",
            """
            import ctypes, os, platform
            c = ctypes.CDLL(None, use_errno=True)
            def f(x):
                number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
                if c.syscall(number, 0, -3, 1) == -1:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                return "out"
            """, refused, withoutFilter: nil),
        RefusedAttempt(
            "a ring of system calls",
            """
            import ctypes, os
            c = ctypes.CDLL(None, use_errno=True)
            def f(x):
                if c.syscall(425, 1, ctypes.create_string_buffer(120)) == -1:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                return "out"
            """, refused, withoutFilter: nil),
    ]

    private static func reading(_ path: String) -> String {
        """
        def f(x):
            open("\(path)", "rb").read(1)
            return "out"
        """
    }

    private static func listing(_ path: String) -> String {
        """
        import os
        def f(x):
            os.listdir("\(path)")
            return "out"
        """
    }

    private static func writing(_ path: String) -> String {
        """
        def f(x):
            open("\(path)", "w").close()
            return "out"
        """
    }
}
