"""Texts sent through the model, each token given those before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mlx.core as mx
import numpy as np

from .generation import PREFILL_MICRO_BATCHES, Advance, Report, require_tokens
from .problem import WorkerProblem
from .scoring import Context
from .softmax import LogSoftmax

# Most bytes of logits that one product may take.
LOGIT_BYTES = 1 << 28

Text = dict[str, Any]


def follow(context: Context, parameters: dict[str, Any], report: Report) -> None:
    """Reports `followed` for each text: -ln p of its tokens, and the likeliest tokens in their places."""
    texts: list[Text] = parameters["texts"]
    for text in texts:
        if not text["prompt"]:
            raise WorkerProblem(f"text {text['index']} has no prompt to begin with")
        # The last token is predicted, but predicts nothing.
        require_tokens(context, text["prompt"] + text["continuation"], f"text {text['index']}", room=-1)
    advance = Advance(report)
    for group in _groups(context, texts):
        sequences = [(text["prompt"] + text["continuation"])[:-1] or text["prompt"] for text in group]
        length = max(map(len, sequences))
        # Padding after a text is seen by none of its tokens.
        tokens = mx.array([sequence + [0] * (length - len(sequence)) for sequence in sequences])
        step = max(1, PREFILL_MICRO_BATCHES * context.micro_batch // len(group))
        hidden = context.network.hidden(tokens, None, step)
        for row, text in enumerate(group):
            report("followed", {"index": text["index"], "output": _followed(context, hidden[row], text)})
        advance.count(sum(map(len, sequences)))


def _groups(context: Context, texts: list[Text]) -> Iterator[list[Text]]:
    """Texts to compute side by side, in order: as many as there are sequences, within a limit of tokens."""
    group: list[Text] = []
    longest = 0
    for text in texts:
        length = len(text["prompt"]) + len(text["continuation"])
        tokens = (len(group) + 1) * max(longest, length)
        is_full = len(group) == context.parallel_sequences or tokens > PREFILL_MICRO_BATCHES * context.micro_batch
        if group and is_full:
            yield group
            group, longest = [], 0
        group.append(text)
        longest = max(longest, length)
    if group:
        yield group


def _followed(context: Context, hidden: mx.array, text: Text) -> dict[str, Any]:
    """A text's FollowedText from the hidden states of its sequence."""
    first, targets = len(text["prompt"]) - 1, np.asarray(text["continuation"], np.int32)
    most = max(1, LOGIT_BYTES // (4 * context.model.vocabulary))
    nats: list[float] = []
    choices: list[int] = []
    for start in range(0, len(targets), most):
        rows = targets[start : start + most]
        softmax = LogSoftmax.of(np.asarray(context.network.head(hidden[first + start : first + start + len(rows)])))
        nats += softmax.nats(rows).astype(np.float32).tolist()
        choices += softmax.likeliest().tolist()
    return {"nats": nats, "choices": choices}
