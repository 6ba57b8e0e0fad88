"""The lab's worker, driven through its own protocol: length-prefixed JSON over standard input and output."""

import json
import os
import struct
import subprocess
import sys

from measure import machine


class Worker:
    """A worker, with one artifact at a time."""

    def __init__(self, program, artifact=None, alone=False, **parameters):
        # As the lab starts its workers: with short spins, except where speed is all that matters.
        environment = dict(os.environ) if alone else {"GOMP_SPINCOUNT": "1000", **os.environ}
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        if artifact:
            self.load(artifact, **parameters)

    def load(self, artifact, **parameters):
        """Loads an artifact, or another context over the one that is there."""
        self.call("load", {
            "path": os.path.abspath(artifact), "backend": "cpu", "vocabularyOnly": False, "kvType": "f16",
            "flashAttention": "auto", "microBatch": 512, "calibrates": False, **parameters})

    def call(self, method, parameters):
        """The payload that closes a request, and those of the events before it by the events' names."""
        frame = json.dumps({"id": 1, "method": method, "parameters": parameters}).encode()
        self.process.stdin.write(struct.pack("<I", len(frame)) + frame)
        self.process.stdin.flush()
        events = {}
        while True:
            header = self.process.stdout.read(4)
            if len(header) < 4:
                sys.exit(f"benchmark: the worker ended with status {self.process.wait()}")
            reply = json.loads(self.process.stdout.read(*struct.unpack("<I", header)))
            if reply["event"] == "failed":
                sys.exit(f"benchmark: {reply['payload']['message']}")
            if reply["event"] not in ("completed", "timed", "advanced"):
                return reply.get("payload"), events
            events.setdefault(reply["event"], []).append(reply["payload"])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def backend_devices(program, backend):
    """A backend's devices, as llama.cpp's own programs take their names, and their products in words."""
    if backend == "cpu":
        return "none", machine()
    worker = Worker(program)
    greeting, _ = worker.call("connect", {"backend": backend})
    worker.end()
    found = [one for one in greeting["devices"] if one["registry"].lower() == backend]
    return "/".join(one["name"] for one in found), ", ".join(one["description"] for one in found)
