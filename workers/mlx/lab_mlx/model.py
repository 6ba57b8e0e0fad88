"""Artifacts as mlx-lm loads them, and what they make of tokens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_flatten
from mlx_lm.models import cache as caches
from mlx_lm.utils import get_total_parameters, load_config, load_model

from . import cpu
from .engine import Device, machine_memory
from .problem import WorkerProblem
from .text import Tokenizer

# Families whose networks are a body, `model`, and an output matrix, `lm_head` or the embedding: there the output is
# computed for those positions alone that are asked for. Of any other family it is computed for all.
BODY_AND_HEAD = ("llama", "mistral", "qwen2", "qwen3")


class Model:
    """A loaded artifact: its tokenizer and, unless the vocabulary alone was asked for, its network."""

    def __init__(self, path: str, device: Device, threads: int, vocabulary_only: bool = False) -> None:
        self.path = path
        self.folder = Path(path)
        self.config = _read_config(self.folder)
        self.vocabulary = _vocabulary_size(self.config, self.folder)
        self.tokenizer = Tokenizer(self.folder, self.config)
        self.network: Network | None = None
        self._parameters = self._size_bytes = 0
        if not vocabulary_only:
            self._load(device, threads)
        self._is_dequantized = device.dequantizes

    def description(self) -> dict[str, Any]:
        """The payload of `loaded`."""
        return {
            "description": self._text(), "parameters": self._parameters, "sizeBytes": self._size_bytes,
            "vocabulary": self.vocabulary,
        }

    def require_vocabulary_of(self, parent: Model) -> None:
        """Throws unless another model has the same tokens."""
        remedy = "name the checkpoint's own files, or an MLX folder of it, as the parent"
        if self.vocabulary != parent.vocabulary:
            raise WorkerProblem(
                f"the artifact has a vocabulary of {self.vocabulary} tokens, and the parent {parent.path} one of "
                f"{parent.vocabulary}", remedy)
        if not self.tokenizer.same_vocabulary(parent.tokenizer):
            raise WorkerProblem(f"the artifact and the parent {parent.path} have different vocabularies", remedy)

    def _load(self, device: Device, threads: int) -> None:
        try:
            network, _ = load_model(self.folder)
        except Exception as error:  # MLX and mlx-lm raise many kinds.
            raise WorkerProblem(
                f"mlx-lm cannot load {self.path}: {error}", "convert the checkpoint again, or see what mlx-lm supports"
            ) from error
        self._parameters = int(get_total_parameters(network))
        self._size_bytes = sum(array.nbytes for _, array in tree_flatten(network.parameters()))
        if device.dequantizes:
            needed, free = 4 * self._parameters, machine_memory().free
            if needed > free:
                raise WorkerProblem(
                    f"{self.path} takes {needed / 2**30:.1f} GiB with its weights in float32, and {free / 2**30:.1f} GiB "
                    "are free", "evaluate it on a machine with Metal or CUDA, where MLX computes on quantized weights")
            cpu.take_over(network, threads)
        self.network = Network(network, self.config["model_type"] in BODY_AND_HEAD)

    def _text(self) -> str:
        """One line: "qwen3 4.1M, 4 and 6 bits in groups of 64, weights dequantized to float32"."""
        parts = [str(self.config.get("model_type", "model"))]
        if self._parameters:
            parts[0] += f" {_short(self._parameters)}"
        parts.append(_quantization(self.config.get("quantization")) or "not quantized")
        if self._is_dequantized:
            parts.append("weights dequantized to float32")
        return ", ".join(parts)


@dataclass(frozen=True)
class Network:
    """A network and the way through it."""

    module: nn.Module
    # Whether the body can be computed without the output matrix.
    has_head: bool

    def make_cache(self) -> list[Any]:
        """Empty caches of keys and values for sequences of equal length."""
        return list(caches.make_prompt_cache(self.module))

    def make_padded_cache(self, padding: list[int]) -> list[Any]:
        """The same for sequences with so many tokens of padding before them; one sequence without is always possible."""
        made = self.make_cache()
        if not self.can_pad:
            return made
        return [
            caches.BatchKVCache(padding) if type(each) is caches.KVCache
            else caches.BatchRotatingKVCache(each.max_size, padding) for each in made
        ]

    @property
    def can_pad(self) -> bool:
        """Whether sequences of different lengths can be computed side by side."""
        return all(
            type(each) is caches.KVCache or (type(each) is caches.RotatingKVCache and each.keep == 0)
            for each in self.make_cache())

    def body(self, tokens: mx.array, cache: list[Any] | None) -> mx.array:
        """What `head` makes logits of; tokens are [batch, positions]."""
        return self.module.model(tokens, cache) if self.has_head else self.module(tokens, cache=cache)

    def head(self, hidden: mx.array) -> mx.array:
        """Logits of hidden states in float32."""
        if self.has_head:
            if hasattr(self.module, "lm_head"):
                hidden = self.module.lm_head(hidden)
            else:
                hidden = self.module.model.embed_tokens.as_linear(hidden)
        return hidden.astype(mx.float32)

    def hidden(self, tokens: mx.array, cache: list[Any] | None, step: int) -> mx.array:
        """The body over tokens, so many positions at a time."""
        length = tokens.shape[1]
        if length <= step:
            return self.body(tokens, cache)
        cache = self.make_cache() if cache is None else cache
        parts = []
        for start in range(0, length, step):
            parts.append(self.body(tokens[:, start : start + step], cache))
            mx.eval(parts[-1], [each.state for each in cache])
        return mx.concatenate(parts, axis=1)

    def logits(self, tokens: list[int], first: int, step: int) -> np.ndarray:
        """Logits of one sequence's positions from `first` on, [positions, vocabulary] in float32."""
        hidden = self.hidden(mx.array([tokens]), None, step)
        return np.asarray(self.head(hidden[:, first:])[0])

    def cache_type(self) -> str:
        """The type of cached keys: "f32", "f16" or "bf16"."""
        cache = self.make_cache()
        mx.eval(self.body(mx.array([[0]]), cache))
        keys = next((each.keys for each in cache if getattr(each, "keys", None) is not None), None)
        names = {mx.float32: "f32", mx.float16: "f16", mx.bfloat16: "bf16"}
        return names.get(keys.dtype, str(keys.dtype)) if keys is not None else "none"


def _read_config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise WorkerProblem(f"{file} is not there", "name an MLX folder, such as convert --formats mlx writes")
    try:
        config = load_config(folder)
    except (OSError, ValueError) as error:
        raise WorkerProblem(f"{file} cannot be read: {error}", "convert the checkpoint again") from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise WorkerProblem(f"{file} has no model_type", "convert the checkpoint again")
    return config


def _vocabulary_size(config: dict[str, Any], folder: Path) -> int:
    size = config.get("vocab_size", (config.get("text_config") or {}).get("vocab_size"))
    if not isinstance(size, int) or size < 1:
        raise WorkerProblem(f"{folder / 'config.json'} has no vocab_size", "convert the checkpoint again")
    return size


def _short(count: int) -> str:
    for unit, size in (("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def _quantization(section: dict[str, Any] | None) -> str | None:
    """What config.json says of the bits of matrices; None of a model that is not quantized."""
    if not section:
        return None
    kinds = [section, *(value for value in section.values() if isinstance(value, dict))]
    bits = sorted({kind["bits"] for kind in kinds if "bits" in kind})
    groups = sorted({kind["group_size"] for kind in kinds if "group_size" in kind})
    return f"{_list(bits)} bits in groups of {_list(groups)}"


def _list(numbers: list[int]) -> str:
    texts = [str(number) for number in numbers]
    return " and ".join([", ".join(texts[:-1])] * (len(texts) > 1) + texts[-1:])
