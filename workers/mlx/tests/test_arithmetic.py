"""Sums that can be checked without a model: random numbers, choices, divergences, and what stands in for MLX's own."""

from __future__ import annotations

import math
import unittest

import mlx.core as mx
import mlx.nn as nn
import numpy as np

from lab_mlx import cpu
from lab_mlx.divergence import Estimates
from lab_mlx.engine import peak_memory_bytes
from lab_mlx.predictions import Predictions, Settings, predict
from lab_mlx.problem import WorkerProblem
from lab_mlx.sampling import INCREMENT, MASK, Sampling, mix, largest, uniform
from lab_mlx.softmax import LogSoftmax, exact_divergence


def logits(seed: int, rows: int, columns: int, spread: float = 3) -> np.ndarray:
    """Rows of normal logits."""
    return (np.random.default_rng(seed).standard_normal((rows, columns)) * spread).astype(np.float32)


class RandomTests(unittest.TestCase):
    def test_the_generator_is_splitmix64(self) -> None:
        # The first numbers for the seed 1234567, as published with the generator's C source.
        expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
        self.assertEqual([mix((1234567 + step * INCREMENT) & MASK) for step in range(1, 5)], expected)

    def test_streams_are_uniform_and_their_own(self) -> None:
        numbers = uniform(7, 3, 20_000)
        self.assertTrue((0 <= numbers).all() and (numbers < 1).all())
        self.assertAlmostEqual(float(numbers.mean()), 0.5, delta=5 / math.sqrt(12 * 20_000))
        self.assertTrue((numbers[:100] == uniform(7, 3, 100)).all())
        for other in (uniform(7, 4, 100), uniform(8, 3, 100)):
            self.assertEqual(np.isin(other, numbers).sum(), 0)


class SamplingTests(unittest.TestCase):
    # Probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625, not in order.
    row = np.log(np.array([0.0625, 0.5, 0.0625, 0.25, 0.125], np.float32))

    def frequencies(self, sampling: Sampling, count: int = 4000) -> np.ndarray:
        """How often each token is chosen."""
        return np.bincount([sampling.choose(self.row, 11, step) for step in range(count)], minlength=5) / count

    def test_frequencies_are_the_probabilities_of_what_is_kept(self) -> None:
        for sampling, expected in [
            (Sampling(1, 1, 0), [0.0625, 0.5, 0.0625, 0.25, 0.125]), (Sampling(1, 1, 2), [0, 2 / 3, 0, 1 / 3, 0]),
            (Sampling(1, 0.7, 0), [0, 2 / 3, 0, 1 / 3, 0]), (Sampling(1, 0.75, 0), [0, 2 / 3, 0, 1 / 3, 0]),
            (Sampling(1, 0.8, 0), [0, 4 / 7, 0, 2 / 7, 1 / 7]), (Sampling(1, 0.6, 2), [0, 1, 0, 0, 0]),
            # Half the temperature squares the odds.
            (Sampling(0.5, 1, 2), [0, 0.8, 0, 0.2, 0]), (Sampling(0, 1, 0), [0, 1, 0, 0, 0]),
        ]:
            with self.subTest(sampling):
                self.assertTrue(np.allclose(self.frequencies(sampling), expected, atol=0.035))

    def test_of_equal_logits_the_lower_token_is_the_likelier(self) -> None:
        row = np.array([1, 3, 3, 2, 3], np.float32)
        self.assertEqual([list(largest(row, count)) for count in (1, 2, 3, 4)], [[1], [1, 2], [1, 2, 4], [1, 2, 4, 3]])
        self.assertEqual(Sampling(0, 1, 0).choose(row, 1, 0), 1)

    def test_logits_that_are_no_numbers_are_refused(self) -> None:
        for bad in (math.nan, math.inf):
            row = np.array([1, bad, 0], np.float32)
            for sampling in (Sampling(0, 1, 0), Sampling(1, 1, 0)):
                with self.assertRaisesRegex(WorkerProblem, "not finite"):
                    sampling.choose(row, 1, 0)
            with self.assertRaisesRegex(WorkerProblem, "not finite"):
                LogSoftmax.of(row[None])


class DivergenceTests(unittest.TestCase):
    def test_the_softmax_and_the_divergence_are_those_of_sums_without_rounding(self) -> None:
        left, right = logits(1, 3, 400), logits(2, 3, 400)
        p, q = LogSoftmax.of(left), LogSoftmax.of(right)
        for row in range(3):
            weights = [[math.exp(float(value)) for value in each[row]] for each in (left, right)]
            shares = [[weight / math.fsum(each) for weight in each] for each in weights]
            nats = -math.log(shares[0][7])
            self.assertAlmostEqual(float(p.nats(np.array([7, 7, 7]))[row]), nats, delta=1e-5)
            divergence = math.fsum(one * math.log(one / other) for one, other in zip(*shares))
            self.assertAlmostEqual(float(exact_divergence(p, q)[row]), divergence, delta=1e-5)

    def test_a_tiny_divergence_keeps_its_digits_and_equal_logits_have_none(self) -> None:
        left = logits(3, 1, 1000)
        right = left.copy()
        right[0, 5] += np.float32(2.0**-10)
        share = math.exp(float(left[0, 5])) / math.fsum(math.exp(float(value)) for value in left[0])
        step = float(right[0, 5]) - float(left[0, 5])
        # log(1 + share (exp(step) - 1)) - share x step.
        expected = math.log1p(share * math.expm1(step)) - share * step
        found = float(exact_divergence(LogSoftmax.of(left), LogSoftmax.of(right))[0])
        self.assertAlmostEqual(found / expected, 1, delta=1e-3)
        self.assertEqual(float(exact_divergence(LogSoftmax.of(left), LogSoftmax.of(left))[0]), 0)

    def test_estimates_hold_the_exact_divergence_within_their_own_error(self) -> None:
        left = logits(4, 200, 3000)
        right = left + logits(5, 200, 3000, 0.2)
        p, q = LogSoftmax.of(left), LogSoftmax.of(right)
        tokens = np.zeros(200, np.int32)
        exact = float(exact_divergence(p, q).sum())
        deviations = []
        for seed in range(12):
            record = predict(p, tokens, "00" * 32, Settings(100, 64, seed), lambda f, rows: list(map(f, rows)))
            again = Predictions.decoding(record.encoded())
            nats, variance = Estimates.of(again, q).combine()
            deviations.append((float(nats.sum()) - exact) / math.sqrt(variance))
        # Standard normal: the mean of 12 within 4 of its own deviations, and all together neither too near nor too far.
        self.assertLess(abs(np.mean(deviations)), 4 / math.sqrt(12))
        self.assertTrue(0.3 < np.std(deviations) < 2.2, deviations)


class MemoryTests(unittest.TestCase):
    def test_the_peak_keeps_what_was_released(self) -> None:
        before = peak_memory_bytes()
        held = np.ones(1 << 26, np.uint8)
        self.assertGreaterEqual(peak_memory_bytes(), held.nbytes)
        del held
        self.assertGreaterEqual(peak_memory_bytes(), max(before, 1 << 26))


class StandInTests(unittest.TestCase):
    def setUp(self) -> None:
        mx.random.seed(1)
        mx.set_default_device(mx.cpu)
        cpu.use_threads(2)

    def assert_close(self, one: mx.array, other: mx.array, tolerance: float = 1e-5) -> None:
        self.assertEqual(one.shape, other.shape)
        self.assertTrue(np.allclose(np.asarray(one), np.asarray(other), atol=tolerance, rtol=tolerance))

    def test_a_product_with_quantized_weights_is_mlx_s_own(self) -> None:
        x = mx.random.normal((2, 300, 128))
        for bits, bias in [(4, False), (6, True), (8, False), (2, True)]:
            layer = nn.QuantizedLinear.from_linear(nn.Linear(128, 96, bias), 64, bits)
            own = mx.concatenate([layer(x[:, start : start + 5]) for start in (0, 100, 295)], axis=1)
            whole = cpu.FloatLinear(layer)(x)
            self.assert_close(
                mx.concatenate([whole[:, start : start + 5] for start in (0, 100, 295)], axis=1), own, 1e-4)

    def test_an_embedding_and_its_use_as_the_output_are_mlx_s_own(self) -> None:
        layer = nn.QuantizedEmbedding.from_embedding(nn.Embedding(50, 64), 32, 4)
        ours = cpu.FloatEmbedding(layer)
        self.assert_close(ours(mx.array([[3, 49], [0, 3]])), layer(mx.array([[3, 49], [0, 3]])))
        x = mx.random.normal((2, 3, 64))
        self.assert_close(ours.as_linear(x), layer.as_linear(x), 1e-4)

    def test_attention_is_mlx_s_own_with_every_mask(self) -> None:
        for length, seen in [(70, 70), (1, 40), (5, 40)]:
            q = mx.random.normal((3, 6, length, 16))
            k, v = mx.random.normal((3, 2, seen, 16)), mx.random.normal((3, 2, seen, 16))
            padding = mx.array([0, 7, 30])
            causal = mx.arange(seen - length, seen)[:, None] >= mx.arange(seen)[None]
            padded = causal & (padding[:, None, None, None] <= mx.arange(seen)[None, None, None])
            for mask in (None, "causal", causal, padded):
                own = cpu.mlx_attention(q, k, v, scale=0.3, mask=mask)
                ours = cpu.attention(q, k, v, scale=0.3, mask=mask)
                # Padding sees nothing, and what MLX makes of it does not matter.
                start = max(0, 30 - (seen - length)) if mask is padded else 0
                self.assert_close(ours[:, :, start:], own[:, :, start:])
                self.assertTrue(np.isfinite(np.asarray(ours)).all())

    def test_the_logistic_function_is_mlx_s_own_also_far_out(self) -> None:
        x = mx.array([-200.0, -20, -1, 0, 0.5, 30, 200])
        # 1 / (1 + e) and its like, by hand.
        expected = mx.array([0, 2.0611537e-9, 0.26894142, 0.5, 0.62245933, 1, 1])
        self.assert_close(cpu.sigmoid(x), expected, 1e-6)

    def test_work_is_split_without_gap_or_overlap(self) -> None:
        for rows in (1, 2, 3, 50):
            parts: list[slice] = []
            cpu.Threads(3).split(rows, 1 << 20, parts.append)
            self.assertEqual(len(parts), min(3, rows))
            self.assertEqual(sorted(row for part in parts for row in range(part.start, part.stop)), list(range(rows)))


if __name__ == "__main__":
    unittest.main()
