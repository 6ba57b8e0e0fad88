"""The worker's end of the pipe to the lab: a four-byte little-endian length, then that many bytes of UTF-8 JSON."""

from __future__ import annotations

import json
import os
import queue
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

# Exit codes of the lab (Sources/LabCore/ExitCode.swift).
PASS, USAGE, UNAVAILABLE = 0, 2, 4
# Longest frame accepted, bytes (Frame.maximumLength).
MAXIMUM_LENGTH = 1 << 28


def complain(message: str) -> None:
    """Writes a line to standard error, where the lab looks for a worker's last words."""
    print(f"mlx worker: {message}", file=sys.stderr, flush=True)


class Wire:
    """Takes standard output for events and points file descriptor 1 at standard error, so that nothing a library
    prints can end up between two frames.

    Requests are read on a thread of their own, so that the worker ends at once when the lab is gone, even in the
    middle of a computation. They are handled on the main thread, the only one that touches MLX.
    """

    def __init__(self) -> None:
        self._input = os.fdopen(os.dup(0), "rb")
        self._output = os.dup(1)
        os.dup2(2, 1)
        self._requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def serve(self, handle: Callable[[dict[str, Any]], None]) -> None:
        """Calls `handle` for each request, in order, until the lab closes the pipe, which ends the process."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while True:
            handle(self._requests.get())

    def send(self, identifier: int, event: str, payload: Any = None) -> None:
        """Sends an event; ends the process when nobody listens any more."""
        message = {"id": identifier, "event": event}
        if payload is not None:
            message["payload"] = payload
        self.send_frame(json.dumps(message, allow_nan=False, separators=(",", ":")).encode())

    def next_request(self, waits: bool) -> dict[str, Any] | None:
        """The next request, for a worker that serves; None where there is none and it does not wait."""
        try:
            return self._requests.get(block=waits)
        except queue.Empty:
            return None

    def send_frame(self, payload: bytes) -> None:
        """Sends a frame; ends the process when nobody listens any more."""
        frame = memoryview(struct.pack("<I", len(payload)) + payload)
        try:
            while frame:
                frame = frame[os.write(self._output, frame) :]
        except OSError as error:
            complain(f"cannot answer: {error}")
            os._exit(UNAVAILABLE)

    def _read(self) -> None:
        try:
            while (payload := self._next()) is not None:
                request = json.loads(payload)
                if not isinstance(request, dict) or not isinstance(request.get("id"), int):
                    raise ValueError("it has no number")
                self._requests.put(request)
        except Exception as error:  # Whatever it is, there is no frame to answer.
            complain(f"unreadable request: {error}")
            os._exit(USAGE)
        os._exit(PASS)

    def _next(self) -> bytes | None:
        prefix = self._exactly(4)
        if prefix is None:
            return None
        (length,) = struct.unpack("<I", prefix)
        if length > MAXIMUM_LENGTH:
            raise ValueError(f"a frame of {length} bytes")
        payload = self._exactly(length)
        if payload is None:
            raise ValueError("the stream ended inside a frame")
        return payload

    def _exactly(self, count: int) -> bytes | None:
        """So many bytes; None at a clean end of the stream."""
        data = self._input.read(count)
        if len(data) == count:
            return data
        if data:
            raise ValueError("the stream ended inside a frame")
        return None
