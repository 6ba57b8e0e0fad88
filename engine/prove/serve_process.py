"""`llama-pajamas-run serve` as scripts use it: started on a free port, watched, ended.

Needs nothing but Python's own library.
"""

import os
import re
import signal
import subprocess
import threading


class ServerError(Exception):
    """The server did not start, or ended when it should not."""


class LabServer:
    """A server with one model; `with` ends it and checks that it ends in order."""

    def __init__(self, program, model, *options):
        self.lines = []
        self.process = subprocess.Popen(
            [program, "serve", "--model", model, "--port", "0", *options], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        self.port = None
        self._listening = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        if not self._listening.wait(300) or self.port is None:
            self.process.kill()
            raise ServerError("the server does not listen:\n" + "\n".join(self.lines))

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if found := re.search(r"listening on http://[^ ]+:(\d+)$", line):
                self.port = int(found.group(1))
                self._listening.set()
        self._listening.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker(self):
        """The worker's process id."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        found = []
        # A process started by any thread is that thread's child.
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        if len(found) != 1:
            raise ServerError(f"the server has {len(found)} workers ({children})")
        return found[0]

    def resident_bytes(self):
        """Resident memory of the server and of its worker."""
        return [_resident(pid) for pid in (self.process.pid, self.worker)]

    def end(self, patience=60):
        """Tells it to end; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is not None:
            if kind is None:
                raise ServerError(f"the server ended with {self.process.returncode}:\n" + "\n".join(self.lines[-20:]))
            return
        try:
            status = self.end()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerError("the server did not end when it was told to") from None
        if kind is None and status != 0:
            raise ServerError(f"the server ended with {status}:\n" + "\n".join(self.lines[-20:]))


def _resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
