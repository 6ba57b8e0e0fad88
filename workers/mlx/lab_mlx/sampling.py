"""Random numbers and the choice of tokens, as LabCore draws them (TailMass.swift, TokenSampler.swift)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from .problem import not_finite

INCREMENT = 0x9E37_79B9_7F4A_7C15
MASK = (1 << 64) - 1


def _mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB) & MASK
    return value ^ (value >> 31)


def uniform(seed: int, position: int, count: int) -> np.ndarray:
    """So many numbers in [0, 1), float64, from SplitMix64: a stream of its own for each seed and position."""
    # Mixed, as streams whose states differ by multiples of the increment would overlap.
    state = _mix(seed ^ _mix((position + INCREMENT) & MASK))
    numbers = (_mix((state + step * INCREMENT) & MASK) >> 11 for step in range(1, count + 1))
    return np.fromiter((number * 2.0**-53 for number in numbers), np.float64, count)


def chunk_seed(seed: int, tokens_digest: str) -> int:
    """The seed of a chunk's draws, from that of the settings and the digest of the chunk's tokens."""
    return int.from_bytes(hashlib.sha256(f"{seed} {tokens_digest}".encode()).digest()[:8], "big")


def largest(row: np.ndarray, count: int) -> np.ndarray:
    """The columns of a row's largest numbers, largest first, the lower column first where two are equal."""
    count = min(count, len(row))
    if count < len(row):
        least = np.partition(row, len(row) - count)[len(row) - count]
        columns = np.flatnonzero(row >= least)
    else:
        columns = np.arange(len(row))
    return columns[np.argsort(-row[columns], kind="stable")][:count]


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen: the temperature divides the logits, then come top-k and top-p of what that kept."""

    # 0 takes the likeliest token.
    temperature: float
    # The smallest set of likeliest tokens that holds this much probability; 1 keeps all.
    top_p: float
    # The likeliest so many tokens; 0 keeps all.
    top_k: int

    @staticmethod
    def decoding(fields: dict[str, Any]) -> Sampling:
        """Reads the form of the wire."""
        return Sampling(float(fields["temperature"]), float(fields["topP"]), int(fields["topK"]))

    def choose(self, logits: np.ndarray, seed: int, step: int) -> int:
        """The token at a step of a text, by a random number that the seed and the step alone decide."""
        likeliest = int(logits.argmax())
        if not np.isfinite(logits[likeliest]):
            raise not_finite()
        if self.temperature <= 0:
            return likeliest
        columns = self._kept(logits)
        cumulative = np.cumsum(self._weights(logits[columns]))
        target = uniform(seed, step, 1)[0] * cumulative[-1]
        place = np.searchsorted(cumulative, target, side="right")
        return int(columns[min(int(place), len(columns) - 1)])

    def _kept(self, logits: np.ndarray) -> np.ndarray:
        """The tokens among which one is drawn, likeliest first unless all of the vocabulary is kept."""
        if self.top_p >= 1 and not 0 < self.top_k < len(logits):
            return np.arange(len(logits))
        columns = largest(logits, self.top_k if self.top_k > 0 else len(logits))
        if self.top_p >= 1:
            return columns
        cumulative = np.cumsum(self._weights(logits[columns]))
        return columns[: int(np.searchsorted(cumulative, self.top_p * cumulative[-1], side="left")) + 1]

    def _weights(self, logits: np.ndarray) -> np.ndarray:
        """exp((logit - largest) / temperature), float64."""
        return np.exp((logits - logits.max()).astype(np.float64) / self.temperature)
