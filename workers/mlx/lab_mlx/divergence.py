"""KL(parent || candidate) from what a pack keeps of the parent (DivergenceEstimate of LabCore, which derives it).

With l = ln p - ln q, f(l) = l + exp(-l) - 1, and T and Q the masses of the tail by parent and candidate:

    KL = Σ_top p f(l) + (Q - T) + T E[l],   l under the parent's tail

E[l] is estimated from the drawn tokens with the control variate h = (q / Q) / (p / T) - 1, whose mean is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .predictions import STEPS_PER_NAT, Predictions
from .softmax import LogSoftmax


@dataclass(frozen=True)
class Estimates:
    """A chunk's positions; all arrays are [positions] in float64."""

    # The part without error, nats.
    known: np.ndarray
    # T; 0 where there is nothing to estimate.
    tail_mass: np.ndarray
    # Drawn tokens; 0 where there are none.
    sample_count: np.ndarray
    mean_l: np.ndarray
    mean_h: np.ndarray
    variance_l: np.ndarray
    variance_h: np.ndarray
    covariance: np.ndarray
    # The largest |l| of the tokens that the pack keeps, nats; those too unlikely for its codes are left out.
    logit_difference: np.ndarray

    @staticmethod
    def of(parent: Predictions, candidate: LogSoftmax) -> Estimates:
        """Compares all positions."""
        count = parent.top_count
        top, drawn = parent.ids[:, :count], parent.ids[:, count:]
        log_p = -parent.codes.astype(np.float64) / STEPS_PER_NAT
        candidate_tail = _tail_mass(candidate, top)
        tail_mass = parent.tail_mass.astype(np.float64)
        log_q = -candidate.nats(top)
        p, q = np.exp(log_p[:, :count]), np.exp(log_q)
        known = candidate_tail - tail_mass + (p * (log_p[:, :count] - log_q) + q - p).sum(axis=1)
        positions, samples = drawn.shape
        # A tail without mass has no samples, and what stands in their place says nothing.
        kept = parent.codes < np.iinfo(np.uint16).max
        kept[:, count:] &= (tail_mass > 0)[:, None] & (samples > 1)
        logit_difference = np.where(kept, np.abs(log_p + candidate.nats(parent.ids)), 0).max(axis=1)
        if samples < 2:
            zeros = np.zeros(positions)
            return Estimates(known, *[zeros] * 7, logit_difference)
        has_samples = tail_mass > 0
        log_ratio = log_p[:, count:] + candidate.nats(drawn)
        # A candidate's tail may vanish in floats; then there is no control variate.
        ratio = np.divide(tail_mass, candidate_tail, out=np.zeros(positions), where=candidate_tail > 0)[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            control = np.where(ratio > 0, np.exp(-log_ratio) * ratio - 1, 0)
        log_ratio, control = (np.where(has_samples[:, None], each, 0) for each in (log_ratio, control))
        mean_l, mean_h = log_ratio.mean(axis=1), control.mean(axis=1)
        from_l, from_h = log_ratio - mean_l[:, None], control - mean_h[:, None]
        return Estimates(
            known, tail_mass, np.where(has_samples, samples, 0), mean_l, mean_h,
            (from_l**2).sum(axis=1) / (samples - 1), (from_h**2).sum(axis=1) / (samples - 1),
            (from_l * from_h).sum(axis=1) / (samples - 1), logit_difference)

    def combine(self) -> tuple[np.ndarray, float]:
        """The divergences of the positions, nats, and the variance of their sum.

        The coefficient of the control variate is what minimizes that variance, clamped to 0...1. The even positions
        take it from the odd ones and these from the even ones: one that had seen its own samples would bias the
        estimate.
        """
        weight = self.tail_mass**2
        coefficients = np.empty(len(self.known))
        for half in (0, 1):
            others = slice(1 - half, None, 2)
            variance = float((weight[others] * self.variance_h[others]).sum())
            covariance = float((weight[others] * self.covariance[others]).sum())
            coefficients[half::2] = min(max(-covariance / variance, 0), 1) if variance > 0 else 1
        nats = self.known + self.tail_mass * (self.mean_l + coefficients * self.mean_h)
        one = self.variance_l + 2 * coefficients * self.covariance + coefficients**2 * self.variance_h
        variances = np.divide(
            weight * np.maximum(0, one), self.sample_count, out=np.zeros(len(one)), where=self.sample_count > 0)
        return nats, float(variances.sum())


def _tail_mass(candidate: LogSoftmax, top: np.ndarray) -> np.ndarray:
    """The candidate's mass outside the parent's likeliest tokens; summed directly, as 1 minus the rest would lose the
    digits of a small tail."""
    masses = np.empty(len(top))
    for row, columns in enumerate(top):
        tail = candidate.exponentials[row].copy()
        tail[columns] = 0
        masses[row] = tail.sum(dtype=np.float64) / candidate.sums[row]
    return masses
