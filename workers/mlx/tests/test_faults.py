"""A worker ends when the lab is gone, says why it cannot go on, and outlives what it cannot do."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
import unittest

from .support import (
    CHECKPOINT, GREEDY, MLX_WORKER, ROOT, Ended, Failed, Worker, held_out_text, load_parameters, mlx_worker, prompts,
    source,
)

# A program that has the wire and prints, as a library might.
PRINTING = """
import os, sys
from lab_mlx.wire import Wire
wire = Wire()
print("a word", flush=True)
os.system("echo the word of a child")
wire.send(1, "done")
print("another", flush=True)
"""


class EndTests(unittest.TestCase):
    def test_the_end_of_its_input_ends_an_idle_worker(self) -> None:
        worker = mlx_worker()
        worker.call("hello")
        self.assertEqual(worker.close(), 0)

    def test_the_end_of_its_input_ends_a_worker_in_the_middle_of_a_computation(self) -> None:
        for method in ("score", "generate"):
            with self.subTest(method):
                worker = mlx_worker(CHECKPOINT, contextLength=2048, parallelSequences=4)
                if method == "score":
                    count = len(worker.call("chunk", {"text": held_out_text(), "contextLength": 2048})["digests"])
                    worker.send("score", {"chunks": list(range(count)) * 20})
                else:
                    rendered = worker.call("render", {"prompts": [source(row) for row in prompts("continuations")]})
                    asked = [{"index": i, "tokens": p["tokens"], "seed": i} for i, p in enumerate(rendered)]
                    worker.send("generate", {
                        "prompts": asked, "maximumTokens": 2000, "sampling": {**GREEDY, "temperature": 1}})
                worker.receive()
                began = time.monotonic()
                self.assertEqual(worker.close(), 0)
                self.assertLess(time.monotonic() - began, 5)

    def test_a_killed_worker_has_delivered_what_was_done(self) -> None:
        worker = mlx_worker(CHECKPOINT)
        worker.call("chunk", {"text": held_out_text(), "contextLength": 512})
        arrived = []
        with self.assertRaises(Ended):
            for payload in worker.stream("score", {"chunks": list(range(100))}):
                arrived.append(payload["index"])
                if len(arrived) == 3:
                    worker.process.kill()
        self.assertEqual(arrived[:3], [0, 1, 2])
        self.assertLess(len(arrived), 100)
        self.assertEqual(worker.close(), -signal.SIGKILL)

    def test_signals_end_it_without_a_trace(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                worker = mlx_worker()
                worker.call("hello")
                worker.process.send_signal(number)
                self.assertEqual(worker.process.wait(timeout=10), -number)
                self.assertNotIn("Traceback", worker.last_words())
                worker.close()

    def test_what_is_no_request_ends_it_with_a_reason(self) -> None:
        frames = {
            "no JSON": (struct.pack("<I", 5) + b"hello", "unreadable request"),
            "no object": (struct.pack("<I", 4) + b"[17]", "it has no number"),
            "too long": (struct.pack("<I", 1 << 30), "a frame of 1073741824 bytes"),
            "half a length": (b"\x05\x00", "ended inside a frame"),
            "half a frame": (struct.pack("<I", 100) + b'{"id": 1', "ended inside a frame"),
        }
        for name, (data, reason) in frames.items():
            with self.subTest(name):
                worker = Worker(MLX_WORKER)
                assert worker.process.stdin
                worker.process.stdin.write(data)
                worker.process.stdin.close()
                self.assertEqual(worker.process.wait(timeout=30), 2)
                self.assertIn(reason, worker.last_words())
                with self.assertRaises(Ended):
                    worker.receive()
                worker.close()

    def test_it_ends_when_nobody_listens(self) -> None:
        worker = mlx_worker()
        assert worker.process.stdout
        worker.process.stdout.close()
        worker.send("hello")
        self.assertEqual(worker.process.wait(timeout=30), 4)
        self.assertIn("cannot answer", worker.last_words())
        worker.close()

    def test_what_libraries_print_is_not_between_frames(self) -> None:
        found = subprocess.run(
            [sys.executable, "-c", PRINTING], capture_output=True, check=True, cwd=ROOT / "workers" / "mlx")
        text = b'{"id":1,"event":"done"}'
        self.assertEqual(found.stdout, struct.pack("<I", len(text)) + text)
        self.assertEqual(found.stderr.decode().splitlines(), ["a word", "the word of a child", "another"])

    def test_an_environment_without_mlx_is_named(self) -> None:
        # Without the packages of the environment there is no MLX.
        worker = Worker([sys.executable, "-S", *MLX_WORKER[1:]])
        with self.assertRaises(Ended):
            worker.call("hello")
        self.assertEqual(worker.close(), 4)


class RefusalTests(unittest.TestCase):
    worker: Worker

    @classmethod
    def setUpClass(cls) -> None:
        cls.worker = mlx_worker()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.worker.close()

    def test_what_cannot_be_done_is_an_event_and_the_worker_lives_on(self) -> None:
        nothing = {"chunks": [0]}
        for method, parameters, reason in [
            ("calibrate", nothing, "no sums for an importance matrix"),
            ("restore_calibration", {"name": "a"}, "no sums for an importance matrix"),
            ("score", nothing, "no artifact"), ("generate", {"prompts": []}, "no artifact"),
            ("render", {"prompts": []}, "no artifact"), ("follow", {"texts": []}, "no artifact"),
            ("load", {"path": "/"}, "backend"),
        ]:
            with self.subTest(method), self.assertRaises(Failed) as caught:
                self.worker.call(method, parameters)
            self.assertIn(reason, caught.exception.failure["message"])
        self.assertTrue(self.worker.call("hello")["engine"]["build"].startswith("mlx-lm 0.32.2, mlx 0.32.4-"))

    def test_a_request_that_does_not_exist_is_refused_by_name(self) -> None:
        worker = mlx_worker(CHECKPOINT, vocabularyOnly=True)
        with self.assertRaisesRegex(Failed, "dance"):
            worker.call("dance", {})
        for method in ("score", "generate", "follow"):
            # The vocabulary alone cannot compute.
            with self.subTest(method), self.assertRaisesRegex(Failed, "no artifact"):
                worker.call(method, {"chunks": [0], "prompts": [], "texts": []})
        worker.close()

    def test_it_says_who_it_is(self) -> None:
        greeting = self.worker.call("hello")
        self.assertEqual(greeting, self.worker.call("hello") | {"devices": greeting["devices"]})
        connected = self.worker.call("connect", {"backend": "mlx"})
        self.assertEqual(greeting, connected | {"devices": greeting["devices"]})
        (device,) = greeting["devices"]
        self.assertEqual((device["name"], device["registry"]), ("MLX", "MLX"))
        self.assertTrue(0 < device["memoryFreeBytes"] <= device["memoryTotalBytes"])
        self.assertIn("weights ", device["description"])
        self.assertIn(os.uname().machine, greeting["cpuFeatures"])
        self.assertIn("mlx-lm 0.32.2", greeting["engine"]["libraries"])
        for digest in greeting["engine"]["libraries"].values():
            self.assertRegex(digest, "^[0-9a-f]{64}$")

    def test_a_device_that_is_not_mlx_is_missing(self) -> None:
        with self.assertRaises(Failed) as caught:
            self.worker.call("load", load_parameters(CHECKPOINT, backend="cuda"))
        self.assertTrue(caught.exception.failure["isBackendMissing"])


if __name__ == "__main__":
    unittest.main()
