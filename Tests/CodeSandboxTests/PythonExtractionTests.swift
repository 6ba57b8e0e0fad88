import CodeSandbox
import Testing

@Suite("Python in an answer")
struct PythonExtractionTests {
    private static let function = "def add(a, b):\n    return a + b\n"

    @Test(
        "is the block that defines the function",
        arguments: [
            "```python\ndef add(a, b):\n    return a + b\n```",
            "Sure! Here it is:\n\n```python\ndef add(a, b):\n    return a + b\n```\n\nIt adds the numbers. def is a keyword.",
            "```py\ndef add(a, b):\n    return a + b\n```",
            "```Python3 title=\"x\"\ndef add(a, b):\n    return a + b\n```",
            "```\ndef add(a, b):\n    return a + b\n```",
            "~~~python\ndef add(a, b):\n    return a + b\n~~~",
            "````python\ndef add(a, b):\n    return a + b\n````",
            // An answer that ended too early.
            "Here:\n```python\ndef add(a, b):\n    return a + b\n",
            "Here:\n```python\ndef add(a, b):\n    return a + b",
            // In a list, or indented as a whole.
            "1. So:\n\n   ```python\n   def add(a, b):\n       return a + b\n   ```\n2. Done.",
            "```python\n    def add(a, b):\n        return a + b\n```",
            // With an example after it, or another language around it.
            "```python\ndef add(a, b):\n    return a + b\n```\nUse it:\n```python\nprint(add(1, 2))\n```",
            "```bash\npip install nothing\n```\n```python\ndef add(a, b):\n    return a + b\n```\n```text\n3\n```",
            "```python\nx = 1\n```\nBetter:\n```python\ndef add(a, b):\n    return a + b\n```",
            "```python\n```\n```python\ndef add(a, b):\n    return a + b\n```",
            "```python\r\ndef add(a, b):\r\n    return a + b\r\n```\r\n",
        ])
    func block(_ answer: String) {
        #expect(PythonExtraction.code(from: answer, defining: "add") == Self.function)
    }

    @Test("is the last block when none defines the function, or none was named")
    func lastBlock() {
        let answer = "```python\ndef sum(a):\n    pass\n```\n```python\ndef added(a):\n    pass\n```"
        #expect(PythonExtraction.code(from: answer, defining: "add") == "def added(a):\n    pass\n")
        #expect(PythonExtraction.code(from: answer) == "def added(a):\n    pass\n")
        #expect(PythonExtraction.code(from: answer, defining: "sum") == "def sum(a):\n    pass\n")
    }

    @Test("of an asynchronous function is found too")
    func asynchronous() {
        let answer = "```python\nasync def add(a):\n    pass\n```\n```python\nadd(1)\n```"
        #expect(PythonExtraction.code(from: answer, defining: "add") == "async def add(a):\n    pass\n")
    }

    @Test(
        "without a block is the text from its first line to its natural end",
        arguments: [
            ("def add(a, b):\n    return a + b", "def add(a, b):\n    return a + b\n"),
            (
                "You can write it so:\n\ndef add(a, b):\n    return a + b\n\nThis adds two numbers.",
                "def add(a, b):\n    return a + b\n"
            ),
            (
                "import this way, from the left:\nfrom math import pi\n\ndef area(r):\n    return pi * r * r\nHere pi is a constant.",
                "from math import pi\n\ndef area(r):\n    return pi * r * r\n"
            ),
            // Empty lines and comments within it, none after it.
            (
                "def f(x):\n    y = x\n\n    return y\n\n# Twice.\ndef g(x):\n    return f(f(x))\n\n# That is all.\n\nGood luck!",
                "def f(x):\n    y = x\n\n    return y\n\n# Twice.\ndef g(x):\n    return f(f(x))\n"
            ),
            (
                "@functools.cache\ndef f(\n    x,\n):\n    return x\n\nLIMIT = 3\nitems: list = [\n1,\n2,\n]\nprint(f(LIMIT))\nif LIMIT > 2:\n    print(1)\nelse:\n    print(2)\nIf you like, change it.",
                "@functools.cache\ndef f(\n    x,\n):\n    return x\n\nLIMIT = 3\nitems: list = [\n1,\n2,\n]\nprint(f(LIMIT))\nif LIMIT > 2:\n    print(1)\nelse:\n    print(2)\n"
            ),
            // A long string at the margin, with a bracket and a quote in it.
            (
                "def f(x):\n    \"\"\"\nReturns x (it's x.\n    \"\"\"\n    return x\nDone.",
                "def f(x):\n    \"\"\"\nReturns x (it's x.\n    \"\"\"\n    return x\n"
            ),
            (
                "def f(x):\n    return ')' + \"(\" + '\\''  # (\nDone (really).",
                "def f(x):\n    return ')' + \"(\" + '\\''  # (\n"
            ),
            // Indented as a whole.
            ("    def f(x):\n        return x\n", "def f(x):\n    return x\n"),
            // A bracket that is never closed does not take the prose with it.
            ("def f(x):\n    return (x\n\nThis returns x.", "def f(x):\n    return (x\n"),
            ("class Point:\n    x = 1\nThat is a class.", "class Point:\n    x = 1\n"),
            ("import os, sys as system\nThen run it.", "import os, sys as system\n"),
        ])
    func bare(answer: String, code: String) {
        #expect(PythonExtraction.code(from: answer) == code)
    }

    @Test(
        "is absent where there is none",
        arguments: [
            "", "\n\n", "I cannot do that.", "The definition of a class is given by the teacher.",
            "import the goods from the harbour", "from time to time we import it", "```python\n\n```",
            "```bash\nls\n```", "@ home",
        ])
    func none(_ answer: String) {
        #expect(PythonExtraction.code(from: answer, defining: "f") == nil)
    }
}
