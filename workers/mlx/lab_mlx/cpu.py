"""Arithmetic in place of MLX's own where MLX computes on a CPU.

mlx's CPU wheel for Linux computes quantized products, exp and softmax in scalar loops and float products with the
reference BLAS (docs/mlx.md has the figures). Here weights become the floats that they stand for, code x scale + bias in
float32, and products, attention and the logistic function are numpy's. All else stays mlx-lm's and MLX's: how an
artifact is read, the model's graph, norms, rotations, caches.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx.utils import tree_unflatten

# Far below every logit of attention, yet finite: a row of padding sees nothing, and must not become NaN.
UNSEEN = np.float32(-1e30)

# Fewer numbers than this a thread computes faster than it is woken.
THREAD_GRAIN = 1 << 15

_mlx_attention = mx.fast.scaled_dot_product_attention


class Threads:
    """Threads of computation. numpy's BLAS has one only (see worker.py): its own wait for each other in loops, and
    where anything else wants the cores they take four times as long."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._executor = ThreadPoolExecutor(count, "arithmetic") if count > 1 else None

    def split(self, rows: int, work: int, function: Callable[[slice], None]) -> None:
        """Calls a function for parts of so many rows, together, where they make so many numbers."""
        parts = min(self._count, rows, work // THREAD_GRAIN)
        if self._executor is None or parts < 2:
            function(slice(0, rows))
            return
        bounds = [rows * part // parts for part in range(parts + 1)]
        for _ in self._executor.map(function, map(slice, bounds, bounds[1:])):
            pass


_threads = Threads(1)


class FloatLinear(nn.Module):
    """A matrix product with float32 weights."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        # Not an array of MLX's, so that it is no parameter and takes no second place in memory.
        self._transposed = _floats(layer).T
        self._bias = np.array(layer["bias"].astype(mx.float32)) if "bias" in layer else None

    def __call__(self, x: mx.array) -> mx.array:
        product = _product(x, self._transposed)
        return mx.array(product if self._bias is None else product + self._bias)


class FloatEmbedding(nn.Module):
    """An embedding with float32 weights, which may be the output matrix too."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self._rows = _floats(layer)

    def __call__(self, x: mx.array) -> mx.array:
        return mx.array(self._rows[np.asarray(x)])

    def as_linear(self, x: mx.array) -> mx.array:
        """The product with the embedding, where it is tied to the output."""
        return mx.array(_product(x, self._rows.T))


STAND_INS = {
    nn.Linear: FloatLinear, nn.QuantizedLinear: FloatLinear, nn.Embedding: FloatEmbedding,
    nn.QuantizedEmbedding: FloatEmbedding,
}


def take_over(network: nn.Module, threads: int) -> None:
    """Puts the modules and functions of this file in place of MLX's."""
    global _threads
    _threads = Threads(threads)
    # Fused functions would be compiled by a C++ compiler when they first run.
    mx.disable_compile()
    mx.fast.scaled_dot_product_attention = attention
    mx.sigmoid = sigmoid
    for path, layer in network.named_modules():
        if made := STAND_INS.get(type(layer)):
            network.update_modules(tree_unflatten([(path, made(layer))]))
    network.apply(lambda array: array.astype(mx.float32) if mx.issubdtype(array.dtype, mx.floating) else array)
    mx.eval(network.parameters())


def attention(
    q: mx.array, k: mx.array, v: mx.array, *, scale: float, mask: str | mx.array | None = None,
    sinks: mx.array | None = None, **options: Any,
) -> mx.array:
    """`mx.fast.scaled_dot_product_attention`; arrays are [batch, heads, positions, width]."""
    if sinks is not None or (isinstance(mask, mx.array) and mask.dtype != mx.bool_):
        return _mlx_attention(q, k, v, scale=scale, mask=mask, sinks=sinks, **options)
    queries, keys, values = np.asarray(q), np.asarray(k), np.asarray(v)
    batch, heads, length, width = queries.shape
    groups, seen = keys.shape[1], keys.shape[2]
    # The queries that share keys are rows of one product.
    rows = np.multiply(queries, np.float32(scale)).reshape(batch, groups, heads // groups * length, width)
    hidden = _hidden(mask, batch, length, seen)
    result = np.empty((batch, groups, heads // groups * length, values.shape[3]), np.float32)

    def attend(part: slice) -> None:
        for place in range(part.start, part.stop):
            each, group = divmod(place, groups)
            logits = rows[each, group] @ keys[each, group].T
            if hidden is not None:
                np.copyto(logits.reshape(-1, length, seen), UNSEEN, where=hidden[each])
            logits -= logits.max(axis=-1, keepdims=True)
            np.exp(logits, out=logits)
            np.matmul(logits, values[each, group], out=result[each, group])
            result[each, group] /= logits.sum(axis=-1, keepdims=True)

    _threads.split(batch * groups, batch * heads * length * seen, attend)
    return mx.array(result.reshape(batch, heads, length, -1))


def _hidden(mask: str | mx.array | None, batch: int, length: int, seen: int) -> np.ndarray | None:
    """What positions do not see, [batch, positions, positions before]; None where they see all."""
    if mask is None:
        return None
    visible = np.tri(length, seen, seen - length, dtype=bool) if isinstance(mask, str) else np.asarray(mask)
    # A mask that differs from one sequence to the next is [batch, 1, positions, positions before].
    return np.broadcast_to(~visible.reshape(-1, *visible.shape[-2:]), (batch, length, seen))


def sigmoid(x: mx.array, **_: Any) -> mx.array:
    """`mx.sigmoid`: 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):
        return mx.array(1 / (1 + np.exp(-np.asarray(x))))


def _product(x: mx.array, matrix: np.ndarray) -> np.ndarray:
    """x times a matrix, as one product however many axes x has."""
    values = np.asarray(x)
    rows = values.reshape(-1, values.shape[-1])
    product = np.empty((len(rows), matrix.shape[1]), np.float32)

    def multiply(part: slice) -> None:
        np.matmul(rows[part], matrix, out=product[part])

    _threads.split(len(rows), product.size, multiply)
    return product.reshape(*values.shape[:-1], -1)


def _floats(layer: nn.Module) -> np.ndarray:
    """A layer's weights in float32, of which quantized ones are exactly code x scale + bias."""
    if "scales" not in layer:
        return np.array(layer["weight"].astype(mx.float32))
    scales, biases = layer["scales"], layer.get("biases")
    if layer.mode != "affine":
        return np.array(mx.dequantize(
            layer["weight"], scales, biases, layer.group_size, layer.bits, layer.mode, dtype=mx.float32))
    return np.array(mx.dequantize(
        layer["weight"], scales.astype(mx.float32), biases.astype(mx.float32), layer.group_size, layer.bits))
