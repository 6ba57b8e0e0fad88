"""Scores, descriptions of predictions and divergences, beside the llama.cpp worker's."""

from __future__ import annotations

import base64
import math
import unittest
from typing import Any

import numpy as np

from lab_mlx.predictions import Predictions, PredictionsError

from .support import (
    CHECKPOINT, Failed, Payload, Worker, four_bits, gguf, held_out_text, llama_worker, load_parameters, mlx_worker,
)

CHUNKS = [7, 0, 3, 11]
SETTINGS = {"topCount": 64, "tailCount": 32, "seed": 5}


def cut(worker: Worker, length: int = 512) -> Worker:
    """Has a worker cut the held-out text."""
    worker.call("chunk", {"text": held_out_text(), "contextLength": length})
    return worker


def scores(worker: Worker, chunks: list[int]) -> dict[int, Payload]:
    """The scores of chunks."""
    return {payload["index"]: payload["score"] for payload in worker.stream("score", {"chunks": chunks})}


def perplexity(found: dict[int, Payload]) -> float:
    """exp of the mean -ln p of a token."""
    tokens = sum(each["tokenCount"] for each in found.values())
    return math.exp(sum(each["nllSumNats"] for each in found.values()) / tokens)


def records(worker: Worker, chunks: list[int], **settings: int) -> dict[int, str]:
    """The descriptions of a worker's predictions on chunks, in base 64."""
    found = worker.stream("predict", {"chunks": chunks, "settings": SETTINGS | settings})
    return {payload["index"]: payload["predictions"] for payload in found}


def divergences(worker: Worker, chunks: list[int], kept: dict[int, str] | None = None) -> list[dict[str, Any]]:
    """The divergences of chunks from descriptions, or from the parent in lockstep."""
    wanted = [{"index": index} if kept is None else {"index": index, "predictions": kept[index]} for index in chunks]
    return [payload["divergence"] for payload in worker.stream("diverge", {"chunks": wanted})]


def kl_nats(divergence: dict[str, Any]) -> np.ndarray:
    """The divergences of a chunk's positions."""
    return np.frombuffer(base64.b64decode(divergence["klNats"]), "<f4").astype(np.float64)


class ScoreTests(unittest.TestCase):
    def test_the_checkpoint_scores_like_its_gguf_and_four_bits_are_little_worse(self) -> None:
        chunks = list(range(24))
        found = []
        for worker in (llama_worker(gguf("bf16")), mlx_worker(CHECKPOINT), mlx_worker(four_bits())):
            found.append(scores(cut(worker), chunks))
            worker.close()
        parent, same, quantized = found
        self.assertEqual([each["tokenCount"] for each in same.values()], [255] * len(chunks))
        for index in chunks:
            # Keys and values of 16 bits on one side, products of 16 bits on the other: under 0.001 nats a token.
            difference = same[index]["nllSumNats"] - parent[index]["nllSumNats"]
            self.assertLess(abs(difference), 0.001 * 255)
        print(f"\n  perplexity: GGUF BF16 {perplexity(parent):.5f}, MLX BF16 {perplexity(same):.5f}, "
              f"MLX 4 bits {perplexity(quantized):.5f}")
        self.assertTrue(1 < perplexity(quantized) / perplexity(parent) < 1.1)

    def test_a_score_depends_on_its_chunk_alone(self) -> None:
        worker = cut(mlx_worker(four_bits()))
        alone = {index: scores(worker, [index])[index] for index in CHUNKS}
        self.assertEqual(scores(worker, CHUNKS), alone)
        worker.close()

    def test_smaller_steps_round_otherwise_and_no_more(self) -> None:
        found = []
        for step in (512, 100):
            worker = cut(mlx_worker(four_bits(), microBatch=step))
            found.append(scores(worker, CHUNKS))
            worker.close()
        for index in CHUNKS:
            ratio = found[1][index]["nllSumNats"] / found[0][index]["nllSumNats"]
            self.assertAlmostEqual(ratio, 1, delta=1e-3)

    def test_a_chunk_that_is_not_there_is_refused(self) -> None:
        worker = cut(mlx_worker(four_bits()))
        for index in (-1, 105):
            with self.assertRaisesRegex(Failed, f"no chunk {index}"):
                scores(worker, [0, index])
        worker.close()


class DivergenceTests(unittest.TestCase):
    llama: Worker
    parent: Worker
    candidate: Worker

    @classmethod
    def setUpClass(cls) -> None:
        cls.llama = cut(llama_worker(gguf("bf16")))
        cls.parent = cut(mlx_worker(CHECKPOINT))
        cls.candidate = cut(mlx_worker(four_bits(), parentPath=str(CHECKPOINT)))

    @classmethod
    def tearDownClass(cls) -> None:
        for worker in (cls.llama, cls.parent, cls.candidate):
            worker.close()

    def test_both_workers_describe_the_same_predictions_in_the_same_form(self) -> None:
        one, other = (records(worker, CHUNKS) for worker in (self.llama, self.parent))
        reseeded = records(self.llama, CHUNKS, seed=6)
        for index in CHUNKS:
            left, right = (Predictions.decoding(base64.b64decode(kept[index])) for kept in (one, other))
            # Read and written again it is the same, byte for byte.
            self.assertEqual(base64.b64encode(left.encoded()).decode(), one[index])
            self.assertEqual((left.tokens, left.settings), (right.tokens, right.settings))
            self.assertTrue(np.allclose(left.nats, right.nats, atol=0.02, rtol=0.02))
            self.assertTrue(np.allclose(left.tail_mass, right.tail_mass, atol=1e-3))
            # Tokens of nearly one probability may change places; what is drawn follows the same random numbers.
            self.assertGreater(np.mean(left.ids[:, :4] == right.ids[:, :4]), 0.95)
            drawn = left.ids[:, 64:]
            self.assertGreater(np.mean(drawn == right.ids[:, 64:]), 0.7)
            other_seed = Predictions.decoding(base64.b64decode(reseeded[index])).ids[:, 64:]
            self.assertLess(np.mean(drawn == other_seed), 0.1)

    def test_the_parent_against_itself_has_no_divergence_and_against_the_other_engine_next_to_none(self) -> None:
        for worker, kept, limit in [
            (self.parent, records(self.parent, CHUNKS), 1e-6), (self.parent, records(self.llama, CHUNKS), 1e-4),
            (self.llama, records(self.parent, CHUNKS), 1e-4),
        ]:
            for divergence in divergences(worker, CHUNKS, kept):
                self.assertLess(abs(kl_nats(divergence).mean()), limit)
                self.assertGreaterEqual(divergence["agreements"], 250)

    def test_what_a_pack_estimates_is_what_lockstep_computes(self) -> None:
        estimated = divergences(self.candidate, CHUNKS, records(self.parent, CHUNKS))
        exact = divergences(self.candidate, CHUNKS)
        for one, other in zip(estimated, exact):
            self.assertEqual(other["klSumVariance"], 0)
            self.assertGreater(one["klSumVariance"], 0)
            error = kl_nats(one).sum() - kl_nats(other).sum()
            # Besides what is drawn, probabilities are rounded to 2^-12 of theirs.
            self.assertLess(abs(error), 5 * math.sqrt(one["klSumVariance"]) + 1e-3)
            self.assertTrue(0.001 < kl_nats(other).mean() < 0.2)
            self.assertTrue((kl_nats(other) >= 0).all())
            for key in ("agreements", "onlyParentRight", "onlyCandidateRight"):
                self.assertEqual(one[key], other[key])
            # A pack keeps some of the tokens, in steps of 2^-11 nats.
            self.assertLess(one["logitDifferenceMaxNats"], other["logitDifferenceMaxNats"] + 1 / 2048)
            self.assertGreater(one["logitDifferenceMaxNats"], 0.5 * other["logitDifferenceMaxNats"])
            for key in ("candidate", "parent"):
                self.assertEqual(one[key]["tokenCount"], 255)
                self.assertAlmostEqual(one[key]["nllSumNats"], other[key]["nllSumNats"], places=4)

    def test_both_workers_estimate_the_same_of_one_candidate(self) -> None:
        # A record of the 4-bit artifact as the parent: far from the BF16 model on both engines.
        kept = records(self.candidate, CHUNKS)
        for one, other in zip(divergences(self.llama, CHUNKS, kept), divergences(self.parent, CHUNKS, kept)):
            self.assertAlmostEqual(kl_nats(one).sum() / kl_nats(other).sum(), 1, delta=0.01)
            self.assertAlmostEqual(one["klSumVariance"] / other["klSumVariance"], 1, delta=0.2)
            self.assertAlmostEqual(one["logitDifferenceMaxNats"] / other["logitDifferenceMaxNats"], 1, delta=0.05)
            self.assertEqual(
                [each["position"] for each in one["worst"]], [each["position"] for each in other["worst"]])
            for left, right in zip(one["worst"], other["worst"]):
                for key in ("context", "token", "parentChoice"):
                    self.assertEqual(left[key], right[key])
            self.assertLess(abs(one["agreements"] - other["agreements"]), 4)

    def test_the_worst_positions_come_first_with_their_texts(self) -> None:
        (divergence,) = divergences(self.candidate, [3])
        nats = kl_nats(divergence)
        self.assertEqual([each["position"] - 257 for each in divergence["worst"]], list(np.argsort(-nats)[:4]))
        self.assertTrue(all(each["token"] and each["context"] for each in divergence["worst"]))

    def test_an_artifact_beside_itself_in_other_steps_shows_how_far_rounding_reaches(self) -> None:
        worker = mlx_worker(CHECKPOINT, parentPath=str(CHECKPOINT), parentMicroBatch=64)
        for divergence in divergences(cut(worker), CHUNKS[:2]):
            self.assertLess(kl_nats(divergence).mean(), 1e-4)
            self.assertGreaterEqual(divergence["agreements"], 253)
        worker.call("load", load_parameters(CHECKPOINT, parentPath=str(CHECKPOINT)))
        (divergence,) = divergences(worker, CHUNKS[:1])
        self.assertEqual((kl_nats(divergence).sum(), divergence["agreements"]), (0, 255))
        worker.close()

    def test_predictions_that_are_not_this_chunks_are_refused_by_its_number(self) -> None:
        kept = records(self.parent, [0])[0]
        data = bytearray(base64.b64decode(kept))
        data[200] ^= 1
        damaged = base64.b64encode(bytes(data)).decode()
        for index, predictions, reason in [
            (1, kept, "chunk 1: the predictions are of another text"),
            (0, damaged, "chunk 0: the predictions are damaged: their checksum"),
            (0, base64.b64encode(b"short").decode(), "chunk 0: 5 bytes are too few"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Failed, reason) as caught:
                divergences(self.parent, [index], {index: predictions})
            self.assertTrue(caught.exception.failure["remedy"])
        with self.assertRaisesRegex(Failed, "no parent is loaded"):
            divergences(self.parent, [0])

    def test_settings_that_keep_nothing_are_refused(self) -> None:
        for settings in ({"topCount": 0}, {"tailCount": 1}, {"topCount": 65_536}):
            with self.assertRaisesRegex(Failed, "cannot be kept"):
                list(self.parent.stream("predict", {"chunks": [0], "settings": {**SETTINGS, **settings}}))

    def test_with_the_whole_vocabulary_kept_nothing_is_drawn_and_the_divergence_is_exact_but_for_rounding(self) -> None:
        settings = {"topCount": 4096, "tailCount": 32, "seed": 5}
        (payload,) = self.parent.stream("predict", {"chunks": [0], "settings": settings})
        (whole,) = divergences(self.candidate, [0], {0: payload["predictions"]})
        (exact,) = divergences(self.candidate, [0])
        self.assertEqual(whole["klSumVariance"], 0)
        self.assertAlmostEqual(kl_nats(whole).sum() / kl_nats(exact).sum(), 1, delta=1e-3)


class RecordTests(unittest.TestCase):
    def test_any_changed_byte_is_noticed(self) -> None:
        worker = cut(mlx_worker(four_bits(), contextLength=64), 64)
        data = base64.b64decode(records(worker, [0])[0])
        worker.close()
        for place in [*range(0, 120), *range(120, len(data), 97)]:
            changed = bytearray(data)
            changed[place] ^= 0x41
            with self.subTest(place), self.assertRaises(PredictionsError):
                Predictions.decoding(bytes(changed))
        for length in (0, 71, len(data) - 1):
            with self.assertRaises(PredictionsError):
                Predictions.decoding(data[:length])


if __name__ == "__main__":
    unittest.main()
