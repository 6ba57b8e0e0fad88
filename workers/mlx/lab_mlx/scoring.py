"""Scores of chunks, descriptions of predictions, and divergences from a parent."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .divergence import Estimates
from .model import Model, Network
from .predictions import Predictions, PredictionsError, Settings, predict
from .problem import WorkerProblem, not_finite
from .softmax import LogSoftmax, exact_divergence, logit_difference
from .text import digest_of

# How much of the text a person gets to see before a token.
CONTEXT_TOKENS = 24
# How many of a chunk's worst positions are kept (ChunkDivergence.worstCount).
WORST_COUNT = 4


@dataclass(frozen=True)
class Context:
    """A loaded network with the way it is computed."""

    model: Model
    network: Network
    context_length: int
    parallel_sequences: int
    # Tokens computed at a time.
    micro_batch: int
    threads: int

    def softmax(self, chunk: list[int]) -> LogSoftmax:
        """The predictions of the tokens after a chunk's first half, each given all tokens before it.

        The chunk goes through alone, so that its score does not depend on those beside it. The last position predicts
        a token outside the chunk and is left out.
        """
        logits = self.network.logits(chunk, len(chunk) // 2, self.micro_batch)[:-1]
        if logits.shape[1] != self.model.vocabulary:
            raise WorkerProblem(
                f"{self.model.path} predicts {logits.shape[1]} tokens, and its config.json says "
                f"{self.model.vocabulary}", "convert the checkpoint again")
        return LogSoftmax.of(logits)

    def parallel(self, function: Callable[[int], None], rows: Iterable[int]) -> None:
        """Calls a function for each row, on all threads."""
        with ThreadPoolExecutor(self.threads) as executor:
            for _ in executor.map(function, rows):
                pass


def scored_tokens(chunk: list[int]) -> np.ndarray:
    """The tokens of a chunk that are scored."""
    return np.asarray(chunk[len(chunk) // 2 + 1 :], np.int32)


def score(context: Context, chunk: list[int]) -> dict[str, Any]:
    """A chunk's ChunkScore."""
    return chunk_score(context.softmax(chunk).nats(scored_tokens(chunk)))


def chunk_score(nats: np.ndarray) -> dict[str, Any]:
    """The score of a chunk from its tokens' -ln p."""
    total = float(nats.sum())
    if not np.isfinite(total):
        raise not_finite()
    return {"nllSumNats": total, "tokenCount": len(nats)}


def predicted(context: Context, chunk: list[int], settings: Settings) -> dict[str, Any]:
    """A chunk's score, and its predictions as a record."""
    softmax = context.softmax(chunk)
    tokens = scored_tokens(chunk)
    predictions = predict(softmax, tokens, digest_of(chunk), settings, context.parallel)
    return {
        "score": chunk_score(softmax.nats(tokens)),
        "predictions": base64.b64encode(predictions.encoded()).decode(),
    }


def diverged_from_record(context: Context, chunk: list[int], record: bytes) -> dict[str, Any]:
    """A chunk's ChunkDivergence from a parent's predictions."""
    parent = Predictions.decoding(record)
    tokens = scored_tokens(chunk)
    if parent.vocabulary != context.model.vocabulary:
        raise PredictionsError(
            f"the predictions are of a vocabulary of {parent.vocabulary} tokens, and the artifact has "
            f"{context.model.vocabulary}")
    if len(parent.nats) != len(tokens):
        raise PredictionsError(f"the predictions are of {len(parent.nats)} tokens, and {len(tokens)} are scored")
    if parent.tokens != digest_of(chunk):
        raise PredictionsError("the predictions are of another text, or of one tokenized otherwise")
    softmax = context.softmax(chunk)
    estimates = Estimates.of(parent, softmax)
    kl_nats, variance = estimates.combine()
    both = Compared(
        chunk, parent.nats.astype(np.float64), softmax.nats(tokens), parent.ids[:, 0], softmax.likeliest())
    parent_score = {"nllSumNats": parent.nll_sum_nats, "tokenCount": len(tokens)}
    return both.divergence(
        context.model, kl_nats, variance, float(estimates.logit_difference.max()), parent_score)


def diverged_from_parent(context: Context, chunk: list[int], parent: Context) -> dict[str, Any]:
    """A chunk's ChunkDivergence from a parent that is computed beside it: exact."""
    tokens = scored_tokens(chunk)
    expected, found = parent.softmax(chunk), context.softmax(chunk)
    both = Compared(
        chunk, expected.nats(tokens), found.nats(tokens), expected.likeliest(), found.likeliest())
    return both.divergence(
        context.model, exact_divergence(expected, found), 0.0, logit_difference(expected, found),
        chunk_score(both.parent_nats))


@dataclass(frozen=True)
class Compared:
    """What two models make of a chunk's scored positions."""

    chunk: list[int]
    # -ln p of the text's tokens, float64.
    parent_nats: np.ndarray
    candidate_nats: np.ndarray
    # The likeliest tokens.
    parent_choices: np.ndarray
    candidate_choices: np.ndarray

    def divergence(
        self, model: Model, kl_nats: np.ndarray, sum_variance: float, logit_difference: float,
        parent_score: dict[str, Any],
    ) -> dict[str, Any]:
        """The form of ChunkDivergence on the wire."""
        if not (np.isfinite(kl_nats).all() and np.isfinite(sum_variance)):
            raise not_finite()
        tokens = scored_tokens(self.chunk)
        parent_right, candidate_right = self.parent_choices == tokens, self.candidate_choices == tokens
        worst = itertools.islice(sorted(range(len(tokens)), key=lambda row: (-kl_nats[row], row)), WORST_COUNT)
        return {
            "candidate": chunk_score(self.candidate_nats), "parent": parent_score,
            "klNats": base64.b64encode(kl_nats.astype("<f4").tobytes()).decode(), "klSumVariance": sum_variance,
            "logitDifferenceMaxNats": logit_difference,
            "agreements": int((self.parent_choices == self.candidate_choices).sum()),
            "onlyParentRight": int((parent_right & ~candidate_right).sum()),
            "onlyCandidateRight": int((candidate_right & ~parent_right).sum()),
            "worst": [self._token(model, row, float(kl_nats[row])) for row in worst],
        }

    def _token(self, model: Model, row: int, kl_nats: float) -> dict[str, Any]:
        """A position with what a person needs to understand it: DivergentToken."""
        position = len(self.chunk) - len(self.parent_nats) + row
        text = model.tokenizer.text
        return {
            "position": position, "klNats": kl_nats,
            "context": text(self.chunk[max(0, position - CONTEXT_TOKENS) : position]),
            "token": text([self.chunk[position]]), "parentChoice": text([int(self.parent_choices[row])]),
            "candidateChoice": text([int(self.candidate_choices[row])]),
            "parentNats": float(self.parent_nats[row]), "candidateNats": float(self.candidate_nats[row]),
        }
