"""Softmax over a vocabulary, many positions at once (LogSoftmax and ExactDivergence of LabCore)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .problem import not_finite


@dataclass(frozen=True)
class LogSoftmax:
    """The softmax of rows of logits, [positions, vocabulary] in float32.

    Exponentials are computed in float32 and added up in float64.
    """

    logits: np.ndarray
    # The largest logit of each row, float32.
    maximum: np.ndarray
    # exp(logit - maximum), float32.
    exponentials: np.ndarray
    # Their sums, float64.
    sums: np.ndarray

    @staticmethod
    def of(logits: np.ndarray) -> LogSoftmax:
        """Computes it; throws where logits are no numbers."""
        maximum = logits.max(axis=1)
        if not np.isfinite(maximum).all():
            raise not_finite()
        exponentials = np.subtract(logits, maximum[:, None])
        np.exp(exponentials, out=exponentials)
        sums = exponentials.sum(axis=1, dtype=np.float64)
        return LogSoftmax(logits, maximum, exponentials, sums)

    def nats(self, columns: np.ndarray) -> np.ndarray:
        """-ln p in float64 of tokens, one or several for each row: [positions] or [positions, tokens]."""
        grid = columns if columns.ndim == 2 else columns[:, None]
        logits = np.take_along_axis(self.logits, grid.astype(np.intp), axis=1)
        nats = np.log(self.sums)[:, None] - (logits - self.maximum[:, None]).astype(np.float64)
        return nats if columns.ndim == 2 else nats[:, 0]

    def likeliest(self) -> np.ndarray:
        """The largest logit's column in each row, the lowest where several are."""
        return self.logits.argmax(axis=1)


def exact_divergence(p: LogSoftmax, q: LogSoftmax) -> np.ndarray:
    """KL(p || q) over the whole vocabulary, nats for each row, in float64.

    Σ p f(l) with f(l) = l + exp(-l) - 1 and l = ln p - ln q: no term is negative, so that nothing cancels. Equal logits
    give exactly 0.
    """
    nats = np.empty(len(p.sums))
    for row in range(len(nats)):
        left = (p.logits[row] - p.maximum[row]).astype(np.float64) - np.log(p.sums[row])
        right = (q.logits[row] - q.maximum[row]).astype(np.float64) - np.log(q.sums[row])
        ratio, mass = left - right, np.exp(left)
        terms = mass * ratio + np.exp(right) - mass
        # Near 0 the three parts of f cancel, and those of expm1 do not.
        near = np.abs(ratio) < 0.5
        terms[near] = mass[near] * (ratio[near] + np.expm1(-ratio[near]))
        nats[row] = terms.sum()
    return nats


def logit_difference(p: LogSoftmax, q: LogSoftmax) -> float:
    """The largest |ln p - ln q| of any token at any position, nats; a logit that is not finite is passed over."""
    left, right = (
        each.logits - each.maximum[:, None] - np.log(each.sums)[:, None].astype(np.float32) for each in (p, q))
    with np.errstate(invalid="ignore"):
        differences = np.abs(left - right)
    return float(differences.max(initial=0, where=np.isfinite(differences)))
