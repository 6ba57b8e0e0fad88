"""Requests that come and go, answered by a worker that serves."""

from __future__ import annotations

import base64
import json
import struct
import unittest
from typing import Any

from .support import CHECKPOINT, GREEDY, Payload, generate, mlx_worker, prompts, source

SAMPLING: Payload = {
    "sampling": GREEDY, "minP": 0, "seed": 1, "presencePenalty": 0, "frequencyPenalty": 0, "repetitionPenalty": 1,
    "bias": [], "ignoresEnd": False,
}


def asked(source: Payload, **settings: Any) -> Payload:
    """ServedPrompt."""
    return {"source": source, "sampling": SAMPLING, "stops": [], **settings}


def conversation(row: Payload) -> Payload:
    """A line of a prompt set as a source."""
    return {"conversation": {"_0": {"messages": json.dumps(row["messages"]), "isThinking": row["thinking"]}}}


class ServingTests(unittest.TestCase):
    def setUp(self) -> None:
        self.worker = mlx_worker(CHECKPOINT, parallelSequences=4)
        self.worker.send("serve", {"promptTokensPerStep": 512})
        start = self.worker.receive()
        self.assertEqual(start["event"], "serving")
        self.assertEqual(start["payload"], {"slots": 4, "contextLength": 512, "hasChatTemplate": True})
        self.texts: dict[tuple[int, int], str] = {}
        self.events: dict[int, list[Payload]] = {}

    def tearDown(self) -> None:
        self.worker.close()

    def ask(self, identifier: int, begin: Payload | None) -> None:
        request = {"id": identifier} if begin is None else {"id": identifier, "begin": begin}
        self.worker.write(json.dumps(request).encode())

    def receive(self) -> None:
        """Takes one frame."""
        output = self.worker.process.stdout
        assert output
        (length,) = struct.unpack("<I", output.read(4))
        frame = output.read(length)
        if frame[:1] != b"\0":
            for event in json.loads(frame):
                self.events.setdefault(event["id"], []).append(event["event"])
            return
        place = 1
        while place < len(frame):
            identifier, part, length = struct.unpack_from("<IBI", frame, place)
            place += 9
            key = (identifier, part)
            self.texts[key] = self.texts.get(key, "") + frame[place : place + length].decode()
            place += length

    def last(self, identifier: int) -> Payload:
        """The event that closes a request."""
        while not any(kind in event for event in self.events.get(identifier, []) for kind in ("finished", "failed")):
            self.receive()
        return self.events[identifier][-1]

    def test_writes_what_generate_writes(self) -> None:
        rows = prompts("thinking", 5) + prompts("languages", 5)
        other = mlx_worker(CHECKPOINT, parallelSequences=4)
        rendered = other.call("render", {"prompts": [source(row) for row in rows]})
        expected = generate(other, rendered, limit=100)
        other.close()
        for index, row in enumerate(rows):
            self.ask(index, asked(conversation(row), maximumTokens=100))
        for index, output in enumerate(expected):
            end = self.last(index)["finished"]["_0"]
            self.assertEqual(end["writtenTokens"], len(output["tokens"]))
            self.assertEqual(end["reason"], output["finish"])
            self.assertEqual(self.texts.get((index, 0), "").strip(), output["answer"].strip())
            self.assertEqual(self.texts.get((index, 1), "").strip(), (output.get("thought") or "").strip())

    def test_ends_at_a_stop_text_and_when_given_up(self) -> None:
        free = asked({"text": {"_0": "The cat"}}, maximumTokens=20)
        self.ask(1, free)
        self.last(1)
        text = self.texts[1, 0]
        self.ask(2, {**free, "stops": [text[6:10]]})
        self.assertEqual(self.last(2)["finished"]["_0"]["stop"], text[6:10])
        self.assertEqual(self.texts[2, 0], text[: text.index(text[6:10])])
        self.ask(3, {**free, "maximumTokens": 400, "sampling": {**SAMPLING, "ignoresEnd": True}})
        while (3, 0) not in self.texts:
            self.receive()
        self.ask(3, None)
        self.assertEqual(self.last(3)["finished"]["_0"]["reason"], "cancelled")

    def test_tells_probabilities(self) -> None:
        self.ask(1, asked({"text": {"_0": "The cat"}}, maximumTokens=3, alternatives=2, promptAlternatives=1))
        self.last(1)
        told = [event["prompt"]["_0"] for event in self.events[1] if "prompt" in event][0]
        self.assertEqual(b"".join(base64.b64decode(token["bytes"]) for token in told), b"The cat")
        self.assertNotIn("logProbability", told[0])
        written = [token for event in self.events[1] if "tokens" in event for token in event["tokens"]["_0"]]
        self.assertEqual(len(written), 3)
        for token in written:
            self.assertEqual(token["alternatives"][0]["token"], token["token"])
            self.assertLess(token["logProbability"], 0)

    def test_refuses_what_cannot_be(self) -> None:
        text: Payload = {"text": {"_0": "a"}}
        cases = [
            (asked({"text": {"_0": "word " * 2000}}), "context_length"), (asked({"text": {"_0": ""}}), "request"),
            (asked({"tokens": {"_0": [1, 99_999]}}), "request"), (asked(text, grammar="root ::= \"a\""), "request"),
            (asked({"conversation": {"_0": {"messages": "[]", "tools": "[{}]"}}}), "request"),
        ]
        odd: list[Any] = [
            5, ["a"], [{"role": "user", "content": ["hi"]}], [{"role": "user", "content": 5}],
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}}]}],
            [{"role": "user", "content": [{"type": "text", "text": 5}]}],
        ]
        cases += [(asked({"conversation": {"_0": {"messages": json.dumps(messages)}}}), "request") for messages in odd]
        cases.append(({"source": text}, "request"))
        for identifier, (begin, cause) in enumerate(cases):
            self.ask(identifier, begin)
            self.assertEqual(self.last(identifier)["failed"]["_0"]["cause"], cause)
        self.ask(98, asked(
            {"conversation": {"_0": {"messages": '[{"role":"user","content":[{"type":"text","text":"Hi"}]}]'}}},
            maximumTokens=1))
        self.assertIn("finished", self.last(98))
        self.ask(99, asked(text, maximumTokens=2))
        self.assertEqual(self.last(99)["finished"]["_0"]["reason"], "length")


if __name__ == "__main__":
    unittest.main()
