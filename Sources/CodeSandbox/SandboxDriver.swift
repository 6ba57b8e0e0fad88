/// The program that runs in a sandbox: it takes its limits, runs a model's code and hands back what it returned.
///
/// It knows the arguments and never the expected results. What it writes is not trusted: a program that takes it over
/// can only say, for each case, what its function returned.
enum SandboxDriver {
    /// Python 3.6 or newer. Reads an object with `limits`, `code`, `function` and `arguments` from standard input;
    /// writes one line of JSON when the limits are set, then one for each case, up to the first that raises.
    static let source = #"""
        import json, os, resource, sys

        request = json.load(open(0, "rb", closefd=False))
        # What the lab's process left open by mistake; only the three standard descriptors were given on purpose.
        os.closerange(3, 65536)
        results = os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in 0, 1, 2:
            os.dup2(nothing, descriptor)
        os.close(nothing)
        os.environ.clear()
        sys.argv[:] = [""]
        sys.path[:] = [folder for folder in sys.path if folder]
        for name, limit in request["limits"].items():
            resource.setrlimit(getattr(resource, name), tuple(limit))

        def tell(**reply):
            data = (json.dumps(reply, allow_nan=False) + "\n").encode("ascii")
            while data:
                data = data[os.write(results, data):]

        def describe(error):
            try:
                text = str(error)
            except BaseException:
                text = ""
            return (type(error).__name__ + (": " + text if text else ""))[:400]

        def run():
            tell(ready=True)
            # Not "__main__": what a program does when it is run is not asked of it.
            program = type(sys)("program")
            sys.modules["program"] = program
            try:
                exec(compile(request["code"], "<answer>", "exec"), program.__dict__)
            except BaseException as error:
                return tell(failed=describe(error))
            function = program.__dict__.get(request["function"])
            if not callable(function):
                return tell(missing=True)
            for arguments in request["arguments"]:
                try:
                    value = function(*arguments)
                except BaseException as error:
                    return tell(raised=describe(error))
                try:
                    tell(returned=value)
                except BaseException as error:
                    return tell(unusable=type(value).__name__[:100], because=describe(error))

        run()
        # No exit handlers: a program may have set some.
        os._exit(0)
        """#
}
