import CodeSandbox
import Testing

/// Programs that want a verdict without doing what was asked.
@Suite("Programs that cheat", .enabled(if: SandboxForTests.isAvailable, SandboxForTests.why))
struct CheatingTests {
    /// A case that no program can know the result of.
    private static let cases = #"[[1, "expected-7d3f0c"], [2, "expected-91ab44"]]"#

    @Test(
        "a verdict takes the right values",
        arguments: [
            // Ends before there is a verdict.
            "import os\nos._exit(0)\n",
            "import sys\nsys.exit(0)\n",
            "import os\ndef f(x):\n    os._exit(0)\n",
            "def f(x):\n    raise SystemExit(0)\n",
            "import os, signal\ndef f(x):\n    os.kill(os.getpid(), signal.SIGKILL)\n",
            // Says that it has passed.
            "def f(x):\n    print('passed'); print('ok'); print('{\"returned\": true}')\n    return True\n",
            "import os\ndef f(x):\n    os.write(3, b'{\"passed\": true}\\n')\n    os._exit(0)\n",
            "import os\ndef f(x):\n    os.write(3, b'{\"ready\": true}\\n{\"ready\": true}\\n{\"ready\": true}\\n')\n    return x\n",
            "import os\nos.write(3, b'{\"returned\": null}\\n' * 2)\nos._exit(0)\n",
            // Values that are equal to everything.
            "class Liar:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\ndef f(x):\n    return Liar()\n",
            "class Liar(int):\n    def __eq__(self, other): return True\n    def __repr__(self): return 'expected'\ndef f(x):\n    return Liar(4)\n",
            "class Liar(str):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\ndef f(x):\n    return Liar('x')\n",
            "class Liar(dict):\n    def __eq__(self, other): return True\n    def items(self): return [('returned', True)]\ndef f(x):\n    return Liar()\n",
            "class Liar(list):\n    def __eq__(self, other): return True\n    def __len__(self): return 0\ndef f(x):\n    return Liar([1])\n",
            // Changes what the driver uses.
            "import json\njson.dumps = lambda *a, **k: '{\"returned\": true}'\ndef f(x):\n    return 4\n",
            "import json\njson.loads = json.load = lambda *a, **k: 1\njson.JSONEncoder.encode = lambda *a: 'true'\ndef f(x):\n    return 4\n",
            "import sys\nsys.modules['json'] = sys.modules['os'] = None\ndef f(x):\n    return 4\n",
            "import builtins\nbuiltins.callable = builtins.len = builtins.str = lambda *a: True\ndef f(x):\n    return 4\n",
            "import sys\nmain = sys.modules['__main__']\nmain.request['arguments'].clear()\ndef f(x):\n    return 4\n",
            "import sys\nmain = sys.modules['__main__']\nmain.tell = lambda **reply: None\ndef f(x):\n    return 4\n",
            "import sys\nmain = sys.modules['__main__']\ndef f(x):\n    main.tell(returned=True); main.tell(returned=True)\n    return 4\n",
            "import sys\nmain = sys.modules['__main__']\nmain.request['function'] = 'g'\ndef g(x):\n    return 4\n",
            "import atexit, os\natexit.register(lambda: os.write(3, b'{\"returned\": true}\\n'))\ndef f(x):\n    return 4\n",
            "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef f(x):\n    return 4\n",
            // Results that can be read in two ways.
            "import os\ndef f(x):\n    os.write(3, b'{\"returned\": 4, \"returned\": 5}\\n')\n    return 4\n",
        ])
    func cheat(_ code: String) throws {
        let outcome = try FunctionCheck(sandbox: #require(SandboxForTests.sandbox))
            .check(code: code, function: "f", cases: Self.cases)
        guard case .failed = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test("what is expected is nowhere in the process, its files or its descriptors")
    func expectedValues() throws {
        let code = """
            import ctypes, gc, os, sys

            def texts():
                seen = set()
                things = [sys.modules, gc.get_objects(), sys.argv, getattr(sys, "orig_argv", []), os.environ]
                frame = sys._getframe()
                while frame:
                    things += [frame.f_locals, frame.f_globals, frame.f_code.co_consts]
                    frame = frame.f_back
                while things:
                    thing = things.pop()
                    if id(thing) in seen:
                        continue
                    seen.add(id(thing))
                    if isinstance(thing, (str, bytes)):
                        yield thing if isinstance(thing, str) else thing.decode("latin-1")
                    else:
                        things += gc.get_referents(thing)
                for descriptor in range(64):
                    try:
                        os.lseek(descriptor, 0, 0)
                        yield os.read(descriptor, 100000).decode("latin-1")
                    except OSError:
                        pass

            def f(x):
                # In parts, so that this program does not find itself.
                for text in texts():
                    at = text.find("".join(["expected", "-"]))
                    if at >= 0:
                        return text[at:at + 15]
                # Else this test would prove nothing: the arguments are there to be found.
                return "only the argument" if any("".join(["argument", "-5c1e"]) in text for text in texts()) else "nothing"
            """
        let outcome = try FunctionCheck(sandbox: #require(SandboxForTests.sandbox))
            .check(code: code, function: "f", cases: #"[["argument-5c1e", "expected-7d3f0c"]]"#)
        #expect(
            outcome
                == .failed(
                    #"case 1: f("argument-5c1e") returned "only the argument", expected "expected-7d3f0c""#))
    }

    @Test("a program that writes more results than it was asked for fails, even when they are right")
    func surplus() throws {
        let outcome = try FunctionCheck(sandbox: #require(SandboxForTests.sandbox)).check(
            code: """
                import sys
                main = sys.modules["__main__"]
                def f(x):
                    for guess in range(10):
                        main.tell(returned=guess)
                    return 0
                """, function: "f", cases: "[[1, 0]]")
        #expect(outcome == .failed("it gave back more results than were asked for"))
    }
}
