"""Artifacts are loaded as they are asked for, and what is wrong with one is named."""

from __future__ import annotations

import json
import shutil
import unittest
from collections.abc import Callable
from pathlib import Path

from .support import (
    CHECKPOINT, Failed, four_bits, generate, held_out_text, load_parameters, mlx_worker, prompts, source,
    temporary_folder,
)


def edit_config(folder: Path, **changes: object) -> None:
    """Changes keys of config.json; None takes one away."""
    file = folder / "config.json"
    config = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def truncate(file: Path) -> None:
    """Leaves the first half of a file."""
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


DAMAGE: list[tuple[str, str, Callable[[Path], object]]] = [
    ("no folder", "config.json is not there", shutil.rmtree),
    ("no config.json", "config.json is not there", lambda folder: (folder / "config.json").unlink()),
    ("config.json cut", "config.json cannot be read", lambda folder: truncate(folder / "config.json")),
    ("no model type", "config.json has no model_type", lambda folder: edit_config(folder, model_type=None)),
    ("no vocabulary size", "config.json has no vocab_size", lambda folder: edit_config(folder, vocab_size=None)),
    ("unknown family", "Model type abacus not supported", lambda folder: edit_config(folder, model_type="abacus")),
    ("no weights", "No safetensors found", lambda folder: (folder / "model.safetensors").unlink()),
    ("weights cut", "mlx-lm cannot load", lambda folder: truncate(folder / "model.safetensors")),
    ("a layer too many", "layers.4", lambda folder: edit_config(folder, num_hidden_layers=5)),
    ("no tokenizer", "has no tokenizer", lambda folder: (folder / "tokenizer.json").unlink()),
    ("tokenizer cut", "cannot load the tokenizer", lambda folder: truncate(folder / "tokenizer.json")),
]


class LoadTests(unittest.TestCase):
    def test_what_is_loaded_is_described(self) -> None:
        worker = mlx_worker()
        whole = worker.call("load", load_parameters(CHECKPOINT))
        self.assertEqual((whole["vocabulary"], whole["parameters"], whole["sizeBytes"]), (2048, 4065792, 2 * 4065792))
        self.assertIn("qwen3 4.07M, not quantized", whole["description"])
        quantized = worker.call("load", load_parameters(four_bits()))
        self.assertEqual(quantized["parameters"], 4065792)
        self.assertIn("4 and 6 bits in groups of 64", quantized["description"])
        self.assertLess(quantized["sizeBytes"], (four_bits() / "model.safetensors").stat().st_size)
        vocabulary = worker.call("load", load_parameters(four_bits(), vocabularyOnly=True))
        self.assertEqual((vocabulary["vocabulary"], worker.close()), (2048, 0))

    def test_the_vocabulary_alone_cuts_and_renders_as_the_whole_model_does(self) -> None:
        worker = mlx_worker(four_bits(), vocabularyOnly=True)
        asked = {"prompts": [source(row) for row in prompts("thinking", 3)]}
        text = {"text": held_out_text()[:20_000], "contextLength": 64}
        found = worker.call("render", asked), worker.call("chunk", text)
        worker.call("load", load_parameters(four_bits()))
        self.assertEqual((worker.call("render", asked), worker.call("chunk", text)), found)
        worker.close()

    def test_a_text_stays_cut_when_the_rest_of_its_artifact_is_loaded_and_not_for_another(self) -> None:
        worker = mlx_worker(four_bits(), vocabularyOnly=True)
        worker.call("chunk", {"text": held_out_text()[:20_000], "contextLength": 64})
        worker.call("load", load_parameters(four_bits()))
        self.assertEqual(len(list(worker.stream("score", {"chunks": [1, 0]}))), 2)
        worker.call("load", load_parameters(four_bits(), contextLength=32))
        with self.assertRaisesRegex(Failed, "no chunk 0 that fits"):
            list(worker.stream("score", {"chunks": [0]}))
        worker.call("load", load_parameters(CHECKPOINT))
        with self.assertRaisesRegex(Failed, "no text is loaded"):
            list(worker.stream("score", {"chunks": [0]}))
        worker.close()

    def test_damage_is_named_with_the_file_and_the_worker_lives_on(self) -> None:
        worker = mlx_worker()
        for name, reason, damage in DAMAGE:
            with self.subTest(name):
                folder = temporary_folder() / "model"
                shutil.copytree(CHECKPOINT, folder, ignore=shutil.ignore_patterns("heldout"))
                damage(folder)
                with self.assertRaises(Failed) as caught:
                    worker.call("load", load_parameters(folder))
                self.assertIn(str(folder), caught.exception.failure["message"])
                self.assertIn(reason, caught.exception.failure["message"])
                self.assertTrue(caught.exception.failure["remedy"])
        self.assertEqual(worker.call("load", load_parameters(CHECKPOINT))["vocabulary"], 2048)
        worker.close()

    def test_settings_that_mlx_has_not_are_refused(self) -> None:
        worker = mlx_worker()
        for setting in ({"kvType": "auto"}, {"kvType": "f16"}):
            worker.call("load", load_parameters(CHECKPOINT, **setting))
        for setting, reason in [
            ({"kvType": "q8_0"}, "q8_0"), ({"kvType": "nonsense"}, "nonsense"),
            ({"flashAttention": "perhaps"}, "perhaps"), ({"calibrates": True}, "importance matrix"),
        ]:
            with self.subTest(reason), self.assertRaisesRegex(Failed, reason):
                worker.call("load", load_parameters(CHECKPOINT, **setting))
        # Keys and values have one type, which is accepted, and so is one of both ways of attention.
        accepted = 0
        for setting in ({"kvType": "f32"}, {"kvType": "bf16"}):
            try:
                worker.call("load", load_parameters(CHECKPOINT, **setting))
                accepted += 1
            except Failed as problem:
                self.assertIn("the type of the activations, here", problem.failure["remedy"])
        for setting in ({"flashAttention": "on"}, {"flashAttention": "off"}):
            try:
                worker.call("load", load_parameters(CHECKPOINT, **setting))
                accepted += 1
            except Failed as problem:
                self.assertIn("use auto", problem.failure["remedy"])
        self.assertEqual((accepted, worker.close()), (2, 0))

    def test_a_parent_of_another_vocabulary_is_refused(self) -> None:
        folder = temporary_folder() / "other"
        shutil.copytree(CHECKPOINT, folder, ignore=shutil.ignore_patterns("heldout"))
        for file in (folder / "tokenizer.json", folder / "tokenizer_config.json"):
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("<tool_response>", "<tool_answer>"), encoding="utf-8")
        worker = mlx_worker()
        with self.assertRaisesRegex(Failed, "different vocabularies"):
            worker.call("load", load_parameters(four_bits(), parentPath=str(folder)))
        worker.close()


class AsItIsTests(unittest.TestCase):
    """On a CPU MLX's own loops compute the same, slowly; on a GPU nothing is replaced, and both are one."""

    def test_mlx_itself_scores_and_writes_like_the_stand_ins(self) -> None:
        scores, texts = [], []
        for environment in ({}, {"LAB_MLX_AS_IT_IS": "1"}):
            worker = mlx_worker(CHECKPOINT, environment, parallelSequences=3)
            worker.call("chunk", {"text": held_out_text()[:4000], "contextLength": 64})
            scores += [payload["score"]["nllSumNats"] for payload in worker.stream("score", {"chunks": [0, 1]})]
            rendered = worker.call("render", {"prompts": [source(row) for row in prompts("languages", 3)]})
            texts.append([output["answer"] for output in generate(worker, rendered, 4)])
            worker.close()
        # Activations of 8 bits round by up to 0.4 %.
        for float32, own in zip(scores[:2], scores[2:]):
            self.assertAlmostEqual(own / float32, 1, delta=0.02)
        self.assertEqual(texts[0], texts[1])


if __name__ == "__main__":
    unittest.main()
