"""Takes requests from the wire, has them done and answers them."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import engine
from .problem import WorkerProblem
from .wire import UNAVAILABLE, Wire, complain

if TYPE_CHECKING:
    from .session import Session

# Sends an event of the request at hand before its closing one.
Report = Callable[[str, Any], None]


class Worker:
    """Answers requests one after another.

    Who the worker is takes no libraries but MLX itself; the others are imported by the first `load`, which takes
    seconds.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._session: Session | None = None

    def answer(self, request: dict[str, Any]) -> None:
        """Does a request and sends its events, the closing one last."""
        identifier = request["id"]

        def report(event: str, payload: Any) -> None:
            self._wire.send(identifier, event, payload)

        try:
            closing = self._perform(str(request.get("method")), request.get("parameters") or {}, report)
        except WorkerProblem as problem:
            closing = ("failed", problem.failure)
        except Exception as error:  # The lab gets every failure as an event, and the trace as last words.
            traceback.print_exc()
            closing = ("failed", {"message": f"{type(error).__name__}: {error}", "isBackendMissing": False})
        self._wire.send(identifier, *closing)

    def _perform(self, method: str, parameters: dict[str, Any], report: Report) -> tuple[str, Any]:
        """Does a request; returns its closing event with its payload, None where it has none."""
        # There is one device, and it is there.
        if method in ("hello", "connect"):
            return "greeted", greeting()
        if method in ("calibrate", "restore_calibration"):
            raise WorkerProblem(
                "mlx-lm collects no sums for an importance matrix",
                "calibrate on the cpu backend; MLX's quantization uses no importance matrix")
        if method == "load":
            return "loaded", self._started().load(parameters)
        if self._session is None:
            raise WorkerProblem("no artifact is loaded")
        if method == "serve":
            serving = self._session.serving(self._wire)
            # A terminal sends Ctrl-C to the worker too, and it is the lab that decides what that stops.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            report("serving", serving.start())
            serving.run()
        return self._session.perform(method, parameters, report)

    def _started(self) -> Session:
        if self._session is None:
            prepare_libraries()
            from .session import Session

            self._session = Session(engine.Device.current())
        return self._session


def greeting() -> dict[str, Any]:
    """The payload of `greeted`."""
    device = engine.Device.current()
    return {
        "engine": engine.record(),
        "devices": [{
            "name": "MLX", "registry": "MLX", "description": f"{device.name}, {device.arithmetic}",
            "memoryFreeBytes": device.memory.free, "memoryTotalBytes": device.memory.total,
        }],
        "cpuFeatures": device.features,
    }


def prepare_libraries() -> None:
    """What numpy, transformers and huggingface_hub read from the environment when they are imported."""
    # The worker has threads of its own (cpu.Threads).
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    # An artifact is a folder; nothing is fetched.
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    warnings.simplefilter("ignore")


def main() -> None:
    """Runs the worker until the lab closes its standard input."""
    # A process inherits the signals that its parent's thread had blocked; a worker must stay stoppable.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    faulthandler.enable()
    wire = Wire()
    try:
        import mlx.core  # noqa: F401
    except ImportError as error:
        complain(f"MLX cannot be imported by {sys.executable}: {error}")
        os._exit(UNAVAILABLE)
    wire.serve(Worker(wire).answer)
