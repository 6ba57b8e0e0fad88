"""Continuations of prompts, as many at a time as the context has sequences."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import mlx.core as mx
import numpy as np

from .chat import AnswerFormat, cut_bytes
from .model import Network
from .problem import WorkerProblem
from .sampling import Sampling
from .scoring import Context
from .text import Tokenizer

Report = Callable[[str, Any], None]
# Tokens of prompts computed at a time, for each token of the micro-batch: prompts are short beside windows of a text.
PREFILL_MICRO_BATCHES = 4


class Advance:
    """Counts tokens and tells of them every second."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._tokens = 0
        self._last = time.monotonic()

    def count(self, tokens: int) -> None:
        """Adds tokens that were computed."""
        self._tokens += tokens
        now = time.monotonic()
        if now - self._last >= 1:
            self._last = now
            self._report("advanced", self._tokens)


@dataclass
class Continuation:
    """A prompt and what has been written after it."""

    index: int
    prompt: list[int]
    format: AnswerFormat | None
    seed: int
    # Most tokens to write.
    limit: int
    # What has been written, without the token that ends it.
    tokens: list[int] = field(default_factory=list)

    def take(self, token: int, tokenizer: Tokenizer) -> str | None:
        """Takes the token that was chosen; says why the text is whole, "stop" or "length", None when it goes on."""
        if token in tokenizer.ends:
            return "stop"
        self.tokens.append(token)
        return "length" if len(self.tokens) >= self.limit else None

    def output(self, finish: str, tokenizer: Tokenizer) -> dict[str, Any]:
        """The whole text taken apart: GeneratedText."""
        return generated_text(self.tokens, finish, self.format, tokenizer)


def generated_text(
    tokens: list[int], finish: str, format: AnswerFormat | None, tokenizer: Tokenizer,
) -> dict[str, Any]:
    """What tokens say, taken apart: GeneratedText."""
    pieces = [tokenizer.piece(token) for token in tokens]
    starts = np.cumsum([0, *map(len, pieces)]).tolist()[: len(tokens)]
    text = b"".join(pieces)
    whole = text[: len(text) - cut_bytes(text)] if finish == "length" else text
    said = text.decode(errors="replace")
    output: dict[str, Any] = {
        "text": said, "tokens": tokens, "finish": finish, "isUTF8": _is_utf8(whole), "answer": said,
        "thoughtTokens": 0, "isThoughtClosed": True,
    }
    if format is None:
        return output

    parts = format.parse(text)
    output["answer"] = parts.content
    # A stop token that was not obeyed ends the answer, though the text goes on.
    controls = (
        start for token, start in zip(tokens, starts) if token in tokenizer.control and start >= parts.content_start)
    if (control := next(controls, None)) is not None:
        output["answer"] = format.parse(text[:control]).content
    if parts.thought is not None or parts.is_thought_open:
        output |= {
            "thought": parts.thought or "", "isThoughtClosed": not parts.is_thought_open,
            "thoughtTokens": sum(start < parts.content_start for start in starts),
        }
    return output


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class Batch:
    """The sequences that are written at present, and their keys and values.

    Sequences lie right-justified side by side; those that joined later, or are shorter, have padding before them,
    which nothing sees.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._network: Network = context.network
        self.sequences: list[Continuation] = []
        self._cache: list[Any] = []

    def prefill(self, sequences: list[Continuation]) -> np.ndarray:
        """Adds sequences and computes their prompts; returns the logits after each, [sequences, vocabulary]."""
        length = max(len(sequence.prompt) for sequence in sequences)
        padding = [length - len(sequence.prompt) for sequence in sequences]
        tokens = mx.array([[0] * pad + sequence.prompt for pad, sequence in zip(padding, sequences)])
        cache = self._network.make_padded_cache(padding)
        step = max(1, PREFILL_MICRO_BATCHES * self._context.micro_batch // len(sequences))
        hidden = self._network.hidden(tokens, cache, step)[:, -1]
        logits = np.asarray(self._network.head(hidden))
        if self.sequences:
            for own, joining in zip(self._cache, cache):
                own.extend(joining)
        else:
            self._cache = cache
        self.sequences = self.sequences + sequences
        return logits

    def step(self) -> np.ndarray:
        """Computes the last token of each sequence; returns the logits after it, [sequences, vocabulary]."""
        tokens = mx.array([[sequence.tokens[-1]] for sequence in self.sequences])
        return np.asarray(self._network.head(self._network.body(tokens, self._cache)[:, -1]))

    def keep(self, rows: list[int]) -> None:
        """Drops all sequences but those of these rows."""
        if len(rows) == len(self.sequences):
            return
        self.sequences = [self.sequences[row] for row in rows]
        if not rows:
            self._cache = []
        for each in self._cache:
            each.filter(rows)


def generate(context: Context, parameters: dict[str, Any], report: Report) -> None:
    """Continues prompts and reports `completed` for each as soon as its text is whole.

    A sequence whose text is whole makes room for the next prompt while the others go on. What is drawn depends on a
    prompt's seed and the step alone, as in the llama.cpp worker.
    """
    sampling = Sampling.decoding(parameters["sampling"])
    waiting = deque(_continuations(context, parameters))
    # Sequences without padding cannot lie side by side where a cache knows none.
    room = context.parallel_sequences if context.network.can_pad else 1
    batch, advance = Batch(context), Advance(report)

    def choose(rows: np.ndarray, first: int) -> list[int]:
        """Takes the next token of sequences from the row `first` on; returns the rows of those that go on."""
        going = []
        for row, logits in enumerate(rows, first):
            sequence = batch.sequences[row]
            token = sampling.choose(logits, sequence.seed, len(sequence.tokens))
            if finish := sequence.take(token, context.model.tokenizer):
                output = sequence.output(finish, context.model.tokenizer)
                report("completed", {"index": sequence.index, "output": output})
            else:
                going.append(row)
        return going

    while waiting or batch.sequences:
        going = list(range(len(batch.sequences)))
        if going:
            going = choose(batch.step(), 0)
            advance.count(len(batch.sequences))
            batch.keep(going)
        free = room - len(batch.sequences)
        # One prompt alone costs nearly what several cost together.
        if waiting and (free >= min(len(waiting), max(1, room // 4))):
            joining = [waiting.popleft() for _ in range(min(free, len(waiting)))]
            first = len(batch.sequences)
            logits = batch.prefill(joining)
            advance.count(sum(len(sequence.prompt) for sequence in joining))
            batch.keep(list(range(first)) + choose(logits, first))


def _continuations(context: Context, parameters: dict[str, Any]) -> list[Continuation]:
    maximum = int(parameters["maximumTokens"])
    if maximum <= 0:
        raise WorkerProblem("no tokens are asked for")
    formats: dict[str, AnswerFormat] = {}
    found = []
    for prompt in parameters["prompts"]:
        tokens, text = prompt["tokens"], prompt.get("format")
        require_tokens(context, tokens, f"prompt {prompt['index']}", room=1)
        if text is not None and text not in formats:
            formats[text] = AnswerFormat.decoding(text)
        limit = min(maximum, context.context_length - len(tokens))
        found.append(Continuation(
            prompt["index"], tokens, None if text is None else formats[text], int(prompt["seed"]), limit))
    return found


def require_tokens(context: Context, tokens: list[int], name: str, room: int) -> None:
    """Throws unless there are tokens, all of the vocabulary, that leave so much room in the context."""
    if not tokens:
        raise WorkerProblem(f"{name} has no tokens")
    if len(tokens) + room > context.context_length:
        raise WorkerProblem(
            f"{name} has {len(tokens)} tokens; the context holds {context.context_length}", "ask for a longer context")
    if not all(0 <= token < context.model.vocabulary for token in tokens):
        raise WorkerProblem(
            f"{name} has tokens that are none of the vocabulary", "render it with this artifact")
