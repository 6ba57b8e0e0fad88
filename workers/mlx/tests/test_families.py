"""The other families of models and vocabularies, on small random checkpoints."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from .support import (
    CHECKPOINT, ROOT, Payload, Worker, convert, generate, held_out_text, llama_worker, mlx_worker, temporary_folder,
)

TEXTS = [
    {"text": {"_0": text}} for text in (
        "One day the old man went to the sea and found a long story there", "a", "What is 2 + 2? Say it", "b c", "d")
]


def checkpoints() -> Path:
    """Small checkpoints: qwen2, with biases and a tied embedding; llama, with an output matrix and llama3's rope
    scaling; mistral."""
    folder = temporary_folder()
    writer = ROOT / "engine" / "prove" / "mlx_checkpoints.py"
    subprocess.run([sys.executable, writer, CHECKPOINT, folder], check=True)
    return folder


def edit(file: Path, **changes: object) -> None:
    """Sets keys of a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def sums(worker: Worker, length: int) -> list[float]:
    """The scores of the held-out text's first windows."""
    worker.call("chunk", {"text": held_out_text()[:20_000], "contextLength": length})
    return [payload["score"]["nllSumNats"] for payload in worker.stream("score", {"chunks": [0, 1, 2]})]


def written(folder: Path, sequences: int, **settings: int) -> list[Payload]:
    """What a model writes, so many texts at a time."""
    worker = mlx_worker(folder, parallelSequences=sequences, **settings)
    texts = generate(worker, worker.call("render", {"prompts": TEXTS}), 40)
    worker.close()
    return texts


def give_sentencepiece(folder: Path) -> None:
    """Gives a checkpoint a vocabulary like Llama 2's: words that begin with U+2581, bytes for letters it lacks."""
    special = ["<unk>", "<s>", "</s>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", "isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=1500, special_tokens=special + [f"<0x{byte:02X}>" for byte in range(256)], max_token_length=12)
    tokenizer.train_from_iterator(held_out_text().split("\n")[:800], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    bare = Tokenizer(models.BPE(
        vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], unk_token="<unk>", fuse_unk=True,
        byte_fallback=True))
    bare.normalizer = tokenizer.normalizer
    bare.decoder = decoders.Sequence([
        decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    bare.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in special])
    bare.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    bare.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "add_bos_token": True, "add_eos_token": False, "legacy": False,
        "chat_template": "{{ bos_token }}{% for each in messages %}[INST] {{ each.content }} [/INST]{% endfor %}",
    }))
    (folder / "generation_config.json").unlink()
    edit(folder / "config.json", bos_token_id=1, eos_token_id=2)


class FamilyTests(unittest.TestCase):
    def test_every_family_scores_like_its_gguf_and_writes_side_by_side_what_it_writes_alone(self) -> None:
        folder = checkpoints()
        for name in ("qwen2", "llama", "mistral"):
            with self.subTest(name):
                made = convert(folder / name, "f32:4bit")
                workers = [llama_worker(made / "gguf" / f"{name}-f32.gguf"), mlx_worker(folder / name)]
                for one, other in zip(*(sums(worker, 512) for worker in workers)):
                    self.assertAlmostEqual(other / one, 1, delta=1e-4)
                for worker in workers:
                    worker.close()
                quantized = made / "mlx" / f"{name}-4bit"
                self.assertEqual(written(quantized, 4), written(quantized, 1))

    def test_sliding_windows_lie_side_by_side_too(self) -> None:
        folder = checkpoints() / "llama"
        kinds = ["sliding_attention", "full_attention", "sliding_attention"]
        edit(folder / "config.json", layer_types=kinds, sliding_window=16)
        alone = written(folder, 1)
        for sequences, micro_batch in [(2, 512), (5, 512), (5, 8)]:
            self.assertEqual(written(folder, sequences, microBatch=micro_batch), alone)
        workers = [mlx_worker(folder), mlx_worker(folder, microBatch=24)]
        for one, other in zip(*(sums(worker, 128) for worker in workers)):
            self.assertAlmostEqual(other / one, 1, delta=1e-4)
        for worker in workers:
            worker.close()

    def test_words_of_sentencepiece_and_bytes_are_those_of_the_gguf(self) -> None:
        folder = checkpoints() / "llama"
        give_sentencepiece(folder)
        made = convert(folder, "f32:4bit")
        workers = [llama_worker(made / "gguf" / "llama-f32.gguf"), mlx_worker(folder)]
        asked = [{"text": {"_0": text}} for text in ("Hello world", "Grüße 你好 😀 x", "", "a\nb\n\nc", "<s>x</s>")]
        asked.append({"chat": {"_0": [{"role": "user", "content": "Hi é"}], "isThinking": True}})
        found = [worker.call("render", {"prompts": asked}) for worker in workers]
        for one, other in zip(*found):
            self.assertEqual((one["tokens"], one["text"]), (other["tokens"], other["text"]))
            self.assertEqual(one["tokens"][0], 1)
        text = {"text": held_out_text()[:30_000], "contextLength": 128}
        chunks = [worker.call("chunk", text) for worker in workers]
        self.assertEqual(chunks[0], chunks[1])
        # Hot texts of a random model have bytes of every kind.
        hot = {"temperature": 1.5, "topP": 1, "topK": 0}
        prompts = [{"tokens": prompt["tokens"]} for prompt in found[0]] * 3
        same = [one == other for one, other in zip(*(generate(worker, prompts, 12, hot) for worker in workers))]
        self.assertGreaterEqual(sum(same), 0.8 * len(same))
        for worker in workers:
            worker.close()


if __name__ == "__main__":
    unittest.main()
