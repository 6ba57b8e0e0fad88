"""Texts as tokens and tokens as bytes, with the llama.cpp worker's rules for special tokens."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .problem import WorkerProblem

BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class Tokenizer:
    """An artifact's tokenizer, as mlx-lm loads it."""

    def __init__(self, path: Path, config: dict[str, Any]) -> None:
        from mlx_lm.utils import load_tokenizer

        try:
            self.loaded = load_tokenizer(path, eos_token_ids=config.get("eos_token_id"))
        except Exception as error:  # transformers raises many kinds.
            raise WorkerProblem(
                f"mlx-lm cannot load the tokenizer of {path}: {error}",
                "it needs tokenizer.json and tokenizer_config.json; convert the checkpoint again") from error
        backend = getattr(self.loaded, "backend_tokenizer", None)
        if backend is None:
            raise WorkerProblem(f"{path} has no tokenizer.json", "convert the checkpoint again")
        backend.no_truncation()
        backend.no_padding()
        self._backend = backend
        added = backend.get_added_tokens_decoder()
        self._added = {identifier: token.content for identifier, token in added.items()}
        # Tokens that stand for no text.
        self.control = frozenset(identifier for identifier, token in added.items() if token.special)
        # Tokens that end a text.
        self.ends = frozenset(self.loaded.eos_token_ids)
        self.bos: int | None = self.loaded.bos_token_id
        begun = backend.encode("a", add_special_tokens=True).ids
        self.adds_bos = self.bos is not None and begun[:1] == [self.bos]

    def encode(self, text: str, parse_special: bool, add_special: bool) -> list[int]:
        """Token ids of a text.

        `parse_special` says whether special tokens in it are recognised, `add_special` whether it gets the tokens that
        the vocabulary wants around a text.
        """
        self._backend.encode_special_tokens = not parse_special
        return list(self._backend.encode(text, add_special_tokens=add_special).ids)

    def encode_prompt(self, text: str, parse_special: bool) -> list[int]:
        """Tokens to go on from: with the vocabulary's BOS, once, and never with its EOS."""
        tokens = self.encode(text, parse_special, add_special=False)
        if self.adds_bos and self.bos is not None and tokens[:1] != [self.bos]:
            return [self.bos, *tokens]
        return tokens

    def piece(self, token: int) -> bytes:
        """The bytes of a token, special tokens spelled out."""
        return self._pieces.get(token, b"")

    def text(self, tokens: Iterable[int]) -> str:
        """The text of tokens; bytes that are no UTF-8, as where a character is cut, become replacement characters."""
        return b"".join(map(self.piece, tokens)).decode(errors="replace")

    def same_vocabulary(self, other: Tokenizer) -> bool:
        """Whether another tokenizer has the same tokens."""
        return self._backend.get_vocab(with_added_tokens=True) == other._backend.get_vocab(with_added_tokens=True)

    @cached_property
    def _pieces(self) -> dict[int, bytes]:
        vocabulary = self._backend.get_vocab(with_added_tokens=False)
        table = byte_letters() if self._is_byte_level else None
        pieces = {identifier: _bytes_of(token, table) for token, identifier in vocabulary.items()}
        return pieces | {identifier: content.encode() for identifier, content in self._added.items()}

    @property
    def _is_byte_level(self) -> bool:
        decoder = self._backend.decoder
        return decoder is not None and '"ByteLevel"' in bytes(decoder.__getstate__()).decode()


def _bytes_of(token: str, table: dict[str, int] | None) -> bytes:
    """What a token of the vocabulary stands for: letters that are bytes, or a text with bytes spelled <0x0A>."""
    if table is not None:
        return b"".join(bytes([table[letter]]) if letter in table else letter.encode() for letter in token)
    if match := BYTE_TOKEN.fullmatch(token):
        return bytes([int(match[1], 16)])
    return token.replace("\u2581", " ").encode()


def byte_letters() -> dict[str, int]:
    """The letters that byte-level vocabularies write bytes with: printable Latin-1 for itself, the rest from U+0100."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(rest)}


def digest_of(tokens: Sequence[int]) -> str:
    """SHA-256 of tokens as little-endian integers of 4 bytes (Digest(ofTokens:))."""
    return hashlib.sha256(np.asarray(tokens, "<i4").tobytes()).hexdigest()


class ChunkedText:
    """A text cut into chunks of equal length, as llama-perplexity cuts it; the rest that fills none is left out."""

    def __init__(self, text: str, context_length: int, tokenizer: Tokenizer) -> None:
        if context_length < 4:
            raise WorkerProblem(f"a context of {context_length} tokens is too short to score")
        tokens = tokenizer.encode(text, parse_special=False, add_special=True)
        self.token_count = len(tokens)
        starts = range(0, len(tokens) - context_length + 1, context_length)
        self.chunks = [tokens[start : start + context_length] for start in starts]
        if tokenizer.adds_bos and tokenizer.bos is not None:
            # Every chunk is a text of its own to the model.
            for chunk in self.chunks:
                chunk[0] = tokenizer.bos

    def description(self) -> dict[str, Any]:
        """The payload of `chunked`."""
        return {"tokenCount": self.token_count, "digests": [digest_of(chunk) for chunk in self.chunks]}
