"""Requests that come and go while others are answered: the form of ServingFrame.swift.

Grammars, JSON schemas and tools are the llama.cpp worker's alone; keys and values of answers are not kept.
"""

from __future__ import annotations

import base64
import json
import time
from collections import deque
from typing import Any, Protocol

import numpy as np

from .chat import AnswerFormat, ChatTemplate, cut_bytes
from .generation import PREFILL_MICRO_BATCHES, Batch
from .problem import WorkerProblem
from .sampling import Sampling, largest
from .scoring import Context
from .softmax import LogSoftmax

CONTENT, THOUGHT = 0, 1


class Link(Protocol):
    """Where requests come from and events go."""

    def next_request(self, waits: bool) -> dict[str, Any] | None:
        """A request; None where there is none and it does not wait."""

    def send_frame(self, payload: bytes) -> None:
        """Sends a frame."""


class Refusal(Exception):
    """A request that cannot be answered, with its cause in ServedFailure."""

    def __init__(self, message: str, cause: str = "request") -> None:
        super().__init__(message)
        self.failure = {"cause": cause, "message": message}


def _content(message: dict[str, Any]) -> str:
    """What a message says, of its parts too."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Refusal("a message's content is no text")
    texts = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise Refusal("a message's content has a part that is no text")
        texts.append(part["text"])
    return "".join(texts)


class Answer:
    """A request and what has been written for it; lies in a batch as a Continuation does."""

    def __init__(self, identifier: int, asked: dict[str, Any], prompt: list[int], format: AnswerFormat | None) -> None:
        self.identifier = identifier
        self.asked = asked
        self.prompt = prompt
        self.format = format
        self.tokens: list[int] = []
        self.arrival = time.monotonic()
        self.first: float | None = None
        self.stop: str | None = None
        sampling = asked["sampling"]
        self.sampling = Sampling.decoding(sampling["sampling"])
        self.bias = dict(zip(sampling["bias"][::2], sampling["bias"][1::2]))
        self.stops = [stop.encode() for stop in asked["stops"]]
        # Bytes that were written where they are taken apart, those that wait, and what went out of each part.
        self._text = b""
        self._held = b""
        self._sent = {CONTENT: "", THOUGHT: ""}

    def choose(self, logits: np.ndarray, ends: frozenset[int]) -> int:
        """The next token."""
        sampling, logits = self.asked["sampling"], logits.astype(np.float32)
        for token, bias in self.bias.items():
            logits[token] += bias
        if sampling["ignoresEnd"]:
            logits[list(ends)] = -np.inf
        self._penalize(logits, sampling)
        if sampling["minP"] > 0 and self.sampling.temperature > 0:
            least = logits.max() + self.sampling.temperature * np.log(sampling["minP"])
            logits[logits < least] = -np.inf
        return self.sampling.choose(logits, int(sampling["seed"]), len(self.tokens))

    def _penalize(self, logits: np.ndarray, sampling: dict[str, Any]) -> None:
        repetition = sampling["repetitionPenalty"]
        if repetition != 1:
            seen = list({*self.prompt, *self.tokens})
            logits[seen] = np.where(logits[seen] > 0, logits[seen] / repetition, logits[seen] * repetition)
        if sampling["presencePenalty"] or sampling["frequencyPenalty"]:
            written, counts = np.unique(self.tokens, return_counts=True)
            if len(written):
                logits[written] -= sampling["presencePenalty"] + counts * sampling["frequencyPenalty"]

    def take(self, piece: bytes) -> list[tuple[int, str]]:
        """Takes a token's bytes; what goes out, by its part. `stop` is set where a text ended the answer."""
        self._held += piece
        found = [(place, stop) for stop in self.stops if (place := self._held.find(stop)) >= 0]
        if found:
            place, stop = min(found)
            self.stop = stop.decode()
            passed, self._held = self._held[:place], b""
            return self._parts(passed)
        kept = max([cut_bytes(self._held)] + [
            count for stop in self.stops for count in range(1, len(stop)) if self._held.endswith(stop[:count])])
        passed = self._held[: len(self._held) - kept]
        self._held = self._held[len(passed) :]
        return self._parts(passed)

    def finish(self) -> list[tuple[int, str]]:
        """What is left at the end."""
        passed, self._held = self._held, b""
        return self._parts(passed)

    def _parts(self, passed: bytes) -> list[tuple[int, str]]:
        if not passed:
            return []
        if self.format is None:
            return [(CONTENT, passed.decode(errors="replace"))]
        self._text += passed
        found = self.format.parse(self._text)
        out = []
        for part, text in ((THOUGHT, found.thought or ""), (CONTENT, found.content)):
            if len(text) > len(self._sent[part]) and text.startswith(self._sent[part]):
                out.append((part, text[len(self._sent[part]) :]))
                self._sent[part] = text
        return out

    def end(self, reason: str) -> dict[str, Any]:
        """ServedFinish."""
        now = time.monotonic()
        first = self.first or now
        end = {
            "reason": reason, "promptTokens": len(self.prompt), "cachedTokens": 0, "writtenTokens": len(self.tokens),
            "firstTokenSeconds": first - self.arrival, "writingSeconds": now - first,
        }
        return end if self.stop is None else {**end, "stop": self.stop}


class Serving:
    """Answers as many requests at a time as the context has sequences."""

    def __init__(self, context: Context, template: ChatTemplate | None, link: Link) -> None:
        self._context = context
        self._template = template
        self._link = link
        self._tokenizer = context.model.tokenizer
        self._room = context.parallel_sequences if context.network.can_pad else 1
        self._batch = Batch(context)
        self._waiting: deque[Answer] = deque()
        self._beat = time.monotonic()

    def start(self) -> dict[str, Any]:
        """ServingStart."""
        return {
            "slots": self._room, "contextLength": self._context.context_length,
            "hasChatTemplate": self._template is not None,
        }

    def run(self) -> None:
        """Serves until the process ends."""
        while True:
            is_idle = not self._waiting and not self._batch.sequences
            while (request := self._link.next_request(is_idle)) is not None:
                self._take(request)
                is_idle = False
            self._step()
            if time.monotonic() - self._beat > 1:
                self._beat = time.monotonic()
                self._link.send_frame(b"\0")

    def _take(self, request: dict[str, Any]) -> None:
        identifier, asked = request["id"], request.get("begin")
        if asked is None:
            self._cancel(identifier)
            return
        try:
            self._waiting.append(self._answer(identifier, asked))
        except Exception as error:  # A request may hold anything, and others are being answered.
            self._fail(identifier, error, "request")

    def _answer(self, identifier: int, asked: dict[str, Any]) -> Answer:
        if asked.get("grammar") is not None or asked.get("schema") is not None:
            raise Refusal("the mlx backend follows no grammar and no JSON schema")
        source, format = asked["source"], None
        if "tokens" in source:
            prompt = list(source["tokens"]["_0"])
        elif "text" in source:
            prompt = self._tokenizer.encode_prompt(source["text"]["_0"], parse_special=False)
        else:
            prompt, format = self._conversation(source["conversation"]["_0"])
        limit = asked.get("maximumTokens")
        if not prompt:
            raise Refusal("the prompt is empty")
        if len(prompt) + (limit != 0) > self._context.context_length:
            raise Refusal(
                f"the prompt has {len(prompt)} tokens, and the context holds {self._context.context_length} with the "
                "answer", "context_length")
        answer = Answer(identifier, asked, prompt, format)
        if not all(0 <= token < self._context.model.vocabulary for token in [*prompt, *answer.bias]):
            raise Refusal(f"a token is none of the vocabulary's {self._context.model.vocabulary}")
        return answer

    def _conversation(self, conversation: dict[str, Any]) -> tuple[list[int], AnswerFormat]:
        if conversation.get("tools") is not None:
            raise Refusal("the mlx backend calls no tools")
        if conversation.get("variables") is not None:
            raise Refusal("the mlx backend knows no variable of a template but enable_thinking")
        if self._template is None:
            raise Refusal("the model has no chat template")
        messages = []
        for message in json.loads(conversation["messages"]):
            if not isinstance(message, dict):
                raise Refusal("a message is no object")
            messages.append({**message, "content": _content(message)})
        text, format = self._template.render(messages, conversation.get("isThinking"))
        return self._tokenizer.encode_prompt(text, parse_special=True), format

    def _cancel(self, identifier: int) -> None:
        for answer in self._waiting:
            if answer.identifier == identifier:
                self._waiting.remove(answer)
                self._tell(identifier, "finished", {"_0": answer.end("cancelled")})
                return
        rows = [row for row, answer in enumerate(self._batch.sequences) if answer.identifier != identifier]
        for answer in self._batch.sequences:
            if answer.identifier == identifier:
                self._tell(identifier, "finished", {"_0": answer.end("cancelled")})
        self._batch.keep(rows)

    def _step(self) -> None:
        if self._batch.sequences:
            self._batch.keep(self._write(self._batch.step(), 0))
        # One prompt for each step, so that the texts that are being written go on.
        if self._waiting and len(self._batch.sequences) < self._room:
            answer = self._waiting.popleft()
            self._tell(answer.identifier, "started", {"promptTokens": len(answer.prompt)})
            try:
                self._begin(answer)
            except Exception as error:  # MLX raises many kinds.
                self._batch.keep([row for row, each in enumerate(self._batch.sequences) if each is not answer])
                self._fail(answer.identifier, error, "worker")

    def _begin(self, answer: Answer) -> None:
        self._tell_prompt(answer)
        if answer.asked.get("maximumTokens") == 0:
            self._tell(answer.identifier, "finished", {"_0": answer.end("length")})
            return
        first = len(self._batch.sequences)
        logits = self._batch.prefill([answer])
        self._batch.keep(list(range(first)) + self._write(logits, first))

    def _write(self, rows: np.ndarray, first: int) -> list[int]:
        """Takes the next token of sequences from the row `first` on; returns the rows of those that go on."""
        going = []
        for row, logits in enumerate(rows, first):
            answer = self._batch.sequences[row]
            try:
                reason = self._write_one(answer, np.asarray(logits))
            except Exception as error:  # Others are being answered.
                self._fail(answer.identifier, error, "worker")
                continue
            if reason is None:
                going.append(row)
                continue
            self._send_texts(answer, answer.finish())
            self._tell(answer.identifier, "finished", {"_0": answer.end(reason)})
        return going

    def _write_one(self, answer: Answer, logits: np.ndarray) -> str | None:
        token = answer.choose(logits, self._tokenizer.ends)
        answer.first = answer.first or time.monotonic()
        if token in self._tokenizer.ends:
            return "stop"
        answer.tokens.append(token)
        is_text = token not in self._tokenizer.control
        self._send_texts(answer, answer.take(self._tokenizer.piece(token) if is_text else b""))
        if (count := answer.asked.get("alternatives")) is not None:
            self._tell(answer.identifier, "tokens", {"_0": [self._described(token, logits, count)]})
        if answer.stop is not None:
            return "stop"
        limit = self._context.context_length - len(answer.prompt)
        return "length" if len(answer.tokens) >= min(answer.asked.get("maximumTokens") or limit, limit) else None

    def _tell_prompt(self, answer: Answer) -> None:
        """The log-probabilities of the prompt's tokens, where they are asked for."""
        import mlx.core as mx

        count = answer.asked.get("promptAlternatives")
        if count is None:
            return
        step = PREFILL_MICRO_BATCHES * self._context.micro_batch
        hidden = self._context.network.hidden(mx.array([answer.prompt]), None, step)[0]
        told = [self._described(answer.prompt[0], None, 0)]
        targets = answer.prompt[1:]
        for start in range(0, len(targets), self._context.micro_batch):
            tokens = targets[start : start + self._context.micro_batch]
            rows = np.asarray(self._context.network.head(hidden[start : start + len(tokens)]))
            told += [self._described(token, row, count) for token, row in zip(tokens, rows)]
        self._tell(answer.identifier, "prompt", {"_0": told})

    def _described(self, token: int, logits: np.ndarray | None, count: int) -> dict[str, Any]:
        """ServedToken."""
        described: dict[str, Any] = {"token": token, "bytes": self._bytes(token), "alternatives": []}
        if logits is None:
            return described
        likeliest = largest(logits, count) if count else np.empty(0, np.int64)
        nats = LogSoftmax.of(logits[None]).nats(np.array([[token, *likeliest]]))[0]
        # A probability of 0 has no logarithm.
        if np.isfinite(nats[0]):
            described["logProbability"] = -float(nats[0])
        described["alternatives"] = [
            {"token": int(other), "logProbability": -float(nat), "bytes": self._bytes(int(other))}
            for other, nat in zip(likeliest, nats[1:]) if np.isfinite(nat)]
        return described

    def _bytes(self, token: int) -> str:
        return base64.b64encode(self._tokenizer.piece(token)).decode()

    def _send_texts(self, answer: Answer, texts: list[tuple[int, str]]) -> None:
        frame = b"\0"
        for part, text in texts:
            content = text.encode()
            head = answer.identifier.to_bytes(4, "little") + bytes([part]) + len(content).to_bytes(4, "little")
            frame += head + content
        if len(frame) > 1:
            self._link.send_frame(frame)

    def _fail(self, identifier: int, error: Exception, cause: str) -> None:
        failure = {"cause": cause, "message": f"{type(error).__name__}: {error}"}
        if isinstance(error, WorkerProblem):
            failure["message"] = error.failure["message"]
        self._tell(identifier, "failed", {"_0": error.failure if isinstance(error, Refusal) else failure})

    def _tell(self, identifier: int, event: str, payload: dict[str, Any]) -> None:
        self._link.send_frame(json.dumps([{"id": identifier, "event": {event: payload}}]).encode())
