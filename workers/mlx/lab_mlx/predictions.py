"""A parent's predictions on one chunk as a record: ChunkPredictions of LabCore, byte for byte in its format.

What is drawn from the tail follows the same random numbers as in the llama.cpp worker; as both round the sums that
they are held against in their own way, a draw in a million may be another token.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .problem import WorkerProblem
from .sampling import chunk_seed, largest, uniform
from .softmax import LogSoftmax

MAGIC, VERSION = b"pajpred", 1
HEADER = struct.Struct("<8s4IQd32s")
CHECKSUM_BYTES = 8
STEPS_PER_NAT = 2048.0
COUNT_LIMIT = 65_535
SIZE_LIMIT = 1 << 24


class PredictionsError(WorkerProblem):
    """Predictions that are damaged, or not the ones that are needed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "compute the parent's predictions again, or fetch the pack again")


@dataclass(frozen=True)
class Settings:
    """What is kept of a prediction: likeliest tokens, and tokens drawn from the rest."""

    top_count: int
    tail_count: int
    seed: int

    @staticmethod
    def decoding(fields: dict[str, Any]) -> Settings:
        """Reads the form of the wire."""
        return Settings(int(fields["topCount"]), int(fields["tailCount"]), int(fields["seed"]))

    def problem(self) -> str | None:
        """Why nothing can be predicted with these settings; None when something can."""
        if not 1 <= self.top_count <= COUNT_LIMIT:
            return f"{self.top_count} likeliest tokens cannot be kept; 1 to {COUNT_LIMIT} can"
        # Two samples at least: from one alone no standard error follows.
        if not 2 <= self.tail_count <= COUNT_LIMIT:
            return f"{self.tail_count} samples of the tail cannot be kept; 2 to {COUNT_LIMIT} can"
        return None

    def counts(self, vocabulary: int) -> tuple[int, int]:
        """Likeliest and drawn tokens of a position: with the whole vocabulary among the likeliest there is no tail."""
        return (self.top_count, self.tail_count) if self.top_count < vocabulary else (vocabulary, 0)


@dataclass(frozen=True)
class Predictions:
    """The predictions on a chunk, position by position."""

    vocabulary: int
    settings: Settings
    # SHA-256 of the chunk's tokens, in hexadecimal digits.
    tokens: str
    # Summed -ln p of the chunk's scored tokens, nats.
    nll_sum_nats: float
    # -ln p of each scored token, and the mass outside the likeliest ones: float32.
    nats: np.ndarray
    tail_mass: np.ndarray
    # Ids, [positions, likeliest and drawn], and -ln p in steps of 2^-11 nats.
    ids: np.ndarray
    codes: np.ndarray

    @property
    def top_count(self) -> int:
        """Likeliest tokens of each position; the rest of its tokens are drawn."""
        return self.settings.counts(self.vocabulary)[0]

    def encoded(self) -> bytes:
        """The record."""
        header = HEADER.pack(
            MAGIC + bytes([VERSION]), self.vocabulary, self.settings.top_count, self.settings.tail_count,
            len(self.nats), self.settings.seed, self.nll_sum_nats, bytes.fromhex(self.tokens))
        positions = np.empty(len(self.nats), _layout(self.vocabulary, self.settings))
        positions["nats"], positions["tail"] = self.nats, self.tail_mass
        width = _id_bytes(self.vocabulary)
        positions["tokens"]["id"] = self.ids.astype("<u4")[..., None].view(np.uint8)[..., :width]
        positions["tokens"]["code"] = self.codes
        content = header + positions.tobytes()
        return content + _checksum(content)

    @staticmethod
    def decoding(data: bytes) -> Predictions:
        """Reads a record and checks all of it."""
        predictions = _read(data)
        for index in range(len(predictions.nats)):
            if problem := _position_problem(predictions, index):
                raise PredictionsError(f"the predictions are damaged at position {index}: {problem}")
        # The floats are rounded, each by at most 2^-24 of its value.
        total = float(predictions.nats.sum(dtype=np.float64))
        if not abs(total - predictions.nll_sum_nats) <= 1e-7 * total:
            raise PredictionsError(
                f"the predictions are damaged: their NLLs do not add up to {predictions.nll_sum_nats}")
        return predictions


def _id_bytes(vocabulary: int) -> int:
    return 2 if vocabulary <= 65_536 else 3


def _layout(vocabulary: int, settings: Settings) -> np.dtype:
    """A position's bytes."""
    token = [("id", "u1", (_id_bytes(vocabulary),)), ("code", "<u2")]
    return np.dtype([("nats", "<f4"), ("tail", "<f4"), ("tokens", token, (sum(settings.counts(vocabulary)),))])


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:CHECKSUM_BYTES]


def _read(data: bytes) -> Predictions:
    """Reads a record of the right size and checksum."""
    if len(data) < HEADER.size + CHECKSUM_BYTES:
        raise PredictionsError(f"{len(data)} bytes are too few for predictions")
    magic, vocabulary, top, tail, count, seed, nll, tokens = HEADER.unpack_from(data)
    if magic[:7] != MAGIC:
        raise PredictionsError("these are no predictions")
    if magic[7] != VERSION:
        raise PredictionsError(f"predictions of version {magic[7]}; this lab reads version {VERSION}")
    settings = Settings(top, tail, seed)
    if not 1 <= vocabulary <= SIZE_LIMIT:
        raise PredictionsError(f"a vocabulary of {vocabulary} tokens is none")
    if problem := settings.problem():
        raise PredictionsError(problem)
    if not 1 <= count <= SIZE_LIMIT:
        raise PredictionsError(f"predictions of {count} tokens are none")
    layout = _layout(vocabulary, settings)
    size = HEADER.size + count * layout.itemsize + CHECKSUM_BYTES
    if len(data) != size:
        raise PredictionsError(f"predictions of {count} tokens have {size} bytes, and these {len(data)}")
    if _checksum(data[:-CHECKSUM_BYTES]) != data[-CHECKSUM_BYTES:]:
        raise PredictionsError("the predictions are damaged: their checksum does not fit")
    positions = np.frombuffer(data, layout, count, HEADER.size)
    bytes_of_ids = positions["tokens"]["id"].astype(np.int32)
    ids = sum(bytes_of_ids[..., place] << (8 * place) for place in range(bytes_of_ids.shape[-1]))
    return Predictions(
        vocabulary, settings, tokens.hex(), nll, positions["nats"], positions["tail"], ids,
        positions["tokens"]["code"])


def _position_problem(predictions: Predictions, index: int) -> str | None:
    nats, tail = predictions.nats[index], predictions.tail_mass[index]
    if not (np.isfinite(nats) and nats >= 0):
        return f"its NLL is {nats}"
    if not 0 <= tail <= 1:
        return f"its tail has the mass {tail}"
    ids, codes = predictions.ids[index], predictions.codes[index].astype(np.int64)
    if ids.max() >= predictions.vocabulary:
        return f"the vocabulary has no token {ids.max()}"
    count = predictions.top_count
    top, drawn = ids[:count], ids[count:]
    if len(np.unique(top)) < len(top):
        return "a token is there twice"
    if (np.diff(codes[:count]) < 0).any():
        return "a token is likelier than the one before it"
    mass = float(tail) + float(np.exp(-codes[:count] / STEPS_PER_NAT).sum())
    # Rounding to the nearest step changes a probability by at most the factor exp(2^-12) = 1.000244.
    if not abs(mass - 1) < 2.5e-4:
        return f"its probabilities add up to {mass}"
    if tail == 0 or not len(drawn):
        return "something is drawn from an empty tail" if drawn.any() or codes[count:].any() else None
    if (np.diff(drawn) < 0).any():
        return "the drawn tokens are out of order"
    if np.isin(drawn, top).any():
        return "a token is both among the likeliest and in the tail"
    return "a drawn token is likelier than the likeliest" if (codes[count:] < codes[count - 1]).any() else None


def predict(
    softmax: LogSoftmax, tokens: np.ndarray, digest: str, settings: Settings, parallel: Callable[..., Any],
) -> Predictions:
    """Describes the logits of a chunk's scored positions.

    `tokens` are those to predict; `parallel` maps a function over positions on several threads.
    """
    vocabulary = softmax.logits.shape[1]
    top_count, tail_count = settings.counts(vocabulary)
    seed = chunk_seed(settings.seed, digest)
    ids = np.zeros((len(tokens), top_count + tail_count), np.int32)
    mass = np.zeros(len(tokens), np.float32)

    def keep(row: int) -> None:
        ids[row, :top_count] = largest(softmax.logits[row], top_count)
        tail = softmax.exponentials[row].astype(np.float64)
        tail[ids[row, :top_count]] = 0
        cumulative = np.cumsum(tail)
        mass[row] = cumulative[-1] / softmax.sums[row]
        if mass[row] > 0 and tail_count:
            ids[row, top_count:] = _draw(tail, cumulative, np.sort(uniform(seed, row, tail_count)))

    parallel(keep, range(len(tokens)))
    codes = np.clip(np.floor(softmax.nats(ids) * STEPS_PER_NAT + 0.5), 0, 65_535).astype(np.uint16)
    # Where the tail has no mass nothing was drawn: token 0 with the code 0.
    codes[:, top_count:][mass == 0] = 0
    nats = softmax.nats(tokens)
    return Predictions(
        vocabulary, settings, digest, float(nats.sum()), nats.astype(np.float32), mass, ids, codes)


def _draw(tail: np.ndarray, cumulative: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Columns drawn from a tail with replacement, by their weights, for sorted numbers in [0, 1)."""
    places = np.searchsorted(cumulative, shares * cumulative[-1], side="right")
    # Rounding may lead beyond the last column that has a weight.
    return np.minimum(places, np.flatnonzero(tail)[-1])
