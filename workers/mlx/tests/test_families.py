"""The other families of models, on small random checkpoints."""

from __future__ import annotations

import subprocess
import sys
import unittest

from .support import CHECKPOINT, ROOT, convert, generate, held_out_text, llama_worker, mlx_worker, temporary_folder


class FamilyTests(unittest.TestCase):
    def test_every_family_scores_like_its_gguf_and_writes_side_by_side_what_it_writes_alone(self) -> None:
        folder = temporary_folder()
        writer = ROOT / "engine" / "prove" / "mlx_checkpoints.py"
        subprocess.run([sys.executable, writer, CHECKPOINT, folder], check=True)
        # Biases and a tied embedding; an output matrix and llama3's rope scaling; a sliding window.
        for name in ("qwen2", "llama", "mistral"):
            with self.subTest(name):
                made = convert(folder / name, "f32:4bit")
                sums = []
                for worker in (llama_worker(made / "gguf" / f"{name}-f32.gguf"), mlx_worker(folder / name)):
                    worker.call("chunk", {"text": held_out_text()[:20_000], "contextLength": 512})
                    found = worker.stream("score", {"chunks": [0, 1, 2]})
                    sums.append([payload["score"]["nllSumNats"] for payload in found])
                    worker.close()
                for one, other in zip(*sums):
                    self.assertAlmostEqual(other / one, 1, delta=1e-5)
                texts = []
                for sequences in (1, 4):
                    worker = mlx_worker(made / "mlx" / f"{name}-4bit", parallelSequences=sequences)
                    asked = [{"text": {"_0": text}} for text in ("One day", "a", "What is 2 + 2? Say it", "b c", "d")]
                    texts.append(generate(worker, worker.call("render", {"prompts": asked}), 24))
                    worker.close()
                self.assertEqual(texts[0], texts[1])


if __name__ == "__main__":
    unittest.main()
