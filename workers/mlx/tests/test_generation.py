"""Texts that the worker writes and follows, beside the llama.cpp worker's."""

from __future__ import annotations

import math
import unittest

from .support import (
    CHECKPOINT, GREEDY, Failed, Payload, Worker, four_bits, generate, gguf, held_out_text, llama_worker, mlx_worker,
    prompts, source,
)

# Qwen3's settings with thinking.
THINKING = {"temperature": 0.6, "topP": 0.95, "topK": 20}
# The 4-bit artifact's answers to the first lines of each set that must be right.
SETS = {"languages": (60, 0.85), "thinking": (24, 0.7)}


def rendered(worker: Worker, rows: list[Payload]) -> list[Payload]:
    """Lines of a prompt set as a worker renders them."""
    prompts_of_it: list[Payload] = worker.call("render", {"prompts": [source(row) for row in rows]})
    return prompts_of_it


def share_right(rows: list[Payload], outputs: list[Payload]) -> float:
    """The share of answers that are what the set says."""
    right = [output["answer"].strip() in [row["answer"], *row.get("accept", [])] for row, output in zip(rows, outputs)]
    return sum(right) / len(right)


class GenerationTests(unittest.TestCase):
    worker: Worker

    @classmethod
    def setUpClass(cls) -> None:
        cls.worker = mlx_worker(CHECKPOINT, parallelSequences=16)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.worker.close()

    def test_greedy_and_sampled_texts_are_those_of_the_gguf(self) -> None:
        rows = [row for name in ("languages", "thinking", "functions") for row in prompts(name, 16)]
        llama = llama_worker(gguf("bf16"), parallelSequences=16)
        for sampling in (GREEDY, THINKING):
            pairs = [generate(worker, rendered(worker, rows), 200, sampling) for worker in (llama, self.worker)]
            same = [one for one, other in zip(*pairs) if one["tokens"] == other["tokens"]]
            # Both round otherwise, which decides between tokens that are about as likely.
            self.assertGreaterEqual(len(same), 0.9 * len(rows))
            for one, other in zip(*pairs):
                if one["tokens"] == other["tokens"]:
                    self.assertEqual(one, other)
        llama.close()

    def test_four_bits_still_answer(self) -> None:
        worker = mlx_worker(four_bits(), parallelSequences=16)
        for name, (count, share) in SETS.items():
            rows = prompts(name, count)
            outputs = generate(worker, rendered(worker, rows))
            self.assertGreaterEqual(share_right(rows, outputs), share, name)
            for output in outputs:
                self.assertTrue(output["isThoughtClosed"] and output["isUTF8"])
                self.assertEqual("thought" in output, name == "thinking")
        worker.close()

    def test_texts_are_the_same_alone_and_side_by_side_in_any_order(self) -> None:
        rows = [row for name in ("languages", "functions", "thinking") for row in prompts(name, 8)]
        asked = rendered(self.worker, rows)
        one = mlx_worker(CHECKPOINT)
        for sampling in (GREEDY, THINKING):
            alone = generate(one, asked, 60, sampling)
            self.assertEqual(generate(self.worker, asked, 60, sampling), alone)
            backwards = list(reversed(range(len(asked))))
            self.assertEqual(generate(self.worker, asked, 60, sampling, backwards), alone)
        one.close()

    def test_the_seed_decides_a_sampled_text(self) -> None:
        (prompt,) = self.worker.call("render", {"prompts": [{"text": {"_0": "One day"}}]})
        hot = {"temperature": 1, "topP": 1, "topK": 0}
        texts = [output["text"] for output in generate(self.worker, [prompt] * 8, 24, hot)]
        self.assertGreater(len(set(texts)), 4)
        self.assertEqual([output["text"] for output in generate(self.worker, [prompt] * 8, 24, hot)], texts)

    def test_a_thought_that_the_limit_of_tokens_cuts_is_not_closed_and_has_no_answer(self) -> None:
        asked = rendered(self.worker, prompts("thinking", 6))
        for output in generate(self.worker, asked, 5):
            self.assertEqual((output["finish"], len(output["tokens"]), output["thoughtTokens"]), ("length", 5, 5))
            self.assertEqual((output["isThoughtClosed"], output["answer"]), (False, ""))
            self.assertTrue(output["text"].startswith("<think>\n" + output["thought"]))

    def test_a_full_context_ends_a_text_and_a_prompt_that_does_not_fit_is_refused_by_its_number(self) -> None:
        worker = mlx_worker(CHECKPOINT, parallelSequences=2, contextLength=48)
        short, long = worker.call("render", {"prompts": [{"text": {"_0": text}} for text in ("One day", "one " * 99)]})
        hot = {"temperature": 3, "topP": 1, "topK": 0}
        for output in generate(worker, [short] * 6, 10_000, hot):
            if output["finish"] == "length":
                self.assertEqual(len(short["tokens"]) + len(output["tokens"]), 48)
        for asked, reason in [
            ([short, long], "prompt 1 has .* the context holds 48"), ([{"tokens": []}], "prompt 0 has no tokens"),
            ([{"tokens": [5, 2048]}], "none of the vocabulary"), ([{"tokens": [-1]}], "none of the vocabulary"),
            ([{"tokens": [5], "format": "{}"}], "format"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Failed, reason):
                generate(worker, asked)
        with self.assertRaisesRegex(Failed, "no tokens are asked for"):
            generate(worker, [short], 0)
        self.assertEqual((generate(worker, []), worker.close()), ([], 0))

    def test_long_texts_are_no_silence(self) -> None:
        (prompt,) = self.worker.call("render", {"prompts": [{"text": {"_0": "One day"}}]})
        asked = [{"index": i, "tokens": prompt["tokens"], "seed": i} for i in range(64)]
        sampling = {"temperature": 3, "topP": 1, "topK": 0}
        self.worker.send("generate", {"prompts": asked, "maximumTokens": 300, "sampling": sampling})
        counts = []
        while (event := self.worker.receive())["event"] != "done":
            if event["event"] == "advanced":
                counts.append(event["payload"])
        self.assertTrue(counts and counts == sorted(counts))


class FollowTests(unittest.TestCase):
    worker: Worker

    @classmethod
    def setUpClass(cls) -> None:
        cls.worker = mlx_worker(four_bits(), parallelSequences=8, contextLength=256)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.worker.close()

    def follow(self, texts: list[tuple[list[int], list[int]]]) -> list[Payload]:
        """What the worker makes of texts, each a prompt and a continuation, in their order."""
        asked = [
            {"index": index, "prompt": prompt, "continuation": continuation}
            for index, (prompt, continuation) in enumerate(texts)]
        found = {each["index"]: each["output"] for each in self.worker.stream("follow", {"texts": asked})}
        return [found[index] for index in range(len(texts))]

    def test_along_its_own_greedy_texts_a_model_chooses_every_token(self) -> None:
        asked = rendered(self.worker, prompts("thinking", 12))
        written = [output["tokens"] for output in generate(self.worker, asked, 100)]
        followed = self.follow([(prompt["tokens"], tokens) for prompt, tokens in zip(asked, written)])
        for output, tokens in zip(followed, written):
            self.assertEqual(output["choices"], tokens)
            self.assertTrue(all(0 <= nats <= math.log(2048) for nats in output["nats"]))

    def test_the_nats_are_those_of_the_chunks_of_a_text_whatever_runs_beside_them(self) -> None:
        self.worker.call("chunk", {"text": held_out_text(), "contextLength": 128})
        found = self.worker.stream("score", {"chunks": list(range(8))})
        scores = {payload["index"]: payload["score"] for payload in found}
        (text,) = self.worker.call("render", {"prompts": [{"text": {"_0": held_out_text()}}]})
        windows = [text["tokens"][start : start + 128] for start in range(0, 8 * 128, 128)]
        for output, score in zip(self.follow([(window[:65], window[65:]) for window in windows]), scores.values()):
            self.assertEqual(len(output["nats"]), score["tokenCount"])
            self.assertAlmostEqual(sum(output["nats"]) / score["nllSumNats"], 1, places=4)

    def test_long_and_short_texts_share_batches(self) -> None:
        tokens = [place % 500 for place in range(256)]
        lengths = [(1, 1), (100, 156), (5, 0), (1, 255), (40, 9), (256, 0), (2, 100)]
        texts = [(tokens[:first], tokens[first : first + rest]) for first, rest in lengths]
        for output, text in zip(self.follow(texts), texts):
            (alone,) = self.follow([text])
            self.assertEqual((len(output["nats"]), len(output["choices"])), (len(text[1]), len(text[1])))
            for one, other in zip(output["nats"], alone["nats"]):
                self.assertAlmostEqual(one, other, delta=1e-3 * max(1, other))

    def test_it_follows_like_the_other_engine(self) -> None:
        llama = llama_worker(gguf("bf16"), parallelSequences=4)
        worker = mlx_worker(CHECKPOINT, parallelSequences=4)
        asked = rendered(worker, prompts("continuations", 6))
        texts = [
            {"index": index, "prompt": prompt["tokens"][:10], "continuation": prompt["tokens"][10:]}
            for index, prompt in enumerate(asked)]
        one, other = (sorted(each.stream("follow", {"texts": texts}), key=lambda payload: payload["index"])
                      for each in (llama, worker))
        for left, right in zip(one, other):
            count = len(left["output"]["nats"])
            difference = sum(left["output"]["nats"]) - sum(right["output"]["nats"])
            self.assertLess(abs(difference), 0.01 * count)
            same = sum(a == b for a, b in zip(left["output"]["choices"], right["output"]["choices"]))
            self.assertGreaterEqual(same, 0.95 * count)
        for each in (llama, worker):
            each.close()

    def test_a_text_without_a_prompt_or_longer_than_the_context_is_refused_by_its_number(self) -> None:
        for prompt, continuation in [([], [6] * 5), ([5] * 200, [6] * 58), ([5], [2048])]:
            text = {"index": 17, "prompt": prompt, "continuation": continuation}
            with self.assertRaisesRegex(Failed, "text 17"):
                list(self.worker.stream("follow", {"texts": [text]}))


if __name__ == "__main__":
    unittest.main()
